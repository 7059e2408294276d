"""The charts of a model card as inline SVG, each with a sentence for those who do not see it.

Every number is in a table beside its chart; blue-green and orange hold for color-blind eyes.
"""

from html import escape

import pandas as pd

__all__ = ["calibration_chart", "months_chart"]

SIDE, LEFT, BOTTOM, TOP = 300, 56, 44, 12


def calibration_chart(table: pd.DataFrame | None) -> str:
    """Observed share against mean score, a dot a bin; the dashed line is where a score comes true."""
    if table is None or table.empty:
        return ""
    most = _round_up(max(table["score"].max(), table["observed"].max()))
    place = _Axes(SIDE, SIDE, most)
    x = [LEFT + SIDE * score / most for score in table["score"]]
    dots = [f'<circle cx="{a:.1f}" cy="{place.y(b):.1f}" r="4"/>' for a, b in zip(x, table["observed"], strict=True)]
    ends = [
        f'<text x="{LEFT + SIDE * share:.0f}" y="{TOP + SIDE + 20}" text-anchor="middle">{share * most:.0%}</text>'
        for share in (0, 0.5, 1)
    ]
    even = f'<line class="even" x1="{LEFT}" y1="{place.y(0)}" x2="{LEFT + SIDE}" y2="{place.y(most)}"/>'
    name = f'<text x="{LEFT + SIDE / 2}" y="{TOP + SIDE + 40}" text-anchor="middle">mean score of a tenth</text>'
    gap = float((table["score"] - table["observed"]).abs().max())
    said = f"Observed share against mean score in {len(table)} bins; the largest difference is {gap:.1%}."
    return _svg(LEFT + SIDE + 24, SIDE, [*place.lines(), even, *dots, *ends, name], said)


def months_chart(table: pd.DataFrame | None) -> str:
    """Mean score as a line, observed share as dots with their intervals, month by month."""
    if table is None or table.empty:
        return ""
    width = max(SIDE, 58 * len(table))
    place = _Axes(width, 200, _round_up(max(table["score"].max(), table["high"].max())))
    parts, line = place.lines(), []
    for number, row in enumerate(table.to_dict("records")):
        x = LEFT + (number + 0.5) * width / len(table)
        line.append(f"{x:.1f},{place.y(row['score']):.1f}")
        ends = f'y1="{place.y(row["low"]):.1f}" y2="{place.y(row["high"]):.1f}"'
        parts += [
            f'<line class="bound" x1="{x:.1f}" x2="{x:.1f}" {ends}/>',
            f'<circle cx="{x:.1f}" cy="{place.y(row["observed"]):.1f}" r="4"/>',
            f'<text x="{x:.1f}" y="{TOP + 220}" text-anchor="middle">{escape(str(row["month"]))}</text>',
        ]
    parts.append(f'<polyline class="score" points="{" ".join(line)}"/>')
    within = int(((table["low"] <= table["score"]) & (table["score"] <= table["high"])).sum())
    said = f"Mean score and observed share by month; in {within} of {len(table)} months the interval holds the score."
    return _svg(LEFT + width + 24, 200, parts, said)


class _Axes:
    """An axis of shares from 0 to `most`, with lines across."""

    def __init__(self, width: float, height: float, most: float) -> None:
        self.width, self.height, self.most = width, height, most

    def y(self, share: float) -> float:
        return TOP + self.height * (1 - share / self.most)

    def lines(self) -> list[str]:
        return [
            f'<line class="axis" x1="{LEFT}" x2="{LEFT + self.width}" y1="{self.y(at):.1f}" y2="{self.y(at):.1f}"/>'
            f'<text x="{LEFT - 8}" y="{self.y(at) + 5:.1f}" text-anchor="end">{at:.0%}</text>'
            for at in (0, self.most / 2, self.most)
        ]


def _round_up(share: float) -> float:
    """The next even tenth, so that both ends and the middle of an axis are whole percents."""
    return next((end for end in (0.02, 0.04, 0.1, 0.2, 0.4, 0.6, 0.8) if share <= end), 1.0)


def _svg(width: float, height: float, parts: list[str], said: str) -> str:
    box = f"0 0 {width:.0f} {TOP + height + BOTTOM:.0f}"
    return (
        f'<svg viewBox="{box}" width="{width:.0f}" role="img" aria-label="{escape(said)}"><title>{escape(said)}</title>'
        f"{''.join(parts)}</svg>"
    )
