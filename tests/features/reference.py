"""Every feature, slowly: plain loops over the raw tables, written from the definitions and not from the code judged.

T is the date as of which the features are taken. H is talk + hold + after-call work. A contact is busy from its start
to its end + after-call work. `day` is the agent's local day on which the contact, or the work, began. Times are
seconds since 1970, in UTC unless they are called local.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, wraps
from itertools import pairwise
from statistics import fmean, median, pvariance, stdev, variance
from typing import Any, NamedTuple

import pandas as pd

from features.catalog import OPTIONAL, feature, feature_names, own_usual, peer_usual
from features.definitions import RAW
from features.tables import TABLES

Frames = dict[str, pd.DataFrame]
Row = dict[str, Any]

MINUTE, QUARTER_HOUR, HALF_HOUR, HOUR, DAY = 60, 900, 1800, 3600, 86_400
MEMORY_DAYS = 126  # older work does not exist: 112 days of windows, and 14 to look for the working day before
NOISE = 1e-12  # a spread that is no more than this is none
SAME_TIME = 0.01  # handling times that differ by no more than 1 %, in logarithms, are the same

_RECORDED: dict[str, Callable[[Row], Any]] = {
    "contacts": lambda row: row["ended_at"],
    "agents": lambda row: row["valid_from"],
    "shifts": lambda row: max(row["published_at"], row["actual_end"] or row["published_at"]),
    "absences": lambda row: pd.Timestamp(row["end_on"]) + pd.Timedelta(days=1),
    "exits": lambda row: pd.Timestamp(row["notice_on"]),
}


class Window(NamedTuple):
    """The days from `first` to the day before `end`."""

    first: date
    end: date

    @property
    def weeks(self) -> int:
        return (self.end - self.first).days // 7

    def holds(self, day: date) -> bool:
        return self.first <= day < self.end

    def week(self, day: date) -> int:
        """Which week of the window a day is in, counted back from its end: 0 is the last one."""
        return ((self.end - day).days - 1) // 7


@dataclass(frozen=True)
class Contact:
    """A contact in the version that was known; `row` has what the table says."""

    agent: str
    day: date
    start: int
    end: int  # of being busy, after-call work included
    local_start: int
    row: Row

    @property
    def busy_s(self) -> int:
        return self.end - self.start

    @property
    def handle_s(self) -> float:
        return float(self.row["talk_s"] + (self.row["hold_s"] or 0) + (self.row["acw_s"] or 0))

    @property
    def hard(self) -> bool:
        tone = self.row["sentiment"]
        return bool(self.row["abusive"]) or (tone is not None and tone <= -0.5)


@dataclass(frozen=True)
class Shift:
    """A shift in the version that was known, worked or not; `late` says for 7 and 14 days whether it changed late."""

    agent: str
    day: date
    late: dict[int, bool]
    row: Row


@dataclass(frozen=True)
class Work:
    """Work without an end in between: a worked shift, or, where there are no shifts at all, a day's contacts."""

    agent: str
    day: date
    start: float
    end: float
    local_start: float
    shift: Row | None

    @property
    def paid_s(self) -> float:
        return self.end - self.start

    @property
    def worked_s(self) -> float:
        return self.paid_s - (self.shift["break_taken_s"] or 0 if self.shift else 0)

    @property
    def logged_s(self) -> float:
        return self.worked_s - (self.shift["aux_s"] or 0 if self.shift else 0)

    @property
    def start_h(self) -> float:
        """The hour on the agent's clock."""
        return self.local_start % DAY / HOUR

    @property
    def night_s(self) -> float:
        """Worked seconds between 23 and 6; breaks are spread evenly."""
        if not self.paid_s:
            return 0.0
        end_h = self.start_h + self.paid_s / HOUR
        dark_s = HOUR * sum(max(0.0, min(end_h, high) - max(self.start_h, low)) for low, high in ((0, 6), (23, 30)))
        return dark_s * self.worked_s / self.paid_s

    @property
    def inside_s(self) -> float:
        """Seconds inside the schedule."""
        assert self.shift is not None
        first, last = seconds(self.shift["scheduled_start"]), seconds(self.shift["scheduled_end"])
        return max(0.0, min(self.end, last) - max(self.start, first))


def seconds(at: pd.Timestamp) -> float:
    return math.floor(at.timestamp())  # whole seconds; pandas reads a time without a zone as UTC


def day_of(local: float) -> date:
    return date(1970, 1, 1) + timedelta(days=math.floor(local / DAY))


def local_midnight(day: date) -> int:
    return (day - date(1970, 1, 1)).days * DAY


def as_date(value: Any) -> date:
    return pd.Timestamp(value).date()


