"""Facts are kept between builds: what a manifest names is whole, and a build makes anew only what is touched."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

import features.facts
from features import Home, build, load_frame, write_features
from features.engine import connected, source_tables
from features.errors import InputError
from features.fact_files import KINDS, Facts
from features.facts import facts_of, refresh

Frames = dict[str, pd.DataFrame]
Stamps = dict[str, tuple[int, int]]
MONDAY = pd.Timestamp("2025-03-03")
TODAY = date(2025, 3, 31)


@pytest.fixture
def tiny(tiny_centre: Callable[..., Any]) -> Any:
    """Two agents with four weeks of contacts and shifts."""
    centre = tiny_centre()
    for agent in "AB":
        centre.agent(agent)
        for day in range(28):
            at = str((MONDAY + pd.Timedelta(days=day)).date())
            centre.contacts(agent, at, 3, sentiment=-0.1 * day / 3)
            centre.shift(agent, f"{at} 08:30", hours=8)
    return centre


@pytest.fixture
def kept(tiny: Any, arrivals: Any, home: Home) -> Home:
    """A home with those tables and the facts of a build."""
    arrivals.arrive_all(home, tiny.frames())
    write_features(home, [TODAY])
    return home


def stamps(home: Home) -> Stamps:
    """Every file of facts by its name: when it was written, and its place on the disk."""
    return {path.name: (path.stat().st_mtime_ns, path.stat().st_ino) for path in home.facts.iterdir()}


def manifest(home: Home) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((home.facts / "manifest.json").read_text(encoding="utf-8"))
    return found


def named(home: Home) -> set[str]:
    """The files that the manifest names."""
    return {name for files in manifest(home)["files"].values() for name in files.values()}


def rewritten(home: Home, before: Stamps) -> set[str]:
    """Kinds and weeks of which there are new files: `increments-2878`."""
    new = {name for name, stamp in stamps(home).items() if before.get(name) != stamp}
    return {name.rsplit("-", 1)[0] for name in new - {"manifest.json"}}


def week(day: str) -> int:
    return (pd.Timestamp(day) - pd.Timestamp("1970-01-05")).days // 7


def assert_as_built(home: Home, frames: Frames, day: date = TODAY) -> None:
    """The partition of a day is what a build from all rows at once gives."""
    found = load_frame(home)
    found = found[found["as_of"] == pd.Timestamp(day)].reset_index(drop=True)
    assert_frame_equal(found, build(frames, [day]), check_dtype=False, check_exact=True)


def contact(tiny: Any, start: str, agent: str = "A", **more: Any) -> pd.DataFrame:
    """One more contact of that centre, as a batch of its own."""
    tiny.contact(agent, start, **more)
    return tiny.frames()["contacts"].tail(1)


# What is kept


def test_the_manifest_names_every_file_of_facts_and_every_batch_that_is_in_them(kept: Home) -> None:
    weeks = {str(week("2025-03-03") + number) for number in range(4)}
    assert {kind: set(files) for kind, files in manifest(kept)["files"].items()} == dict.fromkeys(KINDS, weeks)
    assert {path.name for path in kept.facts.iterdir()} == named(kept) | {"manifest.json"}
    [batch] = kept.batches("contacts")
    assert manifest(kept)["batches"]["contacts"] == {batch.name: batch.stat().st_size}


def test_a_file_of_facts_holds_the_days_of_one_week(kept: Home) -> None:
    for kind, files in manifest(kept)["files"].items():
        for number, name in files.items():
            with duckdb.connect() as db:
                days = [row[0] for row in db.execute(f"SELECT DISTINCT day FROM '{kept.facts / name}'").fetchall()]
            assert {week(str(day)) for day in days} == {int(number)}, kind


def test_the_files_of_some_days_are_those_of_their_weeks_in_order(kept: Home) -> None:
    facts = Facts.load(kept)
    found = facts.pieces(kept, date(2025, 3, 9), date(2025, 3, 17))["increments"]
    assert [name.split("-")[1] for name in found] == [str(week("2025-03-03") + n) for n in (0, 1, 2)]
    assert facts.pieces(kept, date(2025, 4, 7), date(2025, 5, 1))["increments"] == {}


# What a build makes anew


def test_a_build_with_nothing_new_writes_no_facts(kept: Home) -> None:
    before = stamps(kept)
    write_features(kept, [TODAY, TODAY - timedelta(days=3)])
    assert stamps(kept) == before


def test_a_new_day_makes_the_facts_of_its_week_anew_and_no_others(kept: Home, tiny: Any, arrivals: Any) -> None:
    before = stamps(kept)
    arrivals.arrive(kept, "contacts", contact(tiny, "2025-03-30 20:00"))
    write_features(kept, [TODAY])
    last = week("2025-03-30")
    assert rewritten(kept, before) == {f"increments-{last}", f"contact_states-{last}"}
    assert {path.name for path in kept.facts.iterdir()} == named(kept) | {"manifest.json"}
    assert_as_built(kept, tiny.frames())


def test_a_late_record_makes_the_week_of_its_day_anew(kept: Home, tiny: Any, arrivals: Any) -> None:
    before = stamps(kept)
    late = contact(tiny, "2025-03-12 19:00", recorded_at="2025-03-30 12:00", sentiment=-0.9)
    arrivals.arrive(kept, "contacts", late)
    write_features(kept, [TODAY])
    assert rewritten(kept, before) == {f"{kind}-{week('2025-03-12')}" for kind in ("increments", "contact_states")}
    assert_as_built(kept, tiny.frames())


def test_a_contact_that_moves_makes_the_weeks_of_both_days_anew(kept: Home, tiny: Any, arrivals: Any) -> None:
    before = stamps(kept)
    moved = contact(tiny, "2025-03-20 12:00", "B", contact_id="C00001", recorded_at="2025-03-29")
    arrivals.arrive(kept, "contacts", moved)
    write_features(kept, [TODAY])
    weeks = (week("2025-03-03"), week("2025-03-20"))
    assert rewritten(kept, before) == {f"{kind}-{w}" for kind in ("increments", "contact_states") for w in weeks}
    assert_as_built(kept, tiny.frames())


def test_a_new_version_of_a_shift_makes_its_weeks_anew_and_leaves_contacts_alone(
    kept: Home, tiny: Any, arrivals: Any
) -> None:
    before = stamps(kept)
    tiny.shift("A", "2025-03-25 13:00", shift_id="S00002", recorded_at="2025-03-28 09:00", published_at="2025-03-24")
    arrivals.arrive(kept, "shifts", tiny.frames()["shifts"].tail(1))
    write_features(kept, [TODAY])
    assert rewritten(kept, before) == {f"work_states-{week('2025-03-05')}", f"work_states-{week('2025-03-25')}"}
    assert_as_built(kept, tiny.frames())


def test_versions_of_a_shift_in_three_batches_are_as_in_one(kept: Home, tiny: Any, arrivals: Any) -> None:
    moves = [("2025-03-19 10:00", "2025-03-26"), ("2025-03-12 10:00", "2025-03-27"), ("2025-03-19 12:00", "2025-03-28")]
    for start, recorded in moves:
        tiny.shift("B", start, shift_id="S00003", recorded_at=recorded, published_at="2025-03-01")
        arrivals.arrive(kept, "shifts", tiny.frames()["shifts"].tail(1))
        write_features(kept, [TODAY])
    assert_as_built(kept, tiny.frames())


def test_the_first_shifts_may_come_after_a_build_without_any(tiny: Any, arrivals: Any, home: Home) -> None:
    frames = tiny.frames()
    arrivals.arrive_all(home, {name: frames[name] for name in ("agents", "contacts")})
    write_features(home, [TODAY])
    assert_as_built(home, {name: frames[name] for name in ("agents", "contacts")})
    arrivals.arrive(home, "shifts", frames["shifts"])
    write_features(home, [TODAY])
    assert_as_built(home, frames)


@st.composite
def versions_in_batches(draw: st.DrawFn) -> list[list[tuple[str, dict[str, Any]]]]:
    """Versions of contacts and shifts of two agents over five weeks, recorded in one order and arriving in another."""
    rows: list[tuple[str, dict[str, Any]]] = []
    for number in range(draw(st.integers(2, 16))):
        table = draw(st.sampled_from(["contacts", "shifts"]))
        for version in range(draw(st.integers(1, 4))):
            start = MONDAY + pd.Timedelta(hours=draw(st.integers(0, 35 * 24)))
            recorded = pd.Timestamp("2025-04-09") + pd.Timedelta(hours=draw(st.integers(0, 19)) + 20 * version)
            who = {"agent_id": draw(st.sampled_from("AB")), "start": str(start), "recorded_at": recorded}
            if table == "contacts":
                told = {"contact_id": f"{number}", "queue": draw(st.sampled_from("pq")), "minutes": 7 + version}
            else:
                told = {"shift_id": f"{number}", "published_at": recorded, "hours": 4 + version}
                told["cancelled"] = draw(st.booleans())
            rows.append((table, who | told))
    order = draw(st.permutations(rows))
    cuts = sorted(draw(st.lists(st.integers(1, len(rows)), max_size=3)))
    return [list(order[low:high]) for low, high in pairwise([0, *cuts, len(order)]) if low < high]


@given(versions_in_batches())
@settings(
    max_examples=12, deadline=None, derandomize=True, database=None,
    phases=(Phase.explicit, Phase.generate), suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
def test_facts_of_batches_in_any_order_are_those_of_everything_at_once(
    tiny_centre: Callable[..., Any], arrivals: Any, batches: list[list[tuple[str, dict[str, Any]]]]
) -> None:
    everything = _centre(tiny_centre, [("contacts", FIRST_CONTACT), *(row for batch in batches for row in batch)])
    with TemporaryDirectory() as folder, connected() as connection:
        home = Home(Path(folder))
        for batch in [[("contacts", FIRST_CONTACT)], *batches]:
            arrivals.arrive_all(home, _centre(tiny_centre, batch))
            facts = refresh(connection, home)
        kept = {kind: [pq.read_table(home.facts / name) for name in facts.files[kind].values()] for kind in KINDS}
        for kind, rows in facts_of(source_tables(connection, everything)).items():
            found = pa.concat_tables(kept[kind]) if kept[kind] else rows.slice(0, 0)
            assert_frame_equal(_plain(found), _plain(rows), check_exact=True)


FIRST_CONTACT = {"agent_id": "A", "start": "2025-03-03 08:00", "contact_id": "first"}


def _centre(tiny_centre: Callable[..., Any], rows: list[tuple[str, dict[str, Any]]]) -> Frames:
    tiny = tiny_centre()
    for agent in "AB":
        tiny.agent(agent)
    for table, row in rows:
        content = dict(row)
        add = {"contacts": tiny.contact, "shifts": tiny.shift}[table]
        add(content.pop("agent_id"), content.pop("start"), **content)
    frames: Frames = tiny.frames()
    return frames


def _plain(rows: pa.Table) -> pd.DataFrame:
    """Facts in one order, without what changes nothing: increments that add up to 0, states like those before them."""
    frame = rows.to_pandas().astype({name: "str" for name in ("agent_id", "queue") if name in rows.column_names})
    keys = [name for name in ("agent_id", "day", "known_on", "queue") if name in frame]
    facts = [name for name in frame if name not in (*keys, "superseded_on")]
    if "queue" in keys:
        frame = frame.groupby(keys, as_index=False)[facts].sum().sort_values(keys, ignore_index=True)
        return frame[(frame[facts] != 0).any(axis=1)].reset_index(drop=True)
    frame = frame.sort_values(keys, ignore_index=True)
    said = pd.Series([str(row) for row in frame[facts].to_numpy().tolist()], frame.index, dtype="str")
    something = frame["shifts"] > 0 if "shifts" in frame else frame["first_s"].notna()
    said = said.where(something, "nothing")
    before = said.groupby([frame["agent_id"], frame["day"]]).shift().fillna("nothing")
    return frame[keys].assign(said=said)[said != before].reset_index(drop=True)


# What is not trusted


@pytest.mark.parametrize("lost", ["facts", "manifest"])
def test_facts_that_are_gone_are_made_again(kept: Home, tiny: Any, lost: str) -> None:
    for path in kept.facts.glob("*.json" if lost == "manifest" else "*"):
        path.unlink()
    write_features(kept, [TODAY])
    assert_as_built(kept, tiny.frames())
    assert {path.name for path in kept.facts.iterdir()} == named(kept) | {"manifest.json"}


@pytest.mark.parametrize("more", [{}, {"of_another_time": 1}])
def test_facts_of_another_contract_are_all_made_anew(kept: Home, tiny: Any, more: dict[str, int]) -> None:
    about = kept.facts / "manifest.json"
    about.write_text(json.dumps(manifest(kept) | {"contract": "1.former"} | more), encoding="utf-8")
    before = stamps(kept)
    write_features(kept, [TODAY])
    assert len(rewritten(kept, before)) == 3 * 4
    assert {path.name for path in kept.facts.iterdir()} == named(kept) | {"manifest.json"}
    assert_as_built(kept, tiny.frames())


def test_facts_from_a_batch_that_is_no_longer_the_same_are_all_made_anew(kept: Home, tiny: Any, arrivals: Any) -> None:
    [batch] = kept.batches("contacts")
    batch.unlink()
    other = tiny.frames() | {"contacts": tiny.frames()["contacts"].iloc[20:]}
    arrivals.arrive(kept, "contacts", other["contacts"])
    assert [path.name for path in kept.batches("contacts")] == [batch.name]
    write_features(kept, [TODAY])
    assert_as_built(kept, other)


def test_half_a_file_of_facts_that_a_dead_build_left_is_not_read(kept: Home, tiny: Any, arrivals: Any) -> None:
    build_number = manifest(kept)["build"] + 1
    for kind in KINDS:
        (kept.facts / f"{kind}-{week('2025-03-30')}-{build_number:06d}.parquet").write_bytes(b"PAR1 and then nothing")
    (kept.facts / ".manifest.part").write_text("{")
    write_features(kept, [TODAY])
    assert_as_built(kept, tiny.frames())
    arrivals.arrive(kept, "contacts", contact(tiny, "2025-03-30 20:00"))
    write_features(kept, [TODAY])
    assert_as_built(kept, tiny.frames())
    assert {path.name for path in kept.facts.iterdir()} == named(kept) | {"manifest.json"}


def test_a_batch_that_arrives_while_facts_are_made_is_in_the_next_build(
    kept: Home, tiny: Any, arrivals: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrivals.arrive(kept, "contacts", contact(tiny, "2025-03-29 20:00", sentiment=-1.0))
    late = contact(tiny, "2025-03-29 21:00", "B", sentiment=-1.0)
    made = features.facts.contact_facts

    def facts_and_an_ingest(rows: Any) -> dict[str, pa.Table]:
        monkeypatch.undo()
        arrivals.arrive(kept, "contacts", late)
        return made(rows)

    monkeypatch.setattr(features.facts, "contact_facts", facts_and_an_ingest)
    write_features(kept, [TODAY])
    write_features(kept, [TODAY])
    assert len(kept.batches("contacts")) == 3
    assert_as_built(kept, tiny.frames())


# Days and tables that are not there


def test_months_without_a_contact_are_no_obstacle(tiny: Any, arrivals: Any, home: Home) -> None:
    tiny.contacts("A", "2024-06-03", 40)
    tiny.contacts("B", "2024-10-10", 40)
    arrivals.arrive_all(home, tiny.frames())
    write_features(home, [TODAY])
    assert_as_built(home, tiny.frames())


def test_a_first_batch_of_shifts_without_a_row_is_no_obstacle(tiny: Any, arrivals: Any, home: Home) -> None:
    frames = tiny.frames()
    without = {name: frames[name] for name in ("agents", "contacts")}
    arrivals.arrive_all(home, without)
    arrivals.arrive(home, "shifts", frames["shifts"].head(0))
    write_features(home, [TODAY])
    assert_as_built(home, without)


def test_a_date_long_after_the_last_contact_has_a_frame_in_which_little_is_known(
    tiny: Any, arrivals: Any, home: Home
) -> None:
    frames = {name: tiny.frames()[name] for name in ("agents", "contacts")}
    later = date(2025, 12, 1)
    arrivals.arrive_all(home, frames)
    write_features(home, [later])
    assert load_frame(home)["agent_id"].tolist() == ["A", "B"]
    assert_as_built(home, frames, later)


def test_a_date_on_which_nobody_is_on_the_roster_has_no_rows(
    tiny_centre: Callable[..., Any], arrivals: Any, home: Home
) -> None:
    tiny = tiny_centre()
    tiny.agent("A")
    tiny.contacts("A", "2025-03-03", 30)
    arrivals.arrive_all(home, tiny.frames())
    dates = [date(2025, 3, 19), TODAY]
    write_features(home, dates)
    assert load_frame(home)["as_of"].dt.day.tolist() == [19, 31]
    tiny.agent("A", valid_to="2025-03-20", recorded_at="2025-03-10")
    arrivals.arrive(home, "agents", tiny.frames()["agents"].tail(1))
    assert build(tiny.frames(), dates)["as_of"].dt.day.tolist() == [19]
    write_features(home, dates)
    assert load_frame(home)["as_of"].dt.day.tolist() == [19]
    with pytest.raises(InputError, match="No agent was on the roster"):
        write_features(home, [TODAY])


def test_shifts_that_ended_long_ago_are_known_whichever_dates_are_built_together(
    tiny_centre: Callable[..., Any], arrivals: Any, home: Home
) -> None:
    tiny = tiny_centre()
    tiny.agent("A", since="2024-01-01")
    tiny.shift("A", "2025-01-06 08:00")
    for day in range(60):
        tiny.contacts("A", str((pd.Timestamp("2025-05-12") + pd.Timedelta(days=day)).date()), 10)
    arrivals.arrive_all(home, tiny.frames())
    for dates in ([date(2025, 7, 11)], [date(2025, 5, 23), date(2025, 7, 11)]):
        write_features(home, dates)
        assert_as_built(home, tiny.frames(), date(2025, 7, 11))
