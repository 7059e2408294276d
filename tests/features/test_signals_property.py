"""Fast and slow features agree on small centres that are made up: whatever data can hold, some of them hold.

Hypothesis draws what there is at all (agents, tables, columns, a date) and a seed; the seed draws the rest, as a few
patterns that repeat over weeks (a day's contacts, a day's shifts, what becomes of a shift), so that a centre is cheap
and still has enough contacts to say something. Clocks change in New York on 2024-11-03 and
2025-03-09, in Berlin on 2024-10-27 and 2025-03-30.
"""

import math
from collections.abc import Callable, Iterator
from datetime import date
from itertools import cycle
from typing import Any
from zlib import crc32

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from features import build
from features.catalog import OPTIONAL
from features.tables import TABLES

Frames = dict[str, pd.DataFrame]
Row = dict[str, Any]

EXTRA = [entry.name for entry in OPTIONAL]
AS_OF = (date(2025, 4, 7), date(2025, 3, 20), date(2025, 3, 31), date(2024, 11, 18))
ZONES = ("America/New_York", "Europe/Berlin")
TEAMS, MANAGERS, QUEUES = ("T1", "T2"), ("M1", "M2"), ("q1", "q1", "q1", "q2")
FLAGS = ("escalated", "transferred", "complaint", "abusive", "resolved")
SECOND, MINUTE, HOUR, DAY = (pd.Timedelta(1, unit) for unit in ("s", "min", "h", "D"))


Draw = Callable[[np.random.Generator], Any]


def one_of(*values: Any) -> Draw:
    return lambda rng: values[rng.integers(len(values))]


def some(thing: Draw, least: int = 0, most: int = 3) -> Draw:
    return lambda rng: [thing(rng) for _ in range(rng.integers(least, most + 1))]


def shape(**fields: Draw) -> Draw:
    return lambda rng: {name: field(rng) for name, field in fields.items()}


def pair(first: Draw, second: Draw) -> Draw:
    return lambda rng: (first(rng), second(rng))


def either(*draws: Draw) -> Draw:
    return lambda rng: one_of(*draws)(rng)(rng)


ANYONE = one_of(*range(8))
YES_OR_NO = one_of(False, True)
KNOWN_OR_NOT = one_of(None, False, False, True)

POST = shape(
    zone=one_of(*ZONES), team_id=one_of(*TEAMS), manager_id=one_of(*MANAGERS), queue=one_of(*QUEUES),
    contracted_h_week=one_of(None, 0.0, 20.0, 38.5), hired=one_of(None, 2000, 91, 90, 10, -3),
    since=one_of(400, 400, 400, 400, 400, 400, 200, 60, 1, 0), valid_to=one_of(*[None] * 12, 5, 1, 0),
)  # fmt: skip
# a later version of a post: from when, known how much later, and what is new
NEW_POST = shape(
    since=one_of(None, 185, 180, 179, 50, 14, 1, 0), delay=one_of(0, 0, 3, 200),
    changed=one_of({"team_id": "T1"}, {"team_id": "T2"}, {"manager_id": "M2"}, {"manager_id": "M1"}, {"queue": "q2"},
                   {"contracted_h_week": 10.0}),
)  # fmt: skip
LEAVING = shape(
    notice=one_of(95, 90, 89, 30, 5, 1, 0), until=one_of(60, 3, 1, 0, -20), delay=one_of(0, 0, 1, 30),
    kind=one_of("voluntary", "voluntary", "involuntary"), put_off=one_of(None, None, 1, 40), rehired=one_of(None, 0, 2),
)  # fmt: skip