def grouped(rows: list[Any], key: Callable[[Any], Any]) -> dict[Any, list[Any]]:
    found: dict[Any, list[Any]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return found


# What a contact answers to a question: a number, or None where it is not known
Answer = Callable[[Contact], float | None]


def flag(name: str) -> Answer:
    return lambda contact: None if contact.row[name] is None else float(contact.row[name])


def number(name: str) -> Answer:
    return lambda contact: contact.row[name]


def satisfied(contact: Contact) -> float | None:
    score = contact.row["csat"]
    return None if score is None else float(score >= 4)


def promoter(contact: Contact) -> float | None:
    score = contact.row["nps"]
    return None if score is None else float(score >= 9) - float(score <= 6)


def log_handle_s(contact: Contact) -> float | None:
    return math.log(contact.handle_s) if contact.handle_s > 0 else None


ESCALATED, TRANSFERRED, COMPLAINT = flag("escalated"), flag("transferred"), flag("complaint")
ABUSIVE, RESOLVED = flag("abusive"), flag("resolved")
TONE, OWN_TONE, EFFORT = number("sentiment"), number("agent_sentiment"), number("ces")
AFTER_CALL = number("acw_s")


def remembered(method: Callable[..., Any]) -> Callable[..., Any]:
    """Ask once, and keep the answer as long as the reference lives."""

    @wraps(method)
    def found(self: "Reference", *about: Any) -> Any:
        key = (method.__name__, *about)
        if key not in self.memory:
            self.memory[key] = method(self, *about)
        return self.memory[key]

    return found


class Reference:
    """What was known before T, and every feature of everybody on the roster."""

    def __init__(self, frames: Frames, as_of: date) -> None:
        self.t, self.frames = as_of, frames
        self.memory: dict[tuple[Any, ...], Any] = {}

    # the columns of the frame

    def columns(self) -> list[str]:
        """Every column that has a number about an agent, optional ones included."""
        usual = [raw.name for raw in RAW if raw.days == 28 and raw.family != "context" and not raw.optional]
        optional = [entry.name for entry in OPTIONAL]
        return feature_names(optional) + [column(name) for name in usual for column in (own_usual, peer_usual)]

    def value(self, column: str, agent: str) -> float | None:
        """What a column should hold for an agent on the roster; None where it is unknown."""
        for raw in RAW:
            if column == own_usual(raw.name):
                return self.own_usual(raw.name, agent)
            if column == peer_usual(raw.name):
                return self.peer_usual(raw.name, agent)
        entry = feature(column)
        assert entry is not None, column
        name = entry.basis or entry.name
        if entry.version in ("raw", "window"):
            return self.raw(name, agent, self.window(entry.window_days))
        return {"own_z": self.own_z, "peer_z": self.peer_z, "change": self.change}[entry.version](name, agent)

    def tolerance(self, column: str) -> float:
        """How near is the same: the facts are rounded sums, and a small spread makes much of what that leaves."""
        return 1e-6 if column.endswith("_z") or column.startswith("log_aht_z") else 1e-9

    def window(self, days: int, block: int = 0) -> Window:
        """The window of so many days that ends at T, or so many blocks of its length before T."""
        return Window(self.t - timedelta(days=days * (block + 1)), self.t - timedelta(days=days * block))

    @remembered
    def raw(self, name: str, agent: str, window: Window) -> float | None:
        found: float | None = getattr(self, name)(agent, window)
        return found

    # against one's own past, against peers

    def now(self, name: str, agent: str) -> float | None:
        return self.raw(name, agent, self.window(28))

    @remembered
    def past(self, name: str, agent: str) -> list[float]:
        """What is known of the three windows before."""
        values = [self.raw(name, agent, self.window(28, block)) for block in (1, 2, 3)]
        return [value for value in values if value is not None]

    @remembered
    def peers(self, name: str, agent: str) -> list[float]:
        """What is known of everyone on the same queue, the agent included."""
        values = [self.now(name, other) for other in self.colleagues(agent, "queue")]
        return [value for value in values if value is not None]

    def own_usual(self, name: str, agent: str) -> float | None:
        past = self.past(name, agent)
        return fmean(past) if len(past) >= 2 else None

    def peer_usual(self, name: str, agent: str) -> float | None:
        peers = self.peers(name, agent)
        return fmean(peers) if len(peers) >= 5 else None

    def change(self, name: str, agent: str) -> float | None:
        now, usual = self.now(name, agent), self.own_usual(name, agent)
        return None if now is None or usual is None else now - usual

    def own_z(self, name: str, agent: str) -> float | None:
        """The change over the root of the mean variance within the agents of the queue."""
        change = self.change(name, agent)
        pasts = [self.past(name, other) for other in self.colleagues(agent, "queue")]
        variances = [variance(past) for past in pasts if len(past) >= 2]
        if change is None or math.sqrt(fmean(variances)) <= NOISE:
            return None
        return change / math.sqrt(fmean(variances))

    def peer_z(self, name: str, agent: str) -> float | None:
        now, peers = self.now(name, agent), self.peers(name, agent)
        if now is None or len(peers) < 5 or stdev(peers) <= NOISE:
            return None
        return (now - fmean(peers)) / stdev(peers)

    # what was known before T

    def rows(self, table: str) -> list[Row]:
        """The rows of a table with every column of the contract; what is missing is None, or the contract's default."""
        frame = self.frames.get(table)
        found: list[Row] = []
        for record in [] if frame is None else frame.to_dict("records"):
            row: Row = dict.fromkeys(column.name for column in TABLES[table].columns)
            row |= {str(name): None if pd.isna(value) else value for name, value in record.items()}
            if table in _RECORDED and row["recorded_at"] is None:
                row["recorded_at"] = _RECORDED[table](row)
            found.append(row)
        return found

    def recorded(self, table: str) -> list[Row]:
        """Rows that were recorded before T, in the order of their recording."""
        rows = [row for row in self.rows(table) if row["recorded_at"].date() < self.t]
        return sorted(rows, key=lambda row: row["recorded_at"])

    @cached_property
    def contacts(self) -> dict[str, list[Contact]]:
        """Of every contact the last version that was recorded, if it had happened; by agent."""
        last = {row["contact_id"]: row for row in self.recorded("contacts")}
        found = [self.as_contact(row) for row in last.values() if row["ended_at"].date() < self.t]
        return grouped([contact for contact in found if contact.day < self.t], lambda contact: contact.agent)

    def as_contact(self, row: Row) -> Contact:
        start, local = seconds(row["started_at"]), seconds(row["started_at"]) + row["utc_offset_s"]
        end = seconds(row["ended_at"]) + (row["acw_s"] or 0)
        return Contact(row["agent_id"], day_of(local), math.floor(start), math.floor(end), math.floor(local), row)

    @cached_property
    def shift_versions(self) -> dict[str, list[Row]]:
        rows = sorted(self.recorded("shifts"), key=lambda row: (row["recorded_at"], row["published_at"]))
        return grouped(rows, lambda row: row["shift_id"])

    @cached_property
    def shifts(self) -> dict[str, list[Shift]]:
        """Of every shift the last version that was recorded, if it had happened; by agent."""
        found = [
            Shift(versions[-1]["agent_id"], self.shift_day(versions[-1]), self.late(versions), versions[-1])
            for versions in self.shift_versions.values()
            if self.had_happened(versions[-1])
        ]
        return grouped(found, lambda shift: shift.agent)

    def began(self, shift: Row) -> pd.Timestamp:
        return shift["scheduled_start"] if shift["actual_start"] is None else shift["actual_start"]

    def shift_day(self, shift: Row) -> date:
        return day_of(seconds(self.began(shift)) + shift["utc_offset_s"])

    def had_happened(self, shift: Row) -> bool:
        """Whether a shift had begun before T, and ended where its end is on record."""
        last = max(self.began(shift), shift["actual_end"] or self.began(shift))
        return last.date() < self.t and self.shift_day(shift) < self.t

    def late(self, versions: list[Row]) -> dict[int, bool]:
        """Whether a shift was added, moved or cancelled with less than 7, or 14, days' notice."""
        notices = [versions[0]["scheduled_start"] - versions[0]["published_at"]]
        for before, after in pairwise(versions):
            moved = abs(after["scheduled_start"] - before["scheduled_start"]) >= pd.Timedelta(minutes=30)
            cancelled = after["cancelled"] and not before["cancelled"]
            if moved or cancelled:
                notices.append(min(before["scheduled_start"], after["scheduled_start"]) - after["published_at"])
        return {days: any(notice < pd.Timedelta(days=days) for notice in notices) for days in (7, 14)}

    @cached_property
    def shifts_are_known(self) -> bool:
        """Whether any version of any shift had happened, also one that was replaced."""
        return any(map(self.had_happened, self.recorded("shifts")))

    @cached_property
    def work(self) -> dict[str, list[Work]]:
        """Worked shifts, or, where no shifts are known, days of contacts; by agent, in their order."""
        found = [*self.worked_shifts()] if self.shifts_are_known else [*self.days_of_contacts()]
        recent = [work for work in found if work.day >= self.t - timedelta(days=MEMORY_DAYS)]
        return grouped(sorted(recent, key=lambda work: work.start), lambda work: work.agent)

    def worked_shifts(self) -> Iterator[Work]:
        for shift in (shift for shifts in self.shifts.values() for shift in shifts):
            row = shift.row
            if row["actual_start"] is not None and not row["cancelled"]:
                start, end = seconds(row["actual_start"]), seconds(row["actual_end"] or row["scheduled_end"])
                yield Work(shift.agent, shift.day, start, max(start, end), start + row["utc_offset_s"], row)

    def days_of_contacts(self) -> Iterator[Work]:
        for agent, contacts in self.contacts.items():
            for day, rows in grouped(contacts, lambda contact: contact.day).items():
                start, end = min(row.start for row in rows), max(row.end for row in rows)
                yield Work(agent, day, start, end, min(row.local_start for row in rows), None)

    # who is there

    @cached_property
    def post_versions(self) -> dict[str, list[Row]]:
        """What was known of everybody's posts, the latest last."""
        rows = sorted(self.recorded("agents"), key=lambda row: (row["valid_from"], row["recorded_at"]))
        return grouped([row for row in rows if row["valid_from"].date() < self.t], lambda row: row["agent_id"])

    @cached_property
    def exits(self) -> list[Row]:
        """Every notice in the last version that was recorded."""
        last = {(row["agent_id"], row["notice_on"]): row for row in self.recorded("exits")}
        return list(last.values())

    @cached_property
    def posts(self) -> dict[str, Row]:
        """The posts of everybody on the roster."""
        last = {agent: versions[-1] for agent, versions in self.post_versions.items()}
        return {agent: post for agent, post in sorted(last.items()) if self.is_held(post)}

    def is_held(self, post: Row) -> bool:
        """Whether a post goes on, and nobody left it after it had begun."""
        ended = post["valid_to"] is not None and post["valid_to"].date() < self.t
        last_days = [as_date(row["last_day"]) for row in self.exits if row["agent_id"] == post["agent_id"]]
        return not ended and not any(post["valid_from"].date() <= day < self.t for day in last_days)

    @property
    def roster(self) -> list[str]:
        return list(self.posts)

    def colleagues(self, agent: str, post: str) -> list[str]:
        """Everyone on the roster with the same team, manager or queue, the agent included."""
        return [other for other in self.roster if self.posts[other][post] == self.posts[agent][post]]

    # building blocks: contacts

    @remembered
    def served(self, agent: str, window: Window) -> list[Contact]:
        return [contact for contact in self.contacts.get(agent, []) if window.holds(contact.day)]

    @remembered
    def served_by_day(self, agent: str, window: Window) -> list[list[Contact]]:
        return list(grouped(self.served(agent, window), lambda contact: contact.day).values())

    def enough(self, agent: str, window: Window) -> bool:
        return len(self.served(agent, window)) >= 30

    def handled_s(self, agent: str, window: Window) -> float:
        return sum(contact.handle_s for contact in self.served(agent, window))

    def starts_and_ends(self, contacts: list[Contact]) -> tuple[list[int], list[int]]:
        """Starts and busy ends, each sorted on its own."""
        return sorted(contact.start for contact in contacts), sorted(contact.end for contact in contacts)

    def idle(self, contacts: list[Contact]) -> list[tuple[int, int]]:
        """The n - 1 gaps of a day of n contacts, from when until when; an empty one ends where it begins."""
        starts, ends = self.starts_and_ends(contacts)
        return [(end, max(end, start)) for start, end in zip(starts[1:], ends[:-1], strict=True)]

    def gaps_s(self, contacts: list[Contact]) -> list[int]:
        return [until - since for since, until in self.idle(contacts)]

    @remembered
    def answers(self, agent: str, window: Window, answer: Answer) -> list[float]:
        found = [answer(contact) for contact in self.served(agent, window)]
        return [value for value in found if value is not None]

    def smoothed(self, agent: str, window: Window, answer: Answer, least: int = 30) -> float | None:
        """The mean of the answers, pulled toward that of the queue."""
        own = self.answers(agent, window, answer)
        if len(own) < least:
            return None
        queue = [value for other in self.colleagues(agent, "queue") for value in self.answers(other, window, answer)]
        return (sum(own) + 50 * fmean(queue)) / (len(own) + 50)

    def slope(self, agent: str, window: Window, answer: Answer) -> float | None:
        """Theil-Sen: the median of the slopes between all pairs of weekly means."""
        weeks: dict[int, list[float]] = {}
        for contact in self.served(agent, window):
            value = answer(contact)
            if value is not None:
                weeks.setdefault(-window.week(contact.day), []).append(value)
        means = sorted((week, fmean(values)) for week, values in weeks.items())
        slopes = [(y2 - y1) / (x2 - x1) for at, (x1, y1) in enumerate(means) for x2, y2 in means[at + 1 :]]
        return median(slopes) if len(means) >= 4 else None

    @remembered
    def by_contact_queue(self, agent: str, window: Window, answer: Answer) -> dict[str, list[float]]:
        """An agent's answers by the queue of the contact."""
        found: dict[str, list[float]] = {}
        for contact in self.served(agent, window):
            value = answer(contact)
            if value is not None:
                found.setdefault(contact.row["queue"], []).append(value)
        return found

    @remembered
    def of_the_queue(self, queue: str, window: Window, answer: Answer) -> tuple[float, float]:
        """Mean and variance of the answers of a queue's contacts, whoever on the roster served them."""
        everyone = [self.by_contact_queue(other, window, answer).get(queue, []) for other in self.roster]
        values = [value for own in everyone for value in own]
        return fmean(values), pvariance(values)

    # building blocks: work

    @remembered
    def worked(self, agent: str, window: Window) -> list[Work]:
        return [work for work in self.work.get(agent, []) if window.holds(work.day)]

    def shifts_of(self, agent: str, window: Window) -> list[Shift]:
        return [shift for shift in self.shifts.get(agent, []) if window.holds(shift.day)]

    def sum_of(self, agent: str, window: Window, part: Callable[[Work], float]) -> float | None:
        """A sum over the work of a window; None where there is none."""
        work = self.worked(agent, window)
        return sum(map(part, work)) if work else None

    def logged_s(self, agent: str, window: Window) -> float | None:
        return self.sum_of(agent, window, lambda work: work.logged_s)

    @remembered
    def working_days(self, agent: str) -> list[tuple[date, list[Work]]]:
        """Every working day that is remembered, in their order, with its work in the order of its start."""
        return sorted(grouped(self.work.get(agent, []), lambda work: work.day).items())

    def days_in(self, agent: str, window: Window) -> list[tuple[date, list[Work]]]:
        return [(day, work) for day, work in self.working_days(agent) if window.holds(day)]

    def days_after_others(self, agent: str, window: Window) -> list[tuple[list[Work], list[Work]]]:
        """The working day before and the working day, for those of the window that have one before."""
        return [
            (before, after) for (_, before), (day, after) in pairwise(self.working_days(agent)) if window.holds(day)
        ]

    def start_h(self, work: list[Work]) -> float:
        return min(part.start_h for part in work)

    # workload

    def contacts_per_hour(self, agent: str, window: Window) -> float | None:
        logged_s = self.logged_s(agent, window)
        return len(self.served(agent, window)) / (logged_s / HOUR) if logged_s and self.enough(agent, window) else None

    def occupancy(self, agent: str, window: Window) -> float | None:
        logged_s = self.logged_s(agent, window)
        return min(1.0, self.handled_s(agent, window) / logged_s) if logged_s and self.served(agent, window) else None

    def occupancy_excess(self, agent: str, window: Window) -> float | None:
        if not self.enough(agent, window):
            return None
        shares = [share for contacts in self.served_by_day(agent, window) for share in self.busy_shares(contacts)]
        return fmean(max(0.0, share - 0.85) for share in shares) if shares else None

    def busy_shares(self, contacts: list[Contact]) -> Iterator[float]:
        """Of every half-hour of UTC that lies within a day's contacts and is not idle throughout."""
        starts, ends = self.starts_and_ends(contacts)
        first = math.ceil(starts[0] / HALF_HOUR) * HALF_HOUR
        for begin in range(first, ends[-1] - HALF_HOUR + 1, HALF_HOUR):
            parts = [min(until, begin + HALF_HOUR) - max(since, begin) for since, until in self.idle(contacts)]
            idle_s = sum(part for part in parts if part > 0)
            if idle_s < HALF_HOUR:
                yield 1 - idle_s / HALF_HOUR

    def utilization(self, agent: str, window: Window) -> float | None:
        paid_s = self.sum_of(agent, window, lambda work: work.paid_s)
        return min(1.0, self.handled_s(agent, window) / paid_s) if paid_s and self.served(agent, window) else None

    def log_aht_z(self, agent: str, window: Window) -> float | None:
        own = self.by_contact_queue(agent, window, log_handle_s)
        n = sum(map(len, own.values()))
        if n < 30:
            return None
        queues = {queue: self.of_the_queue(queue, window, log_handle_s) for queue in own}
        expected = sum(len(own[queue]) * mean for queue, (mean, _) in queues.items()) / n
        spread = math.sqrt(sum(len(own[queue]) * spread for queue, (_, spread) in queues.items()) / n)
        return (sum(map(sum, own.values())) / n - expected) / spread if spread > SAME_TIME else None

    def acw_share(self, agent: str, window: Window) -> float | None:
        handled_s, after_s = self.handled_s(agent, window), self.answers(agent, window, AFTER_CALL)
        return sum(after_s) / handled_s if handled_s and after_s and self.enough(agent, window) else None

    def gap_median(self, agent: str, window: Window) -> float | None:
        days = [self.gaps_s(contacts) for contacts in self.served_by_day(agent, window)]
        medians = [median(gaps) for gaps in days if gaps]
        return median(medians) if medians and self.enough(agent, window) else None

    def concurrency(self, agent: str, window: Window) -> float | None:
        busy_s = sum(contact.busy_s for contact in self.served(agent, window))
        union_s = sum(map(self.union_s, self.served_by_day(agent, window)))
        return busy_s / union_s if union_s and self.enough(agent, window) else None

    def union_s(self, contacts: list[Contact]) -> int:
        """Length of the union of the busy intervals, joined one by one."""
        total, until = 0, min(contact.start for contact in contacts)
        for contact in sorted(contacts, key=lambda contact: contact.start):
            total += max(0, contact.end - max(contact.start, until))
            until = max(until, contact.end)
        return total

    def team_load_share(self, agent: str, window: Window) -> float | None:
        if not self.enough(agent, window):
            return None
        team = fmean(len(self.served(other, window)) for other in self.colleagues(agent, "team_id"))
        return len(self.served(agent, window)) / team

    def overtime(self, agent: str, window: Window) -> float | None:
        contracted_h = self.posts[agent]["contracted_h_week"]
        if contracted_h is None or not (self.served(agent, window) or self.worked(agent, window)):
            return None
        hours = [0.0] * window.weeks
        for work in self.worked(agent, window):
            hours[window.week(work.day)] += work.worked_s / HOUR
        return fmean(max(0.0, week_h - contracted_h) for week_h in hours)

    # escalation

    def escalation_rate(self, agent: str, window: Window) -> float | None:
        return self.smoothed(agent, window, ESCALATED)

    def escalation_excess(self, agent: str, window: Window) -> float | None:
        own = self.by_contact_queue(agent, window, ESCALATED)
        known = sum(map(len, own.values()))
        if known < 30:
            return None
        expected = sum(len(own[queue]) * self.of_the_queue(queue, window, ESCALATED)[0] for queue in own)
        return (sum(map(sum, own.values())) - expected) / known

    def transfer_rate(self, agent: str, window: Window) -> float | None:
        return self.smoothed(agent, window, TRANSFERRED)

    def complaint_rate(self, agent: str, window: Window) -> float | None:
        return self.smoothed(agent, window, COMPLAINT)

    def abuse_per_100(self, agent: str, window: Window) -> float | None:
        known = self.answers(agent, window, ABUSIVE)
        return 100 * fmean(known) if len(known) >= 30 else None

    # schedule

    def quick_returns(self, agent: str, window: Window) -> float | None:
        if not self.days_in(agent, window):
            return None
        pairs = self.days_after_others(agent, window)
        rests_h = [(after[0].start - max(part.end for part in before)) / HOUR for before, after in pairs]
        return sum(2 <= rest_h < 11 for rest_h in rests_h)

    def start_sd(self, agent: str, window: Window) -> float | None:
        angles = [2 * math.pi * self.start_h(work) / 24 for _, work in self.days_in(agent, window)]
        if len(angles) < 5:
            return None
        length = math.hypot(fmean(map(math.cos, angles)), fmean(map(math.sin, angles)))
        if length >= 1 - NOISE:
            return 0.0
        return 24 / (2 * math.pi) * math.sqrt(-2 * math.log(length))

    def schedule_regularity(self, agent: str, window: Window) -> float | None:
        if {window.week(day) for day, _ in self.days_in(agent, window)} != {0, 1, 2, 3}:
            return None
        at_work = {quarter for work in self.work[agent] for quarter in self.quarter_hours(work)}
        first, last = local_midnight(window.first), local_midnight(window.end - timedelta(days=7))
        same = [(q in at_work) == (q + 7 * DAY in at_work) for q in range(first, last, QUARTER_HOUR)]
        return 100 * (2 * fmean(same) - 1)

    def quarter_hours(self, work: Work) -> Iterator[int]:
        """The quarter-hours, on the agent's clock, whose beginning is worked."""
        quarter = math.ceil(work.local_start / QUARTER_HOUR) * QUARTER_HOUR
        while quarter < work.local_start + work.paid_s:
            yield quarter
            quarter += QUARTER_HOUR

    def load_cv(self, agent: str, window: Window) -> float | None:
        hours = [sum(part.worked_s for part in work) / HOUR for _, work in self.days_in(agent, window)]
        return stdev(hours) / fmean(hours) if len(hours) >= 5 and fmean(hours) else None

    def late_change_rate(self, agent: str, window: Window, days: int = 7) -> float | None:
        shifts = self.shifts_of(agent, window)
        return fmean(shift.late[days] for shift in shifts) if shifts else None

    def late_change_rate_14(self, agent: str, window: Window) -> float | None:
        return self.late_change_rate(agent, window, days=14)

    def notice_days(self, agent: str, window: Window) -> float | None:
        rows = [shift.row for shift in self.shifts_of(agent, window)]
        return (
            median((seconds(r["scheduled_start"]) - seconds(r["published_at"])) / DAY for r in rows) if rows else None
        )

    def backward_rotations(self, agent: str, window: Window) -> float | None:
        if not self.days_in(agent, window):
            return None
        pairs = self.days_after_others(agent, window)
        return sum(self.shift_class(after) < self.shift_class(before) for before, after in pairs)

    def shift_class(self, work: list[Work]) -> int:
        """0 is early, 1 late, 2 night."""
        hour = self.start_h(work)
        if 4 <= hour < 11:
            return 0
        return 1 if 11 <= hour < 19 else 2

    def night_share(self, agent: str, window: Window) -> float | None:
        return self.share_of_worked(agent, window, lambda work: work.night_s)

    def share_of_worked(self, agent: str, window: Window, part: Callable[[Work], float]) -> float | None:
        share, worked_s = self.sum_of(agent, window, part), self.sum_of(agent, window, lambda work: work.worked_s)
        return share / worked_s if share is not None and worked_s else None

    def weekend_share(self, agent: str, window: Window) -> float | None:
        days = self.days_in(agent, window)
        return fmean(day.weekday() >= 5 for day, _ in days) if days else None

    def max_consecutive_days(self, agent: str, window: Window) -> float | None:
        """How many days in a row had been worked by a day of the window; runs may have begun before it."""
        worked = {day for day, _ in self.working_days(agent)}
        return max((self.days_in_a_row(worked, day) for day in worked if window.holds(day)), default=None)

    def days_in_a_row(self, worked: set[date], day: date) -> int:
        return 1 + self.days_in_a_row(worked, day - timedelta(days=1)) if day in worked else 0

    def split_days(self, agent: str, window: Window) -> float | None:
        """Unknown where a day's contacts stand in for its shifts: nobody knows what lay between them."""
        days = self.days_in(agent, window)
        return sum(self.is_split(work) for _, work in days) if days and self.shifts_are_known else None

    def is_split(self, work: list[Work]) -> bool:
        """Whether some of a day's work starts two hours or more after everything before it had ended."""
        ends = [max(part.end for part in work[:at]) for at in range(1, len(work))]
        return any(part.start - end >= 2 * HOUR for part, end in zip(work[1:], ends, strict=True))

    def missed_break_rate(self, agent: str, window: Window) -> float | None:
        rows = [work.shift for work in self.worked(agent, window) if work.shift]
        breaks = [(row["break_entitled_s"], row["break_taken_s"]) for row in rows]
        known = [(entitled, taken) for entitled, taken in breaks if entitled is not None and taken is not None]
        entitled_s = sum(entitled for entitled, _ in known)
        return sum(max(0.0, entitled - taken) for entitled, taken in known) / entitled_s if entitled_s else None

    def long_stretch(self, agent: str, window: Window) -> float | None:
        days = self.served_by_day(agent, window)
        lengths = [length_s for contacts in days for length_s in self.stretches_s(contacts)]
        return sum(length_s > 2 * HOUR for length_s in lengths) if days else None

    def stretches_s(self, contacts: list[Contact]) -> Iterator[int]:
        """How long a day's contacts went on without an idle gap of five minutes."""
        starts, ends = self.starts_and_ends(contacts)
        begin = starts[0]
        for at, gap_s in enumerate(self.gaps_s(contacts)):
            if gap_s >= 5 * MINUTE:
                yield ends[at] - begin
                begin = starts[at + 1]
        yield ends[-1] - begin

    def adherence(self, agent: str, window: Window) -> float | None:
        work = [work for work in self.worked(agent, window) if work.shift]
        spans = [seconds(part.shift["scheduled_end"]) - seconds(part.shift["scheduled_start"]) for part in work]
        return sum(part.inside_s for part in work) / sum(spans) if sum(spans) else None

    def after_hours_share(self, agent: str, window: Window) -> float | None:
        work = [work for work in self.worked(agent, window) if work.shift]
        worked_s = sum(part.paid_s for part in work)
        return sum(part.paid_s - part.inside_s for part in work) / worked_s if worked_s else None

    # sentiment

    def sentiment_mean(self, agent: str, window: Window) -> float | None:
        tones = self.answers(agent, window, TONE)
        return fmean(tones) if len(tones) >= 30 else None

    def negative_share(self, agent: str, window: Window) -> float | None:
        tones = self.answers(agent, window, TONE)
        return fmean(tone <= -0.5 for tone in tones) if len(tones) >= 30 else None

    def emotional_load(self, agent: str, window: Window) -> float | None:
        logged_s = self.logged_s(agent, window)
        if len(self.answers(agent, window, TONE)) < 30 or not logged_s:
            return None
        loads = [max(0.0, -(row.row["sentiment"] or 0)) * row.handle_s for row in self.served(agent, window)]
        return sum(loads) / logged_s

    def hard_run(self, agent: str, window: Window) -> float | None:
        known = [len(self.answers(agent, window, answer)) for answer in (TONE, ABUSIVE)]
        return max(map(self.longest_hard_run, self.served_by_day(agent, window))) if max(known) >= 30 else None

    def longest_hard_run(self, contacts: list[Contact]) -> int:
        ordered = sorted(contacts, key=lambda contact: (contact.start, contact.busy_s, contact.hard))
        longest = run = 0
        for contact, gap_s in zip(ordered, [0, *self.gaps_s(contacts)], strict=True):
            run = (run if gap_s < 10 * MINUTE else 0) + 1 if contact.hard else 0
            longest = max(longest, run)
        return longest

    def sentiment_slope(self, agent: str, window: Window) -> float | None:
        return self.slope(agent, window, TONE)

    def csat(self, agent: str, window: Window) -> float | None:
        return self.smoothed(agent, window, satisfied, least=10)

    def csat_slope(self, agent: str, window: Window) -> float | None:
        return self.slope(agent, window, satisfied)

    def nps(self, agent: str, window: Window) -> float | None:
        return self.smoothed(agent, window, promoter, least=10)

    def nps_slope(self, agent: str, window: Window) -> float | None:
        return self.slope(agent, window, promoter)

    def fcr(self, agent: str, window: Window) -> float | None:
        return self.smoothed(agent, window, RESOLVED, least=10)

    def fcr_slope(self, agent: str, window: Window) -> float | None:
        return self.slope(agent, window, RESOLVED)

    def ces(self, agent: str, window: Window) -> float | None:
        return self.smoothed(agent, window, EFFORT, least=10)

    def ces_slope(self, agent: str, window: Window) -> float | None:
        return self.slope(agent, window, EFFORT)

    def agent_sentiment(self, agent: str, window: Window) -> float | None:
        tones = self.answers(agent, window, OWN_TONE)
        return fmean(tones) if len(tones) >= 30 else None

    # context

    def days_on_the_job(self, agent: str) -> int | None:
        """Since the hire that is on record; nobody has been there for less than no days."""
        hired = self.posts[agent]["hire_date"]
        return None if hired is None else max(0, (self.t - as_date(hired)).days)

    def tenure(self, agent: str, window: Window) -> float | None:
        days = self.days_on_the_job(agent)
        return None if days is None else math.log(1 + days)

    def new_hire(self, agent: str, window: Window) -> float | None:
        days = self.days_on_the_job(agent)
        return None if days is None else float(days <= 90)

    def one_to_one_gap(self, agent: str, window: Window) -> float | None:
        """Nobody has waited for a one-to-one longer than the time on the job; unknown until there was one at all."""
        held = [row for row in self.rows("check_ins") if row["held_at"].date() < self.t]
        own = [(self.t - row["held_at"].date()).days for row in held if row["agent_id"] == agent]
        on_the_job = self.days_on_the_job(agent)
        return float(min([*own, 180 if on_the_job is None else on_the_job, 180])) if held else None

    @cached_property
    def spells(self) -> list[Row]:
        """Every absence that had begun, in the last version that was recorded."""
        begun = [row for row in self.recorded("absences") if as_date(row["start_on"]) < self.t]
        return list({(row["agent_id"], row["start_on"]): row for row in begun}.values())

    def unplanned(self, agent: str, window: Window) -> list[Row]:
        own = [row for row in self.spells if row["agent_id"] == agent and not row["planned"]]
        return [row for row in own if window.holds(as_date(row["start_on"]))]

    def unplanned_spells(self, agent: str, window: Window) -> float | None:
        return len(self.unplanned(agent, window)) if self.spells else None

    def bradford(self, agent: str, window: Window) -> float | None:
        spells, yesterday = self.unplanned(agent, window), self.t - timedelta(days=1)
        days = [(min(as_date(row["end_on"]), yesterday) - as_date(row["start_on"])).days + 1 for row in spells]
        return len(spells) ** 2 * sum(days) if self.spells else None

    def team_quit_rate(self, agent: str, window: Window) -> float | None:
        leavers = {
            row["agent_id"] for row in self.exits if row["kind"] == "voluntary" and self.gave_notice(row, window)
        }
        team = self.posts[agent]["team_id"]
        known = {other: versions[-1]["team_id"] for other, versions in self.post_versions.items()}
        mates = {other for other in known if known[other] == team and other != agent}
        leaving, teammates = mates & leavers, mates & (leavers | set(self.roster))
        return len(leaving) / len(teammates) if teammates and self.exits else None

    def gave_notice(self, row: Row, window: Window) -> bool:
        return window.holds(as_date(row["notice_on"]))

    def manager_change(self, agent: str, window: Window) -> float | None:
        before = [row for row in self.post_versions[agent] if row["valid_from"].date() <= window.first]
        return float(before[-1]["manager_id"] != self.posts[agent]["manager_id"]) if before else None

    def span(self, agent: str, window: Window) -> float:
        return len(self.colleagues(agent, "manager_id"))

    def team_size(self, agent: str, window: Window) -> float:
        return len(self.colleagues(agent, "team_id"))

    def remote_share(self, agent: str, window: Window) -> float | None:
        """Of the worked time of which it is known."""
        known = [work for work in self.worked(agent, window) if work.shift and work.shift["remote"] is not None]
        worked_s = sum(work.worked_s for work in known)
        return sum(work.worked_s for work in known if work.shift["remote"]) / worked_s if worked_s else None

    def last_survey_score(self, agent: str, window: Window) -> float | None:
        """The latest on the work scale of the Copenhagen Burnout Inventory."""
        rows = [row for row in self.rows("surveys") if row["agent_id"] == agent]
        rows = [row for row in rows if (row["instrument"].lower(), row["scale"].lower()) == ("cbi", "work")]
        rows = [row for row in rows if window.holds(row["submitted_at"].date())]
        return max(rows, key=lambda row: row["submitted_at"])["score"] if rows else None
