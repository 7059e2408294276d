"""Hours on the clock of the agent, rests between days, and the week, against a plain loop over shifts."""

from datetime import date, timedelta

import pandas as pd
import pytest

from features import Home
from features.raw import rows
from serving.reports.hours import hours_of
from serving.reports.material import Material


def test_days_and_rests_are_those_of_the_shifts_that_were_worked(road: Home, material: Material) -> None:
    shifts, until, compared = rows(road, "shifts"), material.day, 0
    first = until - timedelta(days=until.weekday() + 56)
    for agent in sorted(material.weeks.everyone)[:8]:
        newest: dict[str, pd.Series] = {}
        for _, row in shifts[shifts["agent_id"] == agent].sort_values("recorded_at").iterrows():
            if row["recorded_at"] < pd.Timestamp(until):
                newest[row["shift_id"]] = row
        days: dict[date, list[pd.Timestamp]] = {}
        for row in newest.values():
            if pd.notna(row["actual_start"]) and pd.notna(row["actual_end"]) and row["cancelled"] is not True:
                offset = pd.Timedelta(seconds=row["utc_offset_s"])
                day = (row["scheduled_start"] + offset).date()
                if first <= day < until:
                    days.setdefault(day, []).extend([row["actual_start"] + offset, row["actual_end"] + offset])
        found = hours_of(road, agent, until)
        if not days:
            assert found is None
            continue
        assert found is not None
        told = [(one.day, one.start, one.end) for one in found.days]
        assert told == [(day, f"{min(ends):%H:%M}", f"{max(ends):%H:%M}") for day, ends in sorted(days.items())]
        ordered = [days[day] for day in sorted(days)]
        for one, earlier, later in zip(found.days[1:], ordered[:-1], ordered[1:], strict=True):
            assert one.rest == pytest.approx((min(later) - max(earlier)).total_seconds() / 3600)
        assert found.days[0].rest is None
        assert all(0 <= share <= 1 for line in found.week for share in line)
        compared += 1
    assert compared >= 5


def test_without_shifts_there_are_no_hours(home: Home) -> None:
    assert hours_of(home, "A0000", date(2026, 5, 25)) is None