CONTENT = shape(
    queue=one_of(None, None, "q1", "q2"), talk_s=one_of(0.0, 60.0, 300.0, 900.5), hold_s=one_of(None, 0.0, 45.0),
    acw_s=one_of(None, 0.0, 30.0, 600.2), sentiment=one_of(None, -1.0, -0.5, -0.49, 0.0, 0.8),
    agent_sentiment=one_of(None, -0.2, 0.4), csat=one_of(None, 1.0, 3.0, 4.0, 5.0),
    nps=one_of(None, 0.0, 6.0, 8.0, 9.0), ces=one_of(None, 1.0, 4.0, 7.0), **dict.fromkeys(FLAGS, KNOWN_OR_NOT),
)  # fmt: skip
# minutes since the start before, and length in seconds: pauses of exactly 5 and 10 minutes, ties, contacts at a time
STEP = pair(one_of(0, 0, 1, 5, 10, 12, 15, 20, 40, 130), one_of(0, 0, 60, 60, 240, 300, 600, 900, 2500, 7300))
DAYS = shape(
    first=one_of(130, 112, 90, 60, 28, 7, 1),
    on=some(one_of(True, True, True, False), 1, 8),
    last=one_of(0, 0, 0, 3, 20),
)
CONTACTS = shape(
    hour=one_of(*range(24)), second=one_of(0, 0, 0.2), steps=some(STEP, 2, 10), later=some(one_of(0, 0, 7, 95), 1, 3),
    delays=some(one_of(0, 0, 0, 0, 0, 1, 26, 150, 1000), 1, 9), days=DAYS, content=some(CONTENT, 1, 7),
)  # fmt: skip
ONE_CONTACT = shape(
    hour=one_of(*range(24)), second=one_of(0), steps=some(STEP, 1, 1), later=one_of([0]), delays=one_of([0]),
    days=one_of({"once": 9}),
    content=some(CONTENT, 1, 1),
)  # fmt: skip
CORRECTION = shape(
    which=one_of(*range(997)), after=one_of(0, 5, 24, 24 * 40), agent=one_of(None, *range(8)),
    moved=one_of(None, None, -24, 24, -24 * 30), content=CONTENT,
)  # fmt: skip

CHANGE = shape(told=one_of(20, 13.9, 8, 6.9, 1), moved=one_of(0, 29, 30, 180, -180, 1440, -1440), cancelled=YES_OR_NO)
FATE = shape(
    notice=one_of(30, 20, 14, 13.9, 7, 6.9, 1, -0.5), changes=some(CHANGE, 0, 2),
    worked=one_of(True, True, True, False), late_min=one_of(0, 0, 10, -30), over_min=one_of(0, 0, 45, -20, None),
    break_entitled_s=one_of(None, 0.0, 1800.0, 2700.0), break_taken_s=one_of(None, 0.0, 900.0, 1500.0, 2000.0),
    aux_s=one_of(None, 0.0, 600.0), remote=KNOWN_OR_NOT,
    delay=one_of(0, 0, 30, 24 * 8), together=one_of(False, False, False, True), to_agent=one_of(None, None, None, 0, 1),
    cancelled=one_of(None, False, False),
)  # fmt: skip
SEGMENT = pair(one_of(0, 1.5, 5, 8, 13, 16.75, 21, 23), one_of(0, 0.5, 4, 8, 8, 11))
SHIFTS = shape(
    segments=some(SEGMENT, 1, 2), moves=some(one_of(0, 0, 0.25, 1.9, -6, 8), 1, 5), days=DAYS, fates=some(FATE, 1, 6)
)

AGENT = shape(
    post=POST, versions=some(NEW_POST, 0, 2), leaving=either(some(LEAVING, 1, 2), one_of([]), one_of([]), one_of([])),
    contacts=either(one_of(None), ONE_CONTACT, CONTACTS, CONTACTS, CONTACTS, CONTACTS),
    shifts=either(one_of(None), SHIFTS, SHIFTS, SHIFTS),
)  # fmt: skip
ABSENCE = shape(
    agent=ANYONE, start=one_of(364, 363, 91, 90, 30, 2, 1, 0), days=one_of(*range(10)), planned=YES_OR_NO,
    delay=one_of(0, 4), replanned=one_of(None, None, 1, 60),
)  # fmt: skip
SURVEY = shape(
    agent=ANYONE, ago=one_of(201, 200, 30, 1, 0), scale=one_of("work", "client"), score=one_of(*range(0, 101, 5))
)
CHECK_IN = shape(agent=ANYONE, ago=one_of(190, 180, 20, 1, 0))
OPTIONAL_COLUMNS = (
    "remote", "break_taken_s", "cancelled", "actual_end", "aux_s", "recorded_at", "sentiment", "acw_s", "abusive",
    "nps", "hire_date",
)  # fmt: skip
PEOPLE = shape(
    corrections=some(CORRECTION, 0, 8), copies=some(one_of(*range(997)), 0, 3), absences=some(ABSENCE, 0, 6),
    surveys=some(SURVEY, 0, 6), check_ins=some(CHECK_IN, 0, 6),
)  # fmt: skip
CENTRES = st.fixed_dictionaries(
    {
        "as_of": st.sampled_from(AS_OF),
        "seed": st.integers(0, 2**32),
        "agents": st.sampled_from([2, 4, 6, 7, 8, 8, 8]),
        "alike": st.booleans(),
        "shifts": st.sampled_from([True, True, True, True, False]),
        "without": st.just([]) | st.lists(st.sampled_from(OPTIONAL_COLUMNS), max_size=2, unique=True),
    }
)


