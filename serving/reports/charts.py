"""Small charts as inline SVG, each with a sentence for those who do not see it. Colours hold for colour-blind eyes."""

from collections.abc import Sequence
from html import escape
from math import isfinite

__all__ = ["bars", "sparkline", "waterfall"]

UP, DOWN = "var(--up)", "var(--down)"


def sparkline(values: Sequence[float | None], peers: Sequence[float | None], about: str) -> str:
    """A line over weeks with the peers' mean as a dashed one; unknown weeks are gaps."""
    width, height, pad = 180, 36, 4
    known = [value for value in (*values, *peers) if value is not None and isfinite(value)]
    if not known:
        return '<span class="soft">not known</span>'
    low, high = min(known), max(known)
    span = (high - low) or 1.0

    def points(series: Sequence[float | None]) -> list[list[tuple[float, float]]]:
        runs: list[list[tuple[float, float]]] = [[]]
        for i, value in enumerate(series):
            if value is None or not isfinite(value):
                runs.append([])
                continue
            x = pad + i * (width - 2 * pad) / max(1, len(series) - 1)
            runs[-1].append((x, height - pad - (value - low) / span * (height - 2 * pad)))
        return [run for run in runs if run]

    def line(series: Sequence[float | None], look: str) -> str:
        return "".join(
            f'<polyline class="{look}" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in run)}"/>'
            for run in points(series)
        )

    dots = points(values)
    end = f'<circle cx="{dots[-1][-1][0]:.1f}" cy="{dots[-1][-1][1]:.1f}" r="2.6"/>' if dots else ""
    return (
        f'<svg class="spark" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(about)}">'
        f"{line(peers, 'peers')}{line(values, 'own')}{end}</svg>"
    )


def bars(rows: Sequence[tuple[str, float]], about: str) -> str:
    """A bar per row from the middle: to the right what raised, to the left what lowered."""
    width, row_height, middle = 460, 30, 250
    largest = max((abs(value) for _, value in rows), default=0) or 1.0
    parts = [f'<line class="axis" x1="{middle}" x2="{middle}" y1="0" y2="{row_height * len(rows)}"/>']
    for i, (name, value) in enumerate(rows):
        length = abs(value) / largest * (width - middle - 60)
        x, y = (middle if value >= 0 else middle - length), i * row_height
        anchor = x + length + 6 if value >= 0 else middle + 6
        parts.append(
            f'<text x="0" y="{y + 20}">{escape(name)}</text>'
            f'<rect x="{x:.1f}" y="{y + 7}" width="{length:.1f}" height="16" rx="3"'
            f' style="fill:{UP if value >= 0 else DOWN}"/>'
            f'<text class="number" x="{anchor:.1f}" y="{y + 20}">{value:+.2f}</text>'
        )
    height = row_height * len(rows)
    return (
        f'<svg class="bars" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(about)}">'
        f"{''.join(parts)}</svg>"
    )


def waterfall(base: float, steps: Sequence[tuple[str, float]], total: float, about: str) -> str:
    """From the starting point to the score: each step begins where the one before ended."""
    width, row_height, left = 460, 30, 200
    ends, at = [base], base
    for _, value in steps:
        at += value
        ends.append(at)
    low, high = min(*ends, total), max(*ends, total)
    scale = (width - left - 60) / ((high - low) or 1.0)
    parts = []
    rows = [
        ("starting point", base, base),
        *((name, start, start + value) for (name, value), start in zip(steps, ends, strict=False)),
    ]
    rows.append(("your score", total, total))
    for i, (name, start, end) in enumerate(rows):
        y, first, last = i * row_height, left + (min(start, end) - low) * scale, left + (max(start, end) - low) * scale
        value = end if start == end else end - start
        look = "var(--ink)" if start == end else (UP if end > start else DOWN)
        shown = f"{value:.2f}" if start == end else f"{value:+.2f}"
        parts.append(
            f'<text x="0" y="{y + 20}">{escape(name)}</text>'
            f'<rect x="{first - 2:.1f}" y="{y + 7}" width="{last - first + 4:.1f}" height="16" rx="3"'
            f' style="fill:{look}"/>'
            f'<text class="number" x="{last + 8:.1f}" y="{y + 20}">{shown}</text>'
        )
    return (
        f'<svg class="bars" viewBox="0 0 {width} {row_height * len(rows)}" role="img" aria-label="{escape(about)}">'
        f"{''.join(parts)}</svg>"
    )
