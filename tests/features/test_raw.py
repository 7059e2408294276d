"""Every ingest adds a file and changes none; the ledger of contacts adds up to what was known at any time."""

import os
import random
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import Home
from features.raw import count

Add = Callable[..., Any]
Ledger = Counter[tuple[Any, ...]]

CONTENT = ["contact_id", "agent_id", "started_at", "talk_s", "recorded_at"]
ONCE = settings(max_examples=40, deadline=None, derandomize=True, database=None)


def post(agent_id: str, timezone: str = "UTC", valid_from: str = "2024-01-01") -> dict[str, Any]:
    since = pd.Timestamp(valid_from)
    return {
        "agent_id": agent_id, "valid_from": since, "team_id": "T", "manager_id": "M", "site_id": "S",
        "timezone": timezone, "queue": "q", "employment_type": "full-time", "recorded_at": since,
    }  # fmt: skip


def contact(
    contact_id: str, start: str = "2025-03-03 10:00", recorded: str | None = None, agent: str = "A", talk_s: float = 600
) -> dict[str, Any]:
    """A contact of ten minutes, recorded when it ended unless told otherwise."""
    begin = pd.Timestamp(start)
    end = begin + pd.Timedelta(minutes=10)
    return {
        "contact_id": contact_id, "agent_id": agent, "queue": "q", "channel": "voice", "started_at": begin,
        "ended_at": end, "talk_s": float(talk_s), "recorded_at": pd.Timestamp(recorded) if recorded else end,
    }  # fmt: skip


@pytest.fixture
def add(arrivals: Any, home: Home) -> Add:
    """Append rows to a table of a home in which agents A and B are."""
    arrivals.arrive(home, "agents", pd.DataFrame([post("A"), post("B")]))
    return lambda *rows, table="contacts": arrivals.arrive(home, table, pd.DataFrame(rows))


@pytest.fixture
def kept(arrivals: Any, home: Home) -> Callable[..., pd.DataFrame]:
    """All rows of a table as they are kept."""
    return lambda table="contacts": arrivals.stored(home, table)


def net(rows: pd.DataFrame) -> Ledger:
    """How often each content stands in the ledger as of each `recorded_at`, less how often it was taken back."""
    found: Ledger = Counter()
    for row in rows[[*CONTENT, "sign"]].itertuples(index=False):
        found[tuple(row[:-1])] += 1 if row[-1] > 0 else -1
    return Counter({content: sign for content, sign in found.items() if sign})


def at_once(versions: list[dict[str, Any]]) -> Ledger:
    """The ledger of all versions that there are: each takes the one before back."""
    found: Ledger = Counter()
    for contact_id in {version["contact_id"] for version in versions}:
        of_one = [version for version in versions if version["contact_id"] == contact_id]
        distinct = {version["recorded_at"]: version for version in of_one}
        in_order = [distinct[recorded] for recorded in sorted(distinct)]
        for version in in_order:
            found[tuple(version[name] for name in CONTENT)] += 1
        for before, after in pairwise(in_order):
            taken_back = before | {"recorded_at": after["recorded_at"]}
            found[tuple(taken_back[name] for name in CONTENT)] -= 1
    return Counter({content: sign for content, sign in found.items() if sign})


def sums(rows: pd.DataFrame, before: str) -> dict[str, float]:
    """Talk time per agent and day of what was recorded before a day."""
    past = rows[rows["recorded_at"] < pd.Timestamp(before)]
    total = (
        past["talk_s"]
        .where(past["sign"] > 0, -past["talk_s"])
        .groupby([past["agent_id"], past["day"].astype(str)])
        .sum()
    )
    return {f"{agent} {day}": value for (agent, day), value in total.items() if value}


# One batch after another


def test_a_first_batch_is_kept_whole_with_the_agents_day(add: Add, kept: Any, home: Home) -> None:
    assert add(contact("1"), contact("2", "2025-03-04 09:00")) == (0, [])
    rows = kept()
    assert rows["contact_id"].tolist() == ["1", "2"]
    assert rows["sign"].tolist() == [1, 1]
    assert rows["utc_offset_s"].tolist() == [0, 0]
    assert rows["day"].astype(str).tolist() == ["2025-03-03", "2025-03-04"]
    assert [path.name for path in home.batches("contacts")] == ["000001.parquet"]