class Town:
    """Rows of a drawn centre, added to a hand-made one (`TinyCentre`)."""

    def __init__(self, plan: Row, tiny: Any) -> None:
        rng = np.random.default_rng(crc32(repr(sorted(plan.items())).encode()))  # another one for every plan
        self.plan, self.tiny, self.t = plan | PEOPLE(rng), tiny, pd.Timestamp(plan["as_of"])
        self.agents = [AGENT(rng) for _ in range(plan["agents"])]
        if plan["alike"]:
            self.agents[0] |= {"contacts": CONTACTS(rng), "shifts": SHIFTS(rng)}
            # everybody works as the first one does, from another hour on: peers to compare with
            self.agents = [self._like_the_first(position, agent) for position, agent in enumerate(self.agents)]

    def frames(self) -> Frames:
        for position, agent in enumerate(self.agents):
            name = f"A{position}"
            self._post(name, agent)
            self._contacts(name, agent["contacts"])
            if self.plan["shifts"] and agent["shifts"]:
                self._shifts(name, agent["shifts"])
        self._corrections()
        self._people()
        if not self.tiny.rows["contacts"]:
            self.tiny.contact("A0", self.ago(3))
        return {name: self._without(name, frame) for name, frame in self.tiny.frames().items()}

    def _like_the_first(self, position: int, agent: Row) -> Row:
        contacts, shifts = self.agents[0]["contacts"], self.agents[0]["shifts"]
        if contacts:
            content = contacts["content"][position % 3 :] or contacts["content"]
            contacts = contacts | {"hour": 2 * position, "content": content}
        if shifts:
            shifts = shifts | {
                "moves": [position / 2, 0, 3],
                "fates": shifts["fates"][position % 2 :] or shifts["fates"],
            }
        post = agent["post"] | {"queue": self.agents[0]["post"]["queue"]}
        return agent | {"contacts": contacts, "shifts": shifts, "post": post}

    def _without(self, name: str, frame: pd.DataFrame) -> pd.DataFrame:
        """Leave optional columns out; where nobody says what was recorded when, there is one version of each fact."""
        table = TABLES[name]
        if table.versioned and "recorded_at" in self.plan["without"]:
            frame = frame.drop_duplicates(list(table.version_of), ignore_index=True)
        elif name != "shifts":  # whose versions may have been recorded together
            frame = frame.drop_duplicates(list(table.key), ignore_index=True)
        required = {column.name for column in table.columns if column.required}
        return frame.drop(columns=[name for name in self.plan["without"] if name in frame and name not in required])

    def ago(self, days: float, hours: float = 12) -> pd.Timestamp:
        return self.t - days * DAY + hours * HOUR

    def name(self, position: int) -> str:
        return f"A{position % len(self.agents)}"

    # agents and exits

    def _post(self, name: str, agent: Row) -> None:
        post = dict(agent["post"])
        hired, since, valid_to = post.pop("hired"), post.pop("since"), post.pop("valid_to")
        post |= {"timezone": post.pop("zone"), "valid_to": None if valid_to is None else self.ago(valid_to)}
        hire_date = None if hired is None else self.ago(hired).date()
        versions = [{"valid_from": self.ago(since), "recorded_at": self.ago(since)} | post]
        for order, version in enumerate(agent["versions"]):
            start = versions[0]["valid_from"] if version["since"] is None else self.ago(version["since"], 13)
            told = start + version["delay"] * DAY + (order + 1) * MINUTE
            versions.append(versions[-1] | {"valid_from": start, "recorded_at": told} | version["changed"])
        for version in versions:
            self.tiny.agent(name, **{"hire_date": hire_date} | self._since(version))
        for leaving in agent["leaving"]:
            self._leave(name, leaving, post)

    def _leave(self, name: str, leaving: Row, post: Row) -> None:
        notice, last_day = self.ago(leaving["notice"]), self.ago(min(leaving["notice"], leaving["until"]))
        row = {"agent_id": name, "notice_on": notice, "kind": leaving["kind"]}
        told = notice + leaving["delay"] * DAY
        self.tiny.add("exits", **row, last_day=last_day, recorded_at=told)
        if leaving["put_off"]:
            later = last_day + leaving["put_off"] * DAY
            self.tiny.add("exits", **row, last_day=later, recorded_at=told + DAY)
        if leaving["rehired"] is not None:
            back = last_day + leaving["rehired"] * DAY
            again = {"valid_from": back, "recorded_at": back, "hire_date": back, "valid_to": None}
            self.tiny.agent(name, **self._since(post | again))

    def _since(self, version: Row) -> Row:
        """A version of a post in the words of `TinyCentre.agent`."""
        return {name: value for name, value in version.items() if name != "valid_from"} | {
            "since": version["valid_from"]
        }

    # contacts

    def _days(self, days: Row) -> Iterator[pd.Timestamp]:
        """Midnights (UTC) of a pattern of days on and off."""
        if "once" in days:
            yield self.ago(days["once"], 0)
            return
        for ago, on in zip(range(days["first"], days["last"] - 1, -1), cycle(days["on"])):
            if on:
                yield self.ago(ago, 0)

    def _contacts(self, name: str, drawn: Row | None) -> None:
        if drawn is None:
            return
        contents, delays, later = cycle(drawn["content"]), cycle(drawn["delays"]), cycle(drawn["later"])
        for midnight in self._days(drawn["days"]):
            at = midnight + drawn["hour"] * HOUR + next(later) * MINUTE + drawn["second"] * SECOND
            for minutes, length_s in drawn["steps"]:
                at += minutes * MINUTE
                end = at + length_s * SECOND
                known = {"ended_at": end, "recorded_at": end + next(delays) * HOUR}
                self.tiny.contact(name, at, **self._content(next(contents)) | known)

    def _content(self, drawn: Row) -> Row:
        """What a contact was about; a queue that is not drawn is the usual one."""
        return {name: value for name, value in drawn.items() if name != "queue" or value} or {"queue": "q1"}

    def _corrections(self) -> None:
        rows = self.tiny.rows["contacts"]
        for which in self.plan["copies"] if rows else []:
            copy = rows[which % len(rows)] | {"contact_id": f"C{len(rows):05d}"}
            self.tiny.add("contacts", **copy)
        for order, drawn in enumerate(self.plan["corrections"] if rows else []):
            row = rows[drawn["which"] % len(rows)]
            moved = (drawn["moved"] or 0) * HOUR
            times = {"started_at": row["started_at"] + moved, "ended_at": row["ended_at"] + moved}
            told = max(row["recorded_at"], times["ended_at"]) + drawn["after"] * HOUR + (order + 1) * SECOND
            who = {} if drawn["agent"] is None else {"agent_id": self.name(drawn["agent"])}
            self.tiny.add("contacts", **row | self._content(drawn["content"]) | times | who | {"recorded_at": told})

    # shifts

    def _shifts(self, name: str, drawn: Row) -> None:
        fates, moves = cycle(drawn["fates"]), cycle(drawn["moves"])
        for midnight in self._days(drawn["days"]):
            move = next(moves)
            for hour, hours in drawn["segments"]:
                start = midnight + (hour + move) * HOUR
                self._shift(name, start, start + hours * HOUR, next(fates))

    def _shift(self, name: str, start: pd.Timestamp, end: pd.Timestamp, fate: Row) -> None:
        """The versions of a shift: as published, as changed, as worked."""
        about = {field: fate[field] for field in ("break_entitled_s", "cancelled")}
        about |= {"agent_id": name, "shift_id": f"S{len(self.tiny.rows['shifts']):05d}"}
        told = start - fate["notice"] * DAY
        versions = [about | {"scheduled_start": start, "scheduled_end": end, "published_at": told}]
        for change in fate["changes"]:
            moved, told = change["moved"] * MINUTE, start - change["told"] * DAY
            times = {"scheduled_start": start + moved, "scheduled_end": end + moved, "published_at": told}
            versions.append(versions[-1] | times | {"cancelled": change["cancelled"]})
        for order, version in enumerate(versions):
            version["published_at"] += order * SECOND
            version["recorded_at"] = version["published_at"]
        if fate["worked"]:
            versions.append(self._as_worked(versions[-1], fate))
        if fate["together"]:
            last = max(version["recorded_at"] for version in versions)
            versions = [version | {"recorded_at": last} for version in versions]
        for version in versions:
            self.tiny.add("shifts", **version)

    def _as_worked(self, planned: Row, fate: Row) -> Row:
        first = planned["scheduled_start"] + fate["late_min"] * MINUTE
        last = max(first, planned["scheduled_end"] + (fate["over_min"] or 0) * MINUTE)
        long_enough = last - first >= HOUR
        work = {
            "actual_start": first,
            "actual_end": None if fate["over_min"] is None else last,
            "remote": fate["remote"],
        }
        for pause in ("break_taken_s", "aux_s"):
            work[pause] = fate[pause] if long_enough or fate[pause] is None else 0.0
        known = max(last, planned["recorded_at"]) + fate["delay"] * HOUR + SECOND
        who = {} if fate["to_agent"] is None else {"agent_id": self.name(fate["to_agent"])}
        published = {"published_at": planned["published_at"] + SECOND}
        return planned | work | who | published | {"recorded_at": known}

    # absences, surveys, check-ins

    def _people(self) -> None:
        for drawn in self.plan["absences"]:
            start, end = self.ago(drawn["start"]), self.ago(drawn["start"] - drawn["days"])
            row = {"agent_id": self.name(drawn["agent"]), "start_on": start, "end_on": end}
            told = start + drawn["delay"] * DAY
            if all(told != other["recorded_at"] for other in self.tiny.rows["absences"]):
                self.tiny.add("absences", **row, planned=drawn["planned"], recorded_at=told)
                if drawn["replanned"]:
                    more = {"planned": not drawn["planned"], "recorded_at": told + drawn["replanned"] * DAY + HOUR}
                    self.tiny.add("absences", **row | more)
        for wave, drawn in enumerate(self.plan["surveys"]):
            said = {
                "submitted_at": self.ago(drawn["ago"]) + wave * MINUTE,
                "instrument": "CBI",
                "scale": drawn["scale"],
            }
            self.tiny.add("surveys", agent_id=self.name(drawn["agent"]), wave=f"W{wave}", score=drawn["score"], **said)
        for drawn in self.plan["check_ins"]:
            self.tiny.add("check_ins", agent_id=self.name(drawn["agent"]), held_at=self.ago(drawn["ago"]))


