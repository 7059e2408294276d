"""Every signal against a slow and obvious reference: plain loops over the raw tables, written from the definitions.

H is talk + hold + after-call work. `day` is the agent's local day; block 0 is [T-28, T), block 1 the 28 days before it.
"""

import math
from collections.abc import Iterator
from datetime import date
from functools import cache, cached_property
from itertools import pairwise
from statistics import fmean, median, pstdev, stdev
from typing import Any

import pandas as pd
import pytest

Frames = dict[str, pd.DataFrame]
Row = dict[str, Any]


class Reference:
    """What was known before T, and every signal computed from it, one agent and block of 28 days at a time."""

    def __init__(self, frames: Frames, as_of: date) -> None:
        self.t, self.frames = pd.Timestamp(as_of), frames
        self.posts = {row["agent_id"]: row for row in self.known("agents", "valid_from")}
        self.contacts = self.by_agent(self.latest(self.known("contacts", "ended_at"), "contact_id"))
        shifts = self.known("shifts", "recorded_at")
        self.versions: dict[str, list[Row]] = {}
        for row in sorted(shifts, key=lambda row: row["recorded_at"]):
            self.versions.setdefault(row["shift_id"], []).append(row)
        self.shifts = self.by_agent([versions[-1] for versions in self.versions.values()])

    # what was known

    def rows(self, table: str) -> list[Row]:
        rows = self.frames[table].to_dict("records")
        return [{name: None if pd.isna(value) else value for name, value in row.items()} for row in rows]

    def about(self, table: str, agent: str) -> list[Row]:
        return [row for row in self.rows(table) if row["agent_id"] == agent]

    def known(self, table: str, happened: str) -> list[Row]:
        return [row for row in self.rows(table) if row["recorded_at"] < self.t and row[happened] < self.t]

    def latest(self, rows: list[Row], key: str) -> list[Row]:
        """The last known version of each fact."""
        return list({row[key]: row for row in sorted(rows, key=lambda row: row["recorded_at"])}.values())

    def by_agent(self, rows: list[Row]) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = {}
        for row in rows:
            found.setdefault(row["agent_id"], []).append(row)
        return found

    def clock(self, agent: str, at: pd.Timestamp) -> pd.Timestamp:
        """The agent's wall clock."""
        return at.tz_localize("UTC").tz_convert(self.posts[agent]["timezone"]).tz_localize(None)

    @cache  # noqa: B019 - lives as long as the module's fixture
    def age(self, agent: str, at: pd.Timestamp) -> int:
        """Days from the agent's local day to T; 1 is the day before."""
        return (self.t - self.clock(agent, at).normalize()).days

    def inside(self, agent: str, at: pd.Timestamp, block: int) -> bool:
        return 28 * block < self.age(agent, at) <= 28 * (block + 1)

    @cache  # noqa: B019
    def served(self, agent: str, block: int) -> list[Row]:
        """Contacts of a block, in their order."""
        rows = [row for row in self.contacts.get(agent, []) if self.inside(agent, row["started_at"], block)]
        return sorted(rows, key=lambda row: (row["started_at"], row["contact_id"]))

    @cache  # noqa: B019
    def worked(self, agent: str, block: int | None) -> list[Row]:
        """Shifts that were worked, in their order; every one up to T without a block."""
        rows = [row for row in self.shifts.get(agent, []) if row["actual_start"] is not None and not row["cancelled"]]
        rows = [row for row in rows if block is None or self.inside(agent, row["actual_start"], block)]
        return sorted(rows, key=lambda row: row["actual_start"])

    @cached_property
    def roster(self) -> list[str]:
        gone = {row["agent_id"] for row in self.known("exits", "recorded_at") if row["last_day"] < self.t.date()}
        return sorted(set(self.posts) - gone)

    def colleagues(self, agent: str, post: str) -> list[str]:
        """Everyone on the roster with the same team or queue, the agent included."""
        return [other for other in self.roster if self.posts[other][post] == self.posts[agent][post]]

    # building blocks

    def handle_s(self, row: Row) -> float:
        return row["talk_s"] + (row["hold_s"] or 0) + (row["acw_s"] or 0)

    def worked_s(self, row: Row) -> float:
        return (row["actual_end"] - row["actual_start"]).total_seconds() - row["break_taken_s"]

    def logged_h(self, agent: str, block: int) -> float:
        return sum(self.worked_s(row) - row["aux_s"] for row in self.worked(agent, block)) / 3600

    def days(self, agent: str, block: int | None) -> list[date]:
        return sorted({self.clock(agent, row["actual_start"]).date() for row in self.worked(agent, block)})

    def enough(self, agent: str, block: int) -> bool:
        return len(self.served(agent, block)) >= 30

    @cache  # noqa: B019
    def queue_rows(self, agent: str, block: int) -> list[Row]:
        return [row for other in self.colleagues(agent, "queue") for row in self.served(other, block)]

    def share(self, rows: list[Row], flag: str) -> float:
        return sum(row[flag] for row in rows) / len(rows)

    def smoothed(self, agent: str, block: int, flag: str) -> float | None:
        rows = self.served(agent, block)
        if len(rows) < 30:
            return None
        prior = self.share(self.queue_rows(agent, block), flag)
        return (sum(row[flag] for row in rows) + 50 * prior) / (len(rows) + 50)

    def tones(self, agent: str, block: int) -> list[float]:
        found = [row["sentiment"] for row in self.served(agent, block) if row["sentiment"] is not None]
        return found if len(found) >= 30 else []

    # workload

    def contacts_per_hour(self, agent: str, block: int = 0) -> float | None:
        return len(self.served(agent, block)) / self.logged_h(agent, block) if self.enough(agent, block) else None

    def occupancy(self, agent: str, block: int = 0) -> float | None:
        handled, logged = sum(map(self.handle_s, self.served(agent, block))), self.logged_h(agent, block)
        return min(handled / 3600 / logged, 1) if handled and logged else None

    def handle_time_z(self, agent: str, block: int = 0) -> float | None:
        if not self.enough(agent, block):
            return None
        own = [math.log(self.handle_s(row)) for row in self.served(agent, block)]
        queue = [math.log(self.handle_s(row)) for row in self.queue_rows(agent, block)]
        return (fmean(own) - fmean(queue)) / pstdev(queue)

    def acw_share(self, agent: str, block: int = 0) -> float | None:
        rows = self.served(agent, block)
        return sum(row["acw_s"] for row in rows) / sum(map(self.handle_s, rows)) if self.enough(agent, block) else None

    def overtime(self, agent: str, block: int = 0) -> float | None:
        """Mean of the block's four weeks, counted back from T."""
        if not self.served(agent, block) and not self.days(agent, block):
            return None
        hours = [0.0] * 4
        for row in self.worked(agent, block):
            hours[(self.age(agent, row["actual_start"]) - 1) // 7 - 4 * block] += self.worked_s(row) / 3600
        return fmean(max(0.0, week - self.posts[agent]["contracted_h_week"]) for week in hours)

    def team_load_share(self, agent: str, block: int = 0) -> float | None:
        team = fmean(len(self.served(other, block)) for other in self.colleagues(agent, "team_id"))
        return len(self.served(agent, block)) / team if self.enough(agent, block) else None

    # escalation

    def escalation_rate(self, agent: str, block: int = 0) -> float | None:
        return self.smoothed(agent, block, "escalated")

    def complaint_rate(self, agent: str, block: int = 0) -> float | None:
        return self.smoothed(agent, block, "complaint")

    def transfer_rate(self, agent: str, block: int = 0) -> float | None:
        return self.smoothed(agent, block, "transferred")

    def escalation_excess(self, agent: str, block: int = 0) -> float | None:
        if not self.enough(agent, block):
            return None
        queue = self.share(self.queue_rows(agent, block), "escalated")
        return self.share(self.served(agent, block), "escalated") - queue

    def abuse_per_100(self, agent: str, block: int = 0) -> float | None:
        return 100 * self.share(self.served(agent, block), "abusive") if self.enough(agent, block) else None

    # schedule

    def quick_returns(self, agent: str, block: int = 0) -> float | None:
        """Rests under 11 hours before a shift of the block; a gap under 2 hours is within one shift."""
        if not self.worked(agent, block):
            return None
        found = 0
        for before, after in pairwise(self.worked(agent, None)):
            rest_h = (after["actual_start"] - before["actual_end"]).total_seconds() / 3600
            found += 2 <= rest_h < 11 and self.inside(agent, after["actual_start"], block)
        return found

    def start_hours(self, agent: str, block: int) -> list[float]:
        clocks = [self.clock(agent, row["actual_start"]) for row in self.worked(agent, block)]
        return [clock.hour + clock.minute / 60 + clock.second / 3600 for clock in clocks]

    def start_sd(self, agent: str, block: int = 0) -> float | None:
        angles = [2 * math.pi * hour / 24 for hour in self.start_hours(agent, block)]
        if len(angles) < 5:
            return None
        r = math.hypot(fmean(map(math.cos, angles)), fmean(map(math.sin, angles)))
        return 24 / (2 * math.pi) * math.sqrt(-2 * math.log(min(r, 1.0)))

    def load_cv(self, agent: str, block: int = 0) -> float | None:
        hours = [self.worked_s(row) / 3600 for row in self.worked(agent, block)]
        return stdev(hours) / fmean(hours) if len(hours) >= 5 else None

    def late_change_rate(self, agent: str, block: int = 0) -> float | None:
        """Added, moved by 30 minutes or cancelled with less than 7 days' notice, over shifts; worked or not."""
        begun = {row["shift_id"]: row["actual_start"] or row["scheduled_start"] for row in self.shifts[agent]}
        shifts = [shift_id for shift_id, at in begun.items() if self.inside(agent, at, block)]
        return sum(map(self.changed_late, shifts)) / len(shifts) if shifts else None

    def changed_late(self, shift_id: str) -> bool:
        week, half_hour = pd.Timedelta(days=7), pd.Timedelta(minutes=30)
        versions = self.versions[shift_id]
        late = versions[0]["scheduled_start"] - versions[0]["published_at"] < week
        for before, after in pairwise(versions):
            first = min(before["scheduled_start"], after["scheduled_start"])
            moved = abs(after["scheduled_start"] - before["scheduled_start"]) >= half_hour
            late |= (moved or after["cancelled"]) and first - after["published_at"] < week
        return bool(late)

    def night_share(self, agent: str, block: int = 0) -> float | None:
        """Worked hours between 23 and 6 / worked hours; breaks are spread evenly over their shift."""
        night = total = 0.0
        for row, start in zip(self.worked(agent, block), self.start_hours(agent, block), strict=True):
            span = (row["actual_end"] - row["actual_start"]).total_seconds() / 3600
            dark = sum(max(0.0, min(start + span, high) - max(start, low)) for low, high in ((0, 6), (23, 30)))
            night += dark / span * self.worked_s(row)
            total += self.worked_s(row)
        return night / total if total else None

    def weekend_share(self, agent: str, block: int = 0) -> float | None:
        days = self.days(agent, block)
        return sum(day.weekday() >= 5 for day in days) / len(days) if days else None

    def max_consecutive_days(self, agent: str, block: int = 0) -> float | None:
        """How many days in a row had been worked by a day of the block; runs may have begun before it."""
        run, longest, before = 0, None, None
        for day in self.days(agent, None):
            run = run + 1 if before is not None and (day - before).days == 1 else 1
            before = day
            if 28 * block < (self.t.date() - day).days <= 28 * (block + 1):
                longest = max(longest or 0, run)
        return longest

    def missed_break_rate(self, agent: str, block: int = 0) -> float | None:
        rows = self.worked(agent, block)
        missed = sum(max(0.0, row["break_entitled_s"] - row["break_taken_s"]) for row in rows)
        return missed / sum(row["break_entitled_s"] for row in rows) if rows else None

    # sentiment

    def sentiment_mean(self, agent: str, block: int = 0) -> float | None:
        return fmean(self.tones(agent, block)) if self.tones(agent, block) else None

    def negative_share(self, agent: str, block: int = 0) -> float | None:
        tones = self.tones(agent, block)
        return sum(tone <= -0.5 for tone in tones) / len(tones) if tones else None

    def emotional_load(self, agent: str, block: int = 0) -> float | None:
        if not self.tones(agent, block):
            return None
        rows = self.served(agent, block)
        load = sum(max(0.0, -(row["sentiment"] or 0)) * self.handle_s(row) / 3600 for row in rows)
        return load / self.logged_h(agent, block)

    def hard_run(self, agent: str, block: int = 0) -> float | None:
        """Longest run of negative or abusive contacts of a day, with no gap of ten minutes."""
        if not self.enough(agent, block):
            return None
        longest = run = 0
        before: Row | None = None
        for row in self.served(agent, block):
            hard = row["abusive"] or (row["sentiment"] is not None and row["sentiment"] <= -0.5)
            near = before is not None and self.near(agent, before, row)
            run = (run + 1 if near else 1) if hard else 0
            longest, before = max(longest, run), row
        return longest

    def near(self, agent: str, before: Row, after: Row) -> bool:
        same_day = self.age(agent, before["started_at"]) == self.age(agent, after["started_at"])
        return same_day and after["started_at"] - before["ended_at"] < pd.Timedelta(minutes=10)

    def sentiment_slope(self, agent: str) -> float | None:
        """Theil-Sen: the median of the slopes between all pairs of the weekly means, 8 weeks."""
        weeks: dict[int, list[float]] = {}
        for row in self.contacts.get(agent, []):
            age = self.age(agent, row["started_at"])
            if 1 <= age <= 56 and row["sentiment"] is not None:
                weeks.setdefault(-((age - 1) // 7), []).append(row["sentiment"])
        means = sorted((week, fmean(tones)) for week, tones in weeks.items())
        slopes = [(y2 - y1) / (x2 - x1) for at, (x1, y1) in enumerate(means) for x2, y2 in means[at + 1 :]]
        return median(slopes) if len(means) >= 4 else None

    # context

    def employed_days(self, agent: str) -> int:
        return (self.t.date() - self.posts[agent]["hire_date"]).days

    def tenure(self, agent: str) -> float:
        return math.log(1 + max(0, self.employed_days(agent)))

    def new_hire(self, agent: str) -> float:
        return float(self.employed_days(agent) <= 90)

    def one_to_one_gap(self, agent: str) -> float:
        """Days since the last one; nobody has waited for one longer than the time on the job."""
        held = [row["held_at"] for row in self.about("check_ins", agent) if row["held_at"] < self.t]
        return min((self.t - max(held).normalize()).days if held else self.employed_days(agent), 180)

    def unplanned_spells(self, agent: str) -> float:
        rows = [row for row in self.known("absences", "recorded_at") if row["agent_id"] == agent]
        recent = [row for row in self.latest(rows, "start_on") if 1 <= (self.t.date() - row["start_on"]).days <= 90]
        return sum(not row["planned"] for row in recent)

    def last_survey_score(self, agent: str) -> float | None:
        oldest = self.t - pd.Timedelta(days=200)
        rows = [row for row in self.about("surveys", agent) if oldest <= row["submitted_at"] < self.t]
        return max(rows, key=lambda row: row["submitted_at"])["score"] if rows else None

    # against one's own past, against peers

    def own_z(self, agent: str, name: str) -> float | None:
        """(value - own mean of the three blocks before) / root of the queue's mean within-agent variance."""
        now, before = getattr(self, name)(agent), self.past(agent, name)
        if now is None or len(before) < 2:
            return None
        queue = [self.past(other, name) for other in self.colleagues(agent, "queue")]
        within = math.sqrt(fmean(stdev(values) ** 2 for values in queue if len(values) >= 2))
        return (now - fmean(before)) / within if within > 1e-12 else None

    def past(self, agent: str, name: str) -> list[float]:
        values = [getattr(self, name)(agent, block) for block in (1, 2, 3)]
        return [value for value in values if value is not None]

    def peer_z(self, agent: str, name: str) -> float | None:
        """(value - mean) / SD among the agents on the same queue, of whom there must be five."""
        now = getattr(self, name)(agent)
        everyone = [getattr(self, name)(other) for other in self.colleagues(agent, "queue")]
        values = [value for value in everyone if value is not None]
        if now is None or len(values) < 5 or stdev(values) <= 1e-12:
            return None
        return (now - fmean(values)) / stdev(values)


RAW = [
    "contacts_per_hour", "occupancy", "handle_time_z", "acw_share", "overtime", "team_load_share",
    "escalation_rate", "escalation_excess", "transfer_rate", "complaint_rate", "abuse_per_100",
    "quick_returns", "start_sd", "load_cv", "late_change_rate", "night_share", "weekend_share", "max_consecutive_days",
    "missed_break_rate", "sentiment_mean", "negative_share", "emotional_load", "hard_run", "sentiment_slope",
    "tenure", "new_hire", "one_to_one_gap", "unplanned_spells", "last_survey_score",
]  # fmt: skip
COMPARED = [
    "contacts_per_hour", "overtime", "escalation_rate", "quick_returns", "start_sd", "late_change_rate",
    "negative_share",
]  # fmt: skip


@pytest.fixture(scope="module")
def reference(centre: Frames, as_of: date) -> Reference:
    return Reference(centre, as_of)


@pytest.fixture(scope="module")
def found(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame that is judged, by agent."""
    return frame.set_index("agent_id")


def agree(said: pd.Series, expected: Iterator[tuple[str, float | None]]) -> None:
    for agent, value in expected:
        known = math.nan if value is None else value
        assert said[agent] == pytest.approx(known, rel=1e-9, abs=1e-9, nan_ok=True), agent


def test_the_roster_is_who_was_hired_and_had_not_left(found: pd.DataFrame, reference: Reference) -> None:
    assert list(found.index) == reference.roster
    assert len(reference.roster) < len(reference.rows("agents"))


@pytest.mark.parametrize("name", RAW)
def test_a_raw_signal_agrees_with_the_reference(name: str, found: pd.DataFrame, reference: Reference) -> None:
    agree(found[name], ((agent, getattr(reference, name)(agent)) for agent in reference.roster))


@pytest.mark.parametrize("name", COMPARED)
def test_a_change_against_the_own_past_agrees_with_the_reference(
    name: str, found: pd.DataFrame, reference: Reference
) -> None:
    agree(found[f"{name}_own_z"], ((agent, reference.own_z(agent, name)) for agent in reference.roster))


@pytest.mark.parametrize("name", COMPARED)
def test_a_distance_from_peers_agrees_with_the_reference(name: str, found: pd.DataFrame, reference: Reference) -> None:
    agree(found[f"{name}_peer_z"], ((agent, reference.peer_z(agent, name)) for agent in reference.roster))


@pytest.mark.parametrize("name", [name for name in RAW if name != "new_hire"])
def test_the_centre_that_is_compared_has_something_to_compare(name: str, found: pd.DataFrame) -> None:
    assert len(set(found[name].dropna())) > 1