def test_a_second_batch_is_a_file_of_its_own_and_leaves_the_first_as_it_was(add: Add, kept: Any, home: Home) -> None:
    add(contact("1"))
    [first] = home.batches("contacts")
    before = first.read_bytes()
    add(contact("2"), contact("1", talk_s=60, recorded="2025-03-05"))
    assert [path.name for path in home.batches("contacts")] == ["000001.parquet", "000002.parquet"]
    assert first.read_bytes() == before
    assert len(kept()) == 4


def test_a_row_that_comes_twice_in_a_batch_is_kept_once_and_counted(add: Add, kept: Any) -> None:
    assert add(contact("1"), contact("2"), contact("1"), contact("1")) == (2, [])
    assert sorted(kept()["contact_id"]) == ["1", "2"]


def test_a_row_that_is_there_already_is_not_written_again(add: Add, kept: Any) -> None:
    add(contact("1"), contact("2"))
    assert add(contact("2"), contact("3"), contact("2")) == (2, [])
    assert sorted(kept()["contact_id"]) == ["1", "2", "3"]


@pytest.mark.parametrize("table", ["contacts", "agents", "shifts", "surveys"])
def test_nothing_is_written_when_nothing_is_new(add: Add, home: Home, table: str) -> None:
    row = {"contacts": contact("1"), "agents": post("C"), "shifts": shift("1"), "surveys": answer(50)}[table]
    add(row, table=table)
    before = home.batches(table)
    assert add(row, row, table=table) == (2, [])
    assert home.batches(table) == before


def test_a_row_with_missing_values_is_a_duplicate_of_itself(add: Add) -> None:
    row = contact("1") | {"csat": None, "customer_text": None}
    add(row)
    assert add(row) == (1, [])


def test_the_same_key_with_other_content_is_rejected_with_its_line(add: Add, kept: Any) -> None:
    add(contact("1"))
    _, [(line, reason)] = add(contact("2"), contact("1", talk_s=60))
    assert line == 2
    assert reason == (
        "contact_id recorded_at 1 2025-03-03 10:10:00 is there already with other content;"
        " a correction needs a later recorded_at"
    )
    assert sorted(zip(kept()["contact_id"], kept()["talk_s"], strict=True)) == [("1", 600), ("2", 600)]


def test_of_two_rows_with_one_key_in_a_batch_the_first_is_kept(add: Add, kept: Any) -> None:
    _, rejected = add(contact("1", talk_s=700), contact("1", talk_s=60))
    assert [line for line, _ in rejected] == [2]
    assert kept()["talk_s"].tolist() == [700]


def test_an_answer_without_versions_needs_a_key_of_its_own(add: Add, kept: Any) -> None:
    add(answer(50), table="surveys")
    _, [(_, reason)] = add(answer(60), table="surveys")
    assert reason.endswith("a correction needs its own key")
    assert kept("surveys")["score"].tolist() == [50]


def shift(shift_id: str, start: str = "2025-03-03 08:00", recorded: str = "2025-02-01") -> dict[str, Any]:
    begin, told = pd.Timestamp(start), pd.Timestamp(recorded)
    return {
        "shift_id": shift_id, "agent_id": "A", "scheduled_start": begin, "published_at": told, "recorded_at": told,
        "scheduled_end": begin + pd.Timedelta(hours=8),
    }  # fmt: skip


def answer(score: float) -> dict[str, Any]:
    at = pd.Timestamp("2025-03-03")
    return {"agent_id": "A", "wave": "1", "submitted_at": at, "instrument": "BAT12", "scale": "core", "score": score}


def test_versions_of_a_shift_are_all_kept_and_none_is_taken_back(add: Add, kept: Any) -> None:
    add(shift("1"), table="shifts")
    add(shift("1", "2025-03-04 08:00", recorded="2025-02-15"), table="shifts")
    rows = kept("shifts")
    assert "sign" not in rows
    assert rows["day"].astype(str).tolist() == ["2025-03-03", "2025-03-04"]


# Corrections


def test_a_correction_comes_with_the_row_that_takes_the_former_version_back(add: Add, kept: Any) -> None:
    add(contact("1"))
    assert add(contact("1", talk_s=60, recorded="2025-03-05 12:00")) == (0, [])
    rows = kept().iloc[1:].sort_values("sign")
    assert rows["sign"].tolist() == [-1, 1]
    assert rows["talk_s"].tolist() == [600, 60]
    assert (rows["recorded_at"] == pd.Timestamp("2025-03-05 12:00")).all()
    assert sums(kept(), "2025-03-05") == {"A 2025-03-03": 600}
    assert sums(kept(), "2025-03-06") == {"A 2025-03-03": 60}


