"""Lines over weeks: a sparkline with the band of its peers, and the trend of a mean score."""

from collections.abc import Sequence

from markupsafe import Markup

from serving.reports.charts.picture import Scale, known, picture, polyline, runs, text

__all__ = ["sparkline", "trend"]

Values = Sequence[float | None]
_NOT_KNOWN = Markup('<span class="soft">not known</span>')


def sparkline(
    values: Values, peers: Values, about: str, band: tuple[Values, Values] | None = None, marks: Sequence[int] = ()
) -> Markup:
    """A line over time, the peers' mean as a dashed one, and where 8 of 10 of them are; what is unknown is a gap.

    `marks` are places of the line at which something began. A value without neighbours is a dot.
    """
    width, height, pad = 180, 40, 4
    ends = band if band and len(known(band[0])) == len(known(band[1])) == len(values) else None
    found = known([*values, *peers, *(ends[0] if ends else ()), *(ends[1] if ends else ())])
    if not found:
        return _NOT_KNOWN
    height_of = Scale(found, pad, height - pad)

    def xs(line: Values) -> list[float]:
        return [pad + at * (width - 2 * pad) / max(1, len(line) - 1) for at in range(len(line))]

    parts = []
    if ends:
        low, high = ([(x, height_of(value)) for x, value in zip(xs(end), known(end), strict=True)] for end in ends)
        outline = " ".join(f"{x:.1f},{y:.1f}" for x, y in [*low, *reversed(high)])
        parts.append(f'<polygon class="band" points="{outline}"/>')
    at = xs(values)
    parts += [f'<line class="mark" x1="{at[m]:.1f}" x2="{at[m]:.1f}" y1="0" y2="{height}"/>' for m in marks]
    parts += [polyline("peers", run) for run in runs(peers, xs(peers), height_of)]
    own = runs(values, xs(values), height_of)
    parts += [polyline("own", run) for run in own if len(run) > 1 or len(own) == 1]
    parts += [f'<circle cx="{run[0][0]:.1f}" cy="{run[0][1]:.1f}" r="2"/>' for run in own[:-1] if len(run) == 1]
    if own:
        x, y = own[-1][-1]
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.6"/>')
    return picture("spark", width, height, about, parts)


def trend(values: Sequence[float], days: Sequence[str], about: str) -> Markup:
    """A mean score by week, with its first and last value in numbers, from zero up."""
    width, height, left, right, top, bottom = 430, 150, 38, 46, 16, 122
    highest = max(0.1, *values) * 1.15
    height_of = Scale([0.0, highest], top, bottom)
    xs = [left + at * (width - left - right) / max(1, len(values) - 1) for at in range(len(values))]
    points = [(x, height_of(value)) for x, value in zip(xs, values, strict=True)]
    area = " ".join(f"{x:.1f},{y:.1f}" for x, y in [(xs[0], bottom), *points, (xs[-1], bottom)])
    step = 0.05 if highest <= 0.2 else 0.1 if highest <= 0.5 else 0.2
    lines = [step * count for count in range(int(highest / step) + 1)]
    parts = [
        f'<line class="grid" x1="{left}" x2="{width - right}" y1="{height_of(v):.1f}" y2="{height_of(v):.1f}"/>'
        + text(0, height_of(v) + 4, f"{v:.0%}", "small")
        for v in lines
    ]
    parts += [f'<polygon class="band" points="{area}"/>', polyline("own", points)]
    parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.2"/>' for x, y in points[-1:]]
    parts += [text(points[-1][0] + 8, points[-1][1] + 5, f"{values[-1]:.0%}", "strong")]
    parts += [text(left, height - 6, days[0], "small"), text(width - right - 66, height - 6, days[-1], "small")]
    return picture("trend", width, height, about, parts)