def differences(found: pd.DataFrame, reference: Any) -> list[str]:
    """Where fast and slow say different things."""
    said = []
    for column in reference.columns():
        close = reference.tolerance(column)
        for agent in reference.roster:
            value = reference.value(column, agent)
            known = math.nan if value is None else float(value)
            got = float(found.loc[agent, column])
            same = math.isclose(got, known, rel_tol=close, abs_tol=close) or (math.isnan(got) and math.isnan(known))
            if not same:
                said.append(f"{column} of {agent}: fast {got!r}, slow {known!r}")
    return said


def test_fast_and_slow_agree_on_whatever_data_can_hold(tiny_centre: Callable[..., Any], reference_of: Any) -> None:
    spoke = set()

    @settings(
        max_examples=60, deadline=None, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
    )  # fmt: skip
    @given(plan=CENTRES)
    def agree(plan: Row) -> None:
        frames = Town(plan, tiny_centre()).frames()
        reference = reference_of(frames, plan["as_of"])
        found = build(frames, [plan["as_of"]], extra=EXTRA).set_index("agent_id")
        assert list(found.index) == reference.roster
        assert differences(found, reference) == []
        spoke.update(column for column in reference.columns() if found[column].notna().any())

    agree()
    assert set(reference_of({}, AS_OF[0]).columns()) - spoke == set()