def test_a_contact_and_its_correction_in_one_batch_are_as_in_two(add: Add, kept: Any) -> None:
    versions = [contact("1"), contact("1", talk_s=60, recorded="2025-03-05")]
    add(*versions)
    assert net(kept()) == at_once(versions)


def test_a_version_that_arrives_after_the_one_that_follows_it_finds_its_place(add: Add, kept: Any) -> None:
    versions = [contact("1", talk_s=60 * number, recorded=f"2025-03-0{number + 3}") for number in (1, 3, 2)]
    for version in versions:
        add(version)
    assert net(kept()) == at_once(versions)
    assert [sums(kept(), f"2025-03-0{day}") for day in (5, 6, 7)] == [
        {"A 2025-03-03": 60}, {"A 2025-03-03": 120}, {"A 2025-03-03": 180},
    ]  # fmt: skip


def test_a_version_that_found_its_place_late_can_come_again_and_be_corrected(add: Add, kept: Any) -> None:
    versions = [contact("1", talk_s=60 * number, recorded=f"2025-03-0{number + 3}") for number in (1, 3, 2)]
    for version in versions:
        add(version)
    assert [add(version) for version in versions] == [(1, [])] * 3
    versions.append(contact("1", talk_s=240, recorded="2025-03-08"))
    assert add(versions[-1]) == (0, [])
    assert net(kept()) == at_once(versions)


def test_an_in_between_correction_does_not_outlive_a_later_version_that_changed_nothing(add: Add, kept: Any) -> None:
    first, again = contact("1"), contact("1", recorded="2025-03-07")
    between = contact("1", talk_s=60, recorded="2025-03-05")
    for version in (first, again, between):
        add(version)
    assert net(kept()) == at_once([first, between, again])
    assert sums(kept(), "2025-03-06") == {"A 2025-03-03": 60}
    assert sums(kept(), "2025-03-08") == {"A 2025-03-03": 600}


def test_a_version_that_changes_nothing_is_a_duplicate_when_it_comes_again(add: Add) -> None:
    again = contact("1", recorded="2025-03-07")
    add(contact("1"))
    add(again)
    assert add(again) == (1, [])


@pytest.mark.parametrize(
    ("moved", "there"),
    [({"agent": "B"}, "B 2025-03-03"), ({"start": "2025-03-04 10:00"}, "A 2025-03-04")],
    ids=["agent", "day"],
)
def test_a_contact_that_is_corrected_to_another_place_leaves_the_first(
    add: Add, kept: Any, moved: dict[str, Any], there: str
) -> None:
    add(contact("1"))
    add(contact("1", recorded="2025-03-06", **moved))
    assert sums(kept(), "2025-03-06") == {"A 2025-03-03": 600}
    assert sums(kept(), "2025-03-07") == {there: 600}


def test_a_correction_that_is_taken_back_by_a_third_version_leaves_the_first_content(add: Add, kept: Any) -> None:
    versions = [contact("1"), contact("1", talk_s=60, recorded="2025-03-05"), contact("1", recorded="2025-03-06")]
    for version in versions:
        add(version)
    assert net(kept()) == at_once(versions)
    assert sums(kept(), "2025-03-07") == {"A 2025-03-03": 600}


class Arriving(NamedTuple):
    """Versions of a few contacts, and the batches in which they arrive; a row may arrive more than once."""

    versions: list[dict[str, Any]]
    batches: list[list[dict[str, Any]]]


@st.composite
def batches_in_any_order(draw: st.DrawFn) -> Arriving:
    """No version says the same as the one before it; batches come in any order, some twice."""
    versions = [
        contact(
            f"{number}", draw(st.sampled_from(["2025-03-03 10:00", "2025-03-04 10:00"])), f"2025-03-{day:02d} 12:00",
            draw(st.sampled_from("AB")), talk_s=60 * day,
        )
        for number in range(draw(st.integers(1, 3)))
        for day in sorted(draw(st.sets(st.integers(5, 14), min_size=1, max_size=4)))
    ]  # fmt: skip
    rng = random.Random(draw(st.integers(0, 2**16)))  # noqa: S311
    arriving = versions + [version for version in versions if rng.random() < 0.4]
    rng.shuffle(arriving)
    cuts = sorted(rng.choices(range(1, len(arriving) + 1), k=draw(st.integers(0, 4))))
    batches = [arriving[low:high] for low, high in pairwise([0, *cuts, len(arriving)]) if low < high]
    return Arriving(versions, batches)


