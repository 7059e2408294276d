"""Charts: valid SVG with a sentence, drawn where the numbers are."""

import itertools
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.reports.charts import bars, sparkline, waterfall

NUMBERS = st.floats(-50, 50).map(lambda value: round(value, 2))
STEPS = st.lists(st.tuples(st.sampled_from(["workload", "a < b & c", "schedule"]), NUMBERS), max_size=6)
SERIES = st.lists(st.one_of(st.none(), NUMBERS, st.just(float("nan"))), min_size=1, max_size=12)


def drawn(svg: str) -> ET.Element:
    """The parsed picture; it has a role and a sentence for those who do not see it."""
    root = ET.fromstring(svg)  # noqa: S314 - our own text
    assert root.get("role") == "img"
    assert root.get("aria-label") == "about <it>"
    return root


def positions(root: ET.Element) -> list[tuple[float, float]]:
    return [(float(rect.get("x", 0)), float(rect.get("width", 0))) for rect in root.iter("rect")]


@given(STEPS)
def test_bars_stay_in_the_picture_and_lean_by_their_sign(rows: list[tuple[str, float]]) -> None:
    root = drawn(bars(rows, "about <it>"))
    for (_, value), (x, width) in zip(rows, positions(root), strict=True):
        assert width >= 0
        assert x >= 0
        assert x + width <= 460
        assert x == pytest.approx(250, abs=0.1) if value >= 0 else x + width == pytest.approx(250, abs=0.2)


@given(NUMBERS, STEPS)
def test_each_step_of_a_waterfall_begins_where_the_one_before_ended(
    base: float, steps: list[tuple[str, float]]
) -> None:
    total = base + sum(value for _, value in steps)
    found = positions(drawn(waterfall(base, steps, total, "about <it>")))
    assert len(found) == len(steps) + 2
    assert all(width > 0 and x >= 190 and x + width <= 420 for x, width in found)
    assert found[0][1] == found[-1][1] == pytest.approx(4)
    edges = [(round(x + 2, 1), round(x + width - 2, 1)) for x, width in found]
    for earlier, later in itertools.pairwise(edges):
        assert min(abs(a - b) for a in earlier for b in later) <= 0.31


@given(SERIES, SERIES)
def test_unknown_weeks_are_gaps_and_known_ones_are_in_the_picture(
    values: list[float | None], peers: list[float | None]
) -> None:
    svg = sparkline(values, peers, "about <it>")
    if svg.startswith("<span"):
        assert "not known" in svg
        return
    for line in drawn(svg).iter("polyline"):
        for point in str(line.get("points")).split():
            x, y = map(float, point.split(","))
            assert 0 <= x <= 180
            assert 0 <= y <= 36


def test_a_gap_breaks_the_line() -> None:
    root = drawn(sparkline([1, 2, None, 3, 4], [None] * 5, "about <it>"))
    assert len(list(root.iter("polyline"))) == 2


def test_a_higher_number_is_drawn_higher() -> None:
    (line,) = drawn(sparkline([1, 5], [None, None], "about <it>")).iter("polyline")
    (_, low), (_, high) = [tuple(map(float, point.split(","))) for point in str(line.get("points")).split()]
    assert high < low
