"""Estimates with their intervals, and how a return moves with what it is made of."""

from collections.abc import Sequence

from markupsafe import Markup

from serving.reports.charts.picture import DOWN, UP, picture, text

__all__ = ["intervals", "tornado"]

_ROW, _WIDTH, _LEFT = 34, 560, 210


def intervals(rows: Sequence[tuple[str, float, float, float]], about: str) -> Markup:
    """A dot and its interval per row (name, low, estimate, high), against a line at zero; all in one unit."""
    ends = [end for _, low, _, high in rows for end in (low, high)]
    place = _scale(min(0.0, *ends), max(0.0, *ends))
    height = _ROW * len(rows)
    parts = [_zero(place(0.0), height)]
    for number, (name, low, estimate, high) in enumerate(rows):
        y = number * _ROW + 17
        parts += [
            text(0, y + 5, name),
            _line(place(low), y, place(high), y),
            *(_line(place(end), y - 5, place(end), y + 5) for end in (low, high)),
            f'<circle cx="{place(estimate):.1f}" cy="{y}" r="4.5"/>',
        ]  # fmt: skip
    return picture("intervals", _WIDTH, height, about, parts)


def tornado(rows: Sequence[tuple[str, float, float]], middle: float, about: str) -> Markup:
    """A bar per row (name, value at its lower end, at its upper end) around what all have at the mean."""
    ends = [end for _, *both in rows for end in both]
    place = _scale(min(middle, 0.0, *ends), max(middle, 0.0, *ends))
    height = _ROW * len(rows)
    parts = [_zero(place(0.0), height)]
    for number, (name, low, high) in enumerate(rows):
        y = number * _ROW + 9
        parts.append(text(0, y + 13, name))
        for end, color in ((low, DOWN), (high, UP)):
            first, last = sorted((place(middle), place(end)))
            parts.append(f'<rect x="{first:.1f}" y="{y}" width="{last - first:.1f}" height="16" style="fill:{color}"/>')
    return picture("intervals", _WIDTH, height, about, parts)


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line class="own" x1="{x1:.1f}" x2="{x2:.1f}" y1="{y1}" y2="{y2}"/>'


def _zero(x: float, height: float) -> str:
    return f'<line class="axis" x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{height}"/>'


class _scale:  # noqa: N801 - it is called like a function
    """Where a value is drawn, from left to right."""

    def __init__(self, low: float, high: float) -> None:
        self.low, self.wide = low, (high - low) or 1.0

    def __call__(self, value: float) -> float:
        return _LEFT + (value - self.low) / self.wide * (_WIDTH - _LEFT - 10)