def known_before(day: pd.Timestamp, versions: list[dict[str, Any]]) -> dict[str, float]:
    """Talk time per agent and day of the last versions that were recorded before a day."""
    in_order = sorted(versions, key=lambda version: version["recorded_at"])
    last = {version["contact_id"]: version for version in in_order if version["recorded_at"] < day}
    found: Counter[str] = Counter()
    for version in last.values():
        found[f"{version['agent_id']} {version['started_at'].date()}"] += version["talk_s"]
    return dict(found)


@given(batches_in_any_order())
@ONCE
def test_batches_in_any_order_add_up_to_the_same_ledger(arrivals: Any, arriving: Arriving) -> None:
    with TemporaryDirectory() as folder:
        home = Home(Path(folder))
        arrivals.arrive(home, "agents", pd.DataFrame([post("A"), post("B")]))
        found = [arrivals.arrive(home, "contacts", pd.DataFrame(batch)) for batch in arriving.batches]
        rows = arrivals.stored(home, "contacts")
    assert net(rows) == at_once(arriving.versions)
    assert (rows["sign"] == 1).sum() == len(arriving.versions)
    for day in pd.date_range("2025-03-05", "2025-03-15", freq="3D"):
        assert sums(rows, str(day)) == known_before(day, arriving.versions)
    assert [arrival.rejected for arrival in found] == [[]] * len(found)
    assert sum(arrival.duplicates for arrival in found) == sum(map(len, arriving.batches)) - len(arriving.versions)


# The agent's clock


@pytest.mark.parametrize(
    ("zone", "start", "offset_h", "day"),
    [
        ("Europe/Berlin", "2025-03-30 00:59:59", 1, "2025-03-30"),
        ("Europe/Berlin", "2025-03-30 01:00:00", 2, "2025-03-30"),
        ("Europe/Berlin", "2025-03-29 22:59:59", 1, "2025-03-29"),
        ("Europe/Berlin", "2025-03-29 23:00:00", 1, "2025-03-30"),
        ("Europe/Berlin", "2025-10-26 00:59:59", 2, "2025-10-26"),
        ("Europe/Berlin", "2025-10-26 01:00:00", 1, "2025-10-26"),
        ("Europe/Berlin", "2025-10-26 22:30:00", 1, "2025-10-26"),
        ("America/New_York", "2025-03-09 06:59:59", -5, "2025-03-09"),
        ("America/New_York", "2025-03-09 07:00:00", -4, "2025-03-09"),
        ("America/New_York", "2025-03-09 04:59:59", -5, "2025-03-08"),
        ("Asia/Kolkata", "2025-03-03 18:29:59", 5.5, "2025-03-03"),
        ("Asia/Kolkata", "2025-03-03 18:30:00", 5.5, "2025-03-04"),
        ("Australia/Sydney", "2025-04-05 16:00:00", 10, "2025-04-06"),
    ],
)
def test_a_contact_belongs_to_the_day_on_the_agents_clock(
    arrivals: Any, home: Home, zone: str, start: str, offset_h: float, day: str
) -> None:
    arrivals.arrive(home, "agents", pd.DataFrame([post("A", zone)]))
    arrivals.arrive(home, "contacts", pd.DataFrame([contact("1", start)]))
    row = arrivals.stored(home, "contacts").iloc[0]
    assert (row["utc_offset_s"], str(row["day"].date())) == (offset_h * 3600, day)


def test_an_agent_who_moves_takes_the_new_clock_from_the_first_day_of_the_post(arrivals: Any, home: Home) -> None:
    posts = [post("A", "Europe/Berlin", "2024-06-01"), post("A", "Asia/Manila", "2025-03-10"), post("B")]
    arrivals.arrive(home, "agents", pd.DataFrame(posts))
    starts = ["2023-01-10 20:00", "2025-03-09 20:00", "2025-03-10 00:00", "2025-03-10 20:00"]
    rows = [contact(str(number), start) for number, start in enumerate(starts)] + [contact("9", agent="B")]
    arrivals.arrive(home, "contacts", pd.DataFrame(rows))
    found = arrivals.stored(home, "contacts").set_index("contact_id").sort_index()
    assert (found["utc_offset_s"] / 3600).tolist() == [1, 1, 8, 8, 0]  # before the first post, its clock
    assert found["day"].dt.day.tolist() == [10, 9, 10, 11, 3]


