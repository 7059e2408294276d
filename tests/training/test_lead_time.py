"""Lead time against a loop over events and dates."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.errors import InputError
from training.evaluation.lead_time import lead_time

START = pd.Timestamp("2025-01-06")


@st.composite
def centres(draw: st.DrawFn) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Weekly scores of some agents, not each on each date, and events, some of people who come back."""
    weeks, agents = draw(st.integers(1, 8)), draw(st.integers(1, 6))
    rows = [
        (f"A{agent}", START + pd.Timedelta(weeks=week), draw(st.integers(0, 10)) / 10)
        for week in range(weeks)
        for agent in range(agents)
        if draw(st.booleans())
    ]
    scores = pd.DataFrame(rows, columns=["agent_id", "as_of", "score"]).astype({"as_of": "datetime64[us]"})
    events = draw(st.lists(st.tuples(st.integers(0, agents), st.integers(-5, 70)), max_size=6, unique=True))
    table = [(f"A{agent}", START + pd.Timedelta(days=day)) for agent, day in events]
    return scores, pd.DataFrame(table, columns=["agent_id", "event_on"]).astype({"event_on": "datetime64[us]"})


def by_hand(scores: pd.DataFrame, events: pd.DataFrame, flags: set[int], within: float) -> tuple[list[float], int]:
    """Days per scored event (NaN where never reached), and how many events were not scored."""
    days, unscored = [], 0
    for agent, event_on in events.itertuples(index=False):
        own_before = [on for who, on in events.itertuples(index=False) if who == agent and on < event_on]
        since = max(own_before, default=pd.Timestamp.min)
        seen, first = False, np.nan
        for row, (who, as_of, _) in enumerate(scores.itertuples(index=False)):
            ahead = (event_on - as_of).days
            if who == agent and since <= as_of < event_on and ahead <= within:
                seen = True
                if row in flags:
                    first = ahead if np.isnan(first) else max(first, ahead)
        if seen:
            days.append(first)
        else:
            unscored += 1
    return days, unscored


def top_by_hand(scores: pd.DataFrame, share: float) -> set[int]:
    flags: set[int] = set()
    for as_of in set(scores["as_of"]):
        rows = [row for row in range(len(scores)) if scores["as_of"].iloc[row] == as_of]
        rows.sort(key=lambda row: -scores["score"].iloc[row])
        flags |= set(rows[: max(1, round(share * len(rows)))])
    return flags


@settings(deadline=None, max_examples=80)
@given(centres(), st.sampled_from([0.1, 0.34, 0.5]), st.sampled_from([None, 14, 30]))
def test_days_are_those_of_a_loop_over_events_and_dates(
    centre: tuple[pd.DataFrame, pd.DataFrame], share: float, within: int | None
) -> None:
    scores, events = centre
    limit = np.inf if within is None else within
    of_share = top_by_hand(scores, share)
    of_threshold = set(np.flatnonzero(scores["score"] >= 0.6))
    for option, flags in (({"outreach_share": share}, of_share), ({"threshold": 0.6}, of_threshold)):
        found = lead_time(scores, events, within_days=within, **option)
        days, unscored = by_hand(scores, events, flags, limit)
        np.testing.assert_array_equal(found.days, days)
        assert (found.events, found.unscored) == (len(days), unscored)
        known = [day for day in days if not np.isnan(day)]
        assert found.never_reached == (
            pytest.approx(1 - len(known) / len(days)) if days else pytest.approx(np.nan, nan_ok=True)
        )
        if known:
            assert found.median == np.median(known)
            assert found.lower_quartile <= found.median <= found.upper_quartile
        else:
            assert np.isnan([found.lower_quartile, found.median, found.upper_quartile]).all()


def test_a_flag_on_the_day_itself_or_later_is_too_late() -> None:
    scores = pd.DataFrame({"agent_id": ["A", "A", "B"], "as_of": [START] * 2 + [START], "score": [0.1, 0.9, 0.2]})
    scores["as_of"] = [START - pd.Timedelta(days=7), START, START]
    found = lead_time(scores, pd.DataFrame({"agent_id": ["A", "B"], "event_on": [START, START]}), threshold=0.5)
    assert (found.events, found.unscored, found.never_reached) == (1, 1, 1.0)


def test_days_may_be_written_as_dates() -> None:
    scores = pd.DataFrame({"agent_id": ["A"], "as_of": [date(2025, 1, 6)], "score": [0.9]})
    events = pd.DataFrame({"agent_id": ["A"], "event_on": [date(2025, 2, 6)]})
    assert lead_time(scores, events, threshold=0.5).median == 31


@pytest.mark.parametrize("options", [{}, {"outreach_share": 0.1, "threshold": 0.5}])
def test_what_a_flag_is_must_be_said_once(options: dict[str, float]) -> None:
    scores = pd.DataFrame({"agent_id": ["A"], "as_of": [START], "score": [0.9]})
    with pytest.raises(InputError, match="either outreach_share or threshold"):
        lead_time(scores, pd.DataFrame({"agent_id": ["A"], "event_on": [START]}), **options)


def test_an_absent_column_is_named() -> None:
    with pytest.raises(InputError, match="events: no column event_on; those are agent_id, notice_on"):
        lead_time(
            pd.DataFrame({"agent_id": [], "as_of": [], "score": []}),
            pd.DataFrame({"agent_id": [], "notice_on": []}),
            threshold=0.5,
        )
