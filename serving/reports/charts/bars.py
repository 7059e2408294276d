"""Bars: what raised and what lowered, and how a score is reached step by step."""

from collections.abc import Sequence

from markupsafe import Markup

from serving.reports.charts.picture import DOWN, UP, picture, text

__all__ = ["bars", "waterfall"]

_ROW = 30


def bars(rows: Sequence[tuple[str, float]], about: str) -> Markup:
    """A bar per row from the middle: to the right what raised, to the left what lowered."""
    width, middle = 460, 250
    largest = max((abs(value) for _, value in rows), default=0) or 1.0
    parts = [f'<line class="axis" x1="{middle}" x2="{middle}" y1="0" y2="{_ROW * len(rows)}"/>']
    for i, (name, value) in enumerate(rows):
        length = abs(value) / largest * (width - middle - 60)
        x, y = (middle if value >= 0 else middle - length), i * _ROW
        after = x + length + 6 if value >= 0 else middle + 6
        parts += [text(0, y + 20, name), _bar(x, y, length, UP if value >= 0 else DOWN)]
        parts.append(text(after, y + 20, f"{value:+z.2f}", "number"))
    return picture("bars", width, _ROW * len(rows), about, parts)


def waterfall(base: float, steps: Sequence[tuple[str, float]], total: float, about: str) -> Markup:
    """From the starting point to the score: each step begins where the one before ended."""
    width, left = 460, 200
    ends, at = [base], base
    for _, value in steps:
        at += value
        ends.append(at)
    low, high = min(*ends, total), max(*ends, total)
    scale = (width - left - 60) / ((high - low) or 1.0)
    rows = [
        ("starting point", base, base),
        *((name, start, start + value) for (name, value), start in zip(steps, ends, strict=False)),
        ("your score", total, total),
    ]
    parts = []
    for i, (name, start, end) in enumerate(rows):
        y, first, last = i * _ROW, left + (min(start, end) - low) * scale, left + (max(start, end) - low) * scale
        fixed = start == end
        color = "var(--ink)" if fixed else (UP if end > start else DOWN)
        shown = f"{end:z.2f}" if fixed else f"{end - start:+z.2f}"
        parts += [text(0, y + 20, name), _bar(first - 2, y, last - first + 4, color)]
        parts.append(text(last + 8, y + 20, shown, "number"))
        if i + 1 < len(rows):  # a thread to where the next step begins
            x = left + (end - low) * scale
            parts.append(f'<line class="axis" x1="{x:.1f}" x2="{x:.1f}" y1="{y + 23}" y2="{y + _ROW + 7}"/>')
    return picture("bars", width, _ROW * len(rows), about, parts)


def _bar(x: float, y: float, width: float, color: str) -> str:
    return f'<rect x="{x:.1f}" y="{y + 7}" width="{width:.1f}" height="16" rx="3" style="fill:{color}"/>'