def test_a_shifts_day_is_the_one_on_which_it_was_to_begin(arrivals: Any, home: Home) -> None:
    arrivals.arrive(home, "agents", pd.DataFrame([post("A", "America/New_York")]))
    arrivals.arrive(home, "shifts", pd.DataFrame([shift("1", "2025-03-04 03:00")]))
    row = arrivals.stored(home, "shifts").iloc[0]
    assert (row["utc_offset_s"], str(row["day"].date())) == (-5 * 3600, "2025-03-03")


def test_a_clock_that_is_corrected_afterwards_does_not_rewrite_what_was_known(
    arrivals: Any, home: Home, kept: Any
) -> None:
    arrivals.arrive(home, "agents", pd.DataFrame([post("A", "Europe/Berlin")]))
    rows = pd.DataFrame([contact(f"{number}", "2025-03-03 20:00") for number in range(1_000)])
    arrivals.arrive(home, "contacts", rows)
    before = home.batches("contacts")
    moved = post("A", "Asia/Manila", "2025-03-01") | {"recorded_at": pd.Timestamp("2025-03-20")}
    arrivals.arrive(home, "agents", pd.DataFrame([moved]))
    assert arrivals.arrive(home, "contacts", rows) == (1_000, [])
    assert home.batches("contacts") == before
    corrected = rows.assign(recorded_at=pd.Timestamp("2025-03-21"), talk_s=60.0)
    assert arrivals.arrive(home, "contacts", pd.concat([rows, corrected])) == (1_000, [])
    assert sums(kept(), "2025-03-21") == {"A 2025-03-03": 600_000}
    assert sums(kept(), "2025-03-22") == {"A 2025-03-04": 60_000}


def test_the_same_batches_give_the_same_files_in_another_home(arrivals: Any, tmp_path: Path) -> None:
    versions = [
        contact(f"{number}", talk_s=number + version, recorded=f"2025-03-{4 + version:02d}")
        for number in range(500)
        for version in range(3)
    ]
    homes = [Home(tmp_path / name) for name in ("one", "other")]
    for home in homes:
        arrivals.arrive(home, "agents", pd.DataFrame([post("A")]))
        arrivals.arrive(home, "contacts", pd.DataFrame(versions[::2]))
        arrivals.arrive(home, "contacts", pd.DataFrame(versions))
    one, other = ([path.read_bytes() for path in home.batches("contacts")] for home in homes)
    assert one == other


# A run that dies


def test_a_run_that_dies_before_its_file_has_a_name_leaves_no_trace(
    add: Add, kept: Any, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(contact("1"))
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", _die)
        with pytest.raises(KeyboardInterrupt):
            add(contact("2"), contact("1", talk_s=60, recorded="2025-03-05"))
    assert [path.name for path in home.batches("contacts")] == ["000001.parquet"]
    assert kept()["contact_id"].tolist() == ["1"]
    assert add(contact("2"), contact("1", talk_s=60, recorded="2025-03-05")) == (0, [])
    assert len(kept()) == 4
    assert [path.name for path in home.table("contacts").iterdir()].count("000002.part") == 0


def _die(*paths: Path) -> None:
    raise KeyboardInterrupt


def test_half_a_file_that_a_dead_run_left_is_not_read_and_is_written_over(add: Add, kept: Any, home: Home) -> None:
    add(contact("1"))
    (home.table("contacts") / "000002.part").write_bytes(b"PAR1 and then nothing")
    assert kept()["contact_id"].tolist() == ["1"]
    add(contact("2"))
    assert sorted(path.name for path in home.table("contacts").iterdir()) == ["000001.parquet", "000002.parquet"]
    assert sorted(kept()["contact_id"]) == ["1", "2"]


def test_a_contact_that_was_corrected_counts_once(add: Add, home: Home) -> None:
    assert count(home, "contacts") == 0
    add(contact("1"), contact("2"))
    add(contact("1", talk_s=60, recorded="2025-03-05"))
    assert count(home, "contacts") == 2
