"""Charts: valid SVG with a sentence, drawn where the numbers are."""

import itertools
import xml.etree.ElementTree as ET
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.reports.charts import CalendarDay, bars, calendar, heat, sparkline, trend, waterfall

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


def test_the_band_of_peers_is_drawn_between_its_ends() -> None:
    svg = sparkline([5, 6], [5, 5], "about <it>", ([1, 2], [9, 8]))
    (band,) = drawn(svg).iter("polygon")
    points = [tuple(map(float, point.split(","))) for point in str(band.get("points")).split()]
    assert len(points) == 4
    assert points[0][0] == points[-1][0]
    assert points[0][1] > points[-1][1], "its low end is lower in the picture"


def test_a_band_with_a_gap_is_left_out() -> None:
    assert not list(drawn(sparkline([5, 6], [5, 5], "about <it>", ([1, None], [9, 8]))).iter("polygon"))


def test_marks_stand_where_something_began() -> None:
    lines = list(drawn(sparkline([1, 2, 3], [], "about <it>", marks=[1])).iter("line"))
    assert [float(line.get("x1", 0)) for line in lines] == [pytest.approx(90)]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_a_trend_starts_at_zero_and_stays_in_the_picture(values: list[float]) -> None:
    root = drawn(trend(values, [f"day {at}" for at in range(len(values))], "about <it>"))
    (line,) = root.iter("polyline")
    ys = [float(point.split(",")[1]) for point in str(line.get("points")).split()]
    assert all(16 <= y <= 122 for y in ys)
    for (one, y), (other, z) in itertools.combinations(zip(values, ys, strict=True), 2):
        assert (one > other) <= (y <= z + 0.11)


RESTS = st.lists(
    st.tuples(st.integers(0, 55), st.one_of(st.none(), st.floats(0, 60))), max_size=40, unique_by=lambda one: one[0]
)


@given(RESTS)
def test_a_calendar_has_a_cell_a_day_and_a_corner_for_each_short_rest(found: list[tuple[int, float | None]]) -> None:
    monday = date(2026, 3, 2)
    days = [CalendarDay(monday + timedelta(days=at), "08:00", "16:00", rest) for at, rest in found]
    root = drawn(calendar(days, monday, 8, 11.0, "about <it>"))
    kinds = [rect.get("class") for rect in root.iter("rect")]
    assert kinds.count("worked") == len(days)
    assert len(kinds) == 56
    assert len(list(root.iter("path"))) == sum(rest is not None and rest < 11 for _, rest in found)
    assert len(list(root.iter("title"))) == 56


@given(st.lists(st.lists(st.floats(0, 1), min_size=24, max_size=24), min_size=7, max_size=7))
def test_a_heat_map_has_a_square_for_each_hour_with_work_and_a_dot_for_others(hours: list[list[float]]) -> None:
    root = drawn(heat(hours, "about <it>"))
    squares, dots = list(root.iter("rect")), list(root.iter("circle"))
    assert len(squares) == sum(share > 0 for line in hours for share in line)
    assert len(squares) + len(dots) == 7 * 24
    sizes = [float(square.get("width", 0)) for square in squares]
    shares = [share for line in hours for share in line if share > 0]
    for (one, size), (other, more) in itertools.pairwise(zip(shares, sizes, strict=True)):
        assert (one > other) <= (size >= more - 0.11)
