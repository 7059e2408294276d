"""What a build is worth: why values are null, ranges, drift, late records; on the screen, as JSON and as a page."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from features import Centre, Home, simulate, write_features
from features.catalog import CATALOG, OPTIONAL, contract_version, feature, feature_names
from features.engine import connected
from features.errors import InputError
from features.facts import refresh
from features.quality import (
    Before,
    ColumnFill,
    FeatureQuality,
    Inputs,
    Profile,
    Quality,
    Reason,
    allowed,
    build_before,
    causes,
    compared,
    coverage,
    inputs_of,
    late_records,
    profile_of,
    psi,
    quality_of,
    quality_page,
    stored,
    write_quality,
)
from features.quality.screen import drift_line
from features.simulation import write
from features.snapshot import usual_names

Frames = Mapping[str, pd.DataFrame]
NULL = np.nan
DAY = date(2025, 6, 2)
EVERYTHING = Inputs(
    [], [], {name: date(2025, 1, 1) for name in ("shifts", "check_ins", "absences", "exits", "surveys")}
)


def frame_of(values: Mapping[str, Any], as_of: date = DAY) -> pd.DataFrame:
    """A feature frame with some values; every other column of the catalog is null."""
    rows = len(next(iter(values.values())))
    columns = [*feature_names(), *usual_names()]
    frame = pd.DataFrame({name: values.get(name, np.full(rows, NULL)) for name in columns}, dtype="float64")
    frame.insert(0, "as_of", pd.Timestamp(as_of))
    frame.insert(1, "agent_id", [f"A{row}" for row in range(rows)])
    return frame


def covered(frame: pd.DataFrame, *names: str, inputs: Inputs = EVERYTHING, parts: int = 1) -> list[FeatureQuality]:
    with duckdb.connect() as db:
        db.register("frame", frame)
        return coverage(db, names, inputs, parts).features


def reasons(frame: pd.DataFrame, name: str, inputs: Inputs = EVERYTHING) -> dict[str, int]:
    [found] = covered(frame, name, inputs=inputs)
    return {reason.text: reason.rows for reason in found.reasons}


def save(frames: Frames, home: Home, batch: int = 1) -> None:
    """Tables as they lie in a home."""
    for name, frame in frames.items():
        home.table(name).mkdir(parents=True, exist_ok=True)
        frame.to_parquet(home.table(name) / f"{batch:06d}.parquet", index=False)


def partition(home: Home, frame: pd.DataFrame) -> dict[date, Path]:
    """A build of one date, as it lies in a home."""
    day = frame["as_of"].iloc[0].date()
    path = home.features / f"as_of={day}" / "part.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.drop(columns="as_of").to_parquet(path, index=False)
    return {day: path}


def built(home: Home, frame: pd.DataFrame) -> Quality:
    quality, profile = quality_of(home, partition(home, frame))
    write_quality(home, quality, profile)
    return quality


# why


def test_every_feature_has_causes_that_show_in_columns_of_the_frame() -> None:
    columns = {*feature_names(), *usual_names()}
    for entry in CATALOG:
        found = causes(entry, EVERYTHING)
        assert found, entry.name
        assert {name for cause in found for name in cause.null} <= columns, entry.name
    assert all(causes(entry, EVERYTHING) for entry in OPTIONAL)


def test_the_first_cause_that_holds_is_the_reason_of_a_null() -> None:
    frame = frame_of(
        {  # no contacts; never logged in; 12 contacts twice; known
            "contacts_per_hour": [NULL, NULL, NULL, NULL, 3.0],
            "long_stretch": [NULL, 1, 0, 2, 1],
            "occupancy": [NULL, NULL, 0.5, 0.5, 0.5],
        }
    )
    [found] = covered(frame, "contacts_per_hour")
    assert (found.rows, found.null_rows, found.null_share) == (5, 4, 0.8)
    assert found.all_reasons == {
        "no contacts in the window": 1,
        "no logged time in the window": 1,
        "fewer than 30 contacts in the window": 2,
    }


def test_two_reasons_are_named_and_with_the_others_they_add_up_to_the_null_rows() -> None:
    stretch, occupancy = [NULL] * 4 + [1] * 6, [NULL] * 5 + [0.5] * 5
    frame = frame_of({"contacts_per_hour": [NULL] * 8 + [2, 3], "long_stretch": stretch, "occupancy": occupancy})
    [found] = covered(frame, "contacts_per_hour")
    assert found.reasons == [
        Reason("no contacts in the window", 4), Reason("fewer than 30 contacts in the window", 3), Reason("other", 1),
    ]  # fmt: skip
    assert sum(reason.rows for reason in found.reasons) == found.null_rows


def test_a_window_of_a_week_is_explained_by_the_columns_of_that_week() -> None:
    frame = frame_of({"quick_returns_7d": [NULL, NULL, 1], "quick_returns": [2, 2, 2]})
    assert reasons(frame, "quick_returns_7d") == {"no working day in the window": 2}


def test_a_comparison_is_null_for_its_basis_for_the_past_or_for_the_peers() -> None:
    frame = frame_of(
        {  # no contacts; no past; a past without spread; known
            "long_stretch": [NULL, 1, 1, 1],
            "long_stretch_change": [NULL, NULL, 0, 1],
            "long_stretch_own_z": [NULL, NULL, NULL, 1],
            "long_stretch__peer_usual": [2, NULL, 2, 2],
            "long_stretch_peer_z": [NULL, NULL, NULL, 1],
        }
    )
    assert reasons(frame, "long_stretch_change") == {
        "no contacts in the window": 1, "too little history for an own past": 1,
    }  # fmt: skip
    assert reasons(frame, "long_stretch_own_z") == {
        "no contacts in the window": 1, "too little history for an own past": 1, "other": 1,
    }  # fmt: skip
    [peers] = covered(frame, "long_stretch_peer_z")
    assert peers.all_reasons == {
        "no contacts in the window": 1, "fewer than 5 peers with a value": 1, "all peers have the same value": 1,
    }  # fmt: skip


def test_a_column_that_is_never_filled_is_the_reason_for_all_that_is_made_of_it() -> None:
    inputs = Inputs([], [ColumnFill("contacts", "nps", 0.0), ColumnFill("contacts", "csat", 0.3)], {})
    frame = frame_of({"long_stretch": [NULL, 1, 1]})
    for name in ("nps", "nps_84d", "nps_slope", "nps_own_z", "nps_change", "nps_peer_z"):
        assert reasons(frame, name, inputs) == {"column contacts.nps is never filled": 3}
    assert reasons(frame, "csat", inputs) == {
        "fewer than 10 contacts of which contacts.csat is known": 2, "no contacts in the window": 1,
    }  # fmt: skip


def test_hard_runs_are_null_for_missing_columns_only_if_both_are_missing() -> None:
    frame = frame_of({"long_stretch": [1, 1]})
    score, abuse = ColumnFill("contacts", "sentiment", 0.0), ColumnFill("contacts", "abusive", 0.0)
    both = "columns contacts.sentiment and contacts.abusive are never filled"
    assert reasons(frame, "hard_run", Inputs([], [score, abuse], {})) == {both: 2}
    assert both not in reasons(frame, "hard_run", Inputs([], [score], {}))


def test_before_a_table_has_its_first_row_nothing_of_it_is_known() -> None:
    inputs = Inputs([], [], {"check_ins": DAY, "absences": DAY - timedelta(days=1)})
    frame = frame_of({"tenure": [1, 2]})
    assert reasons(frame, "one_to_one_gap", inputs) == {"nothing of table check_ins was known yet": 2}
    assert reasons(frame, "unplanned_spells", inputs) == {"no absence on record": 2}
    assert reasons(frame, "team_quit_rate", inputs) == {"table exits has no row that counts": 2}


def test_reading_the_columns_in_parts_changes_nothing() -> None:
    random = np.random.default_rng(3)
    values = {name: np.where(random.random(40) < 0.4, NULL, random.random(40)) for name in feature_names()}
    frame = frame_of(values)
    names = feature_names()
    whole, parts = covered(frame, *names), covered(frame, *names, parts=9)
    assert whole == parts
    assert all(sum(reason.rows for reason in found.reasons) == found.null_rows for found in whole)


# ranges


def test_the_unit_of_every_feature_says_what_it_allows() -> None:
    for entry in (*CATALOG, *OPTIONAL):
        low, high = allowed(entry)
        assert low < high, entry.name


@pytest.mark.parametrize(
    ("name", "bounds"),
    [
        ("occupancy", (0, 1)),
        ("occupancy_excess_7d", (0, 0.15)),
        ("ces", (1, 7)),
        ("schedule_regularity", (-100, 100)),
        ("sentiment_mean", (-1, 1)),
        ("escalation_excess", (-1, 1)),
        ("occupancy_change", (-1, 1)),
        ("ces_change", (-6, 6)),
        ("quick_returns", (0, np.inf)),
        ("quick_returns_change", (-np.inf, np.inf)),
        ("occupancy_own_z", (-np.inf, np.inf)),
    ],
)
def test_bounds_follow_from_the_unit(name: str, bounds: tuple[float, float]) -> None:
    entry = feature(name)
    assert entry is not None
    assert allowed(entry) == bounds


def test_the_range_of_a_feature_is_that_of_its_known_values() -> None:
    [found] = covered(frame_of({"occupancy": [*np.arange(101) / 100, NULL]}), "occupancy")
    assert (found.minimum, found.p01, found.median, found.p99, found.maximum) == (0, 0.01, 0.5, 0.99, 1)
    assert (found.low, found.high, found.outside) == (0, 1, 0)


def test_values_that_the_unit_does_not_allow_are_counted() -> None:
    frame = frame_of({"occupancy": [0.5, 1.2, -0.1, 1 + 1e-12], "occupancy_own_z": [-9, 9, np.inf, 0]})
    share, z = covered(frame, "occupancy", "occupancy_own_z")
    assert share.outside == 2
    assert (z.outside, z.maximum, z.low, z.high) == (1, 9, None, None)


def test_a_feature_that_never_varies_is_told(home: Home) -> None:
    built(home, frame_of({"span": [7] * 4, "team_size": [7, 7, 7, 8]}))
    page = (home.features / "quality.html").read_text(encoding="utf-8")
    assert page.count("always the same") == 1


# drift


def test_the_stability_index_is_what_it_is_by_hand() -> None:
    assert psi([50, 50], [80, 20]) == pytest.approx(0.3 * np.log(1.6) - 0.3 * np.log(0.4))
    assert psi([25, 75], [50, 150]) == 0
    assert psi([100, 0], [99, 1]) == pytest.approx(-0.01 * np.log(0.99) + 0.005 * np.log(2))  # empty: half a row
    assert psi([100, 0], [100, 0]) == 0


def profile(values: Any, as_of: str = "2025-06-02", contract: str = "2.a", rows: int | None = None) -> Profile:
    known = np.asarray(values, dtype=float)
    return profile_of({"occupancy": known}, rows or len(known), contract, as_of)


def drift_of(before: Any, now: Any) -> float:
    earlier, later = profile(before), profile(now, "2025-06-09")
    nothing = compared(earlier, {"occupancy": np.asarray(before, dtype=float)}, None)
    [found] = compared(later, {"occupancy": np.asarray(now, dtype=float)}, Before(earlier, nothing)).features
    assert found.psi is not None
    return found.psi


def test_values_that_vary_are_cut_at_their_deciles() -> None:
    found = profile(np.arange(100))
    assert found.edges["occupancy"] == [9.5, 19.5, 29.5, 39.5, 49.5, 59.5, 69.5, 79.5, 89.5]
    assert found.counts["occupancy"] == [10] * 10


def test_a_constant_that_becomes_another_drifts() -> None:
    assert drift_of([5] * 60, [5] * 80) == 0
    assert drift_of([5] * 60, [3] * 80) > 1
    assert drift_of([0] * 60, [0] * 60 + [1] * 20) > 0.1


def test_a_share_of_zeros_that_grows_drifts() -> None:
    before = [0] * 60 + list(range(1, 41))
    assert drift_of(before, [0] * 90 + list(range(1, 41, 4))) > 0.25


def test_a_value_that_many_share_may_move_a_little() -> None:
    random = np.random.default_rng(5)
    spread = random.normal(1, 1, 100)
    assert drift_of([*np.full(60, -0.81), *spread], [*np.full(60, -0.84), *spread]) < 0.1


def test_the_last_bits_of_a_sum_are_no_drift() -> None:
    values = np.random.default_rng(6).random(200)
    again = values * (1 + 2e-16)
    assert profile(values) == profile(again)


def test_under_fifty_values_there_is_no_index() -> None:
    earlier = profile(np.arange(49))
    values = {"occupancy": np.arange(80.0)}
    [found] = compared(profile_of(values, 80, "2.a", "2025-06-09"), values, Before(earlier, None)).features  # type: ignore[arg-type]
    assert (found.psi, found.by_chance) == (None, None)
    assert found.said.startswith("too few rows")


def test_a_first_build_has_no_drift_and_says_so(home: Home) -> None:
    quality = built(home, frame_of({"occupancy": np.linspace(0, 1, 60)}))
    assert (quality.drift.before, quality.drift.features) == (None, [])
    assert quality.drift.said == "There is no other build before this one to compare with."


def test_the_feature_that_moved_comes_first(home: Home) -> None:
    random = np.random.default_rng(4)
    values = {name: random.random(80) for name in ("occupancy", "utilization", "acw_share", "night_share")}
    built(home, frame_of(values))
    later = frame_of(values | {"acw_share": values["acw_share"] / 2 + 0.5}, DAY + timedelta(days=7))
    drift = built(home, later).drift
    assert (drift.before, drift.as_of) == ("2025-06-02", "2025-06-09")
    assert drift.features[0].name == "acw_share"
    assert drift.features[0].psi > 0.25  # type: ignore[operator]
    assert {entry.psi for entry in drift.features[1:] if entry.psi is not None} == {0}


def test_the_screen_names_what_moved_most(home: Home) -> None:
    values = {"occupancy": np.linspace(0, 0.5, 80), "utilization": np.linspace(0, 1, 80)}
    built(home, frame_of(values))
    later = values | {"occupancy": [*values["occupancy"][8:] + 0.5, *[NULL] * 8]}
    line = drift_line(built(home, frame_of(later, DAY + timedelta(days=7))).drift)
    assert f"1 of {len(feature_names())} features moved much (over 0.25); most: occupancy (" in line
    assert "null 0.0 %, now 10.0 %)" in line
    assert "utilization" not in line


def test_a_feature_that_vanishes_comes_first_though_it_has_no_index(home: Home) -> None:
    values = {"occupancy": np.linspace(0, 1, 80), "utilization": np.linspace(0, 1, 80)}
    built(home, frame_of(values))
    drift = built(home, frame_of(values | {"utilization": [NULL] * 80}, DAY + timedelta(days=7))).drift
    first = drift.features[0]
    assert (first.name, first.psi, first.null_share_before, first.null_share) == ("utilization", None, 0, 1)


def test_another_contract_is_not_compared_and_that_is_said(home: Home) -> None:
    built(home, frame_of({"occupancy": np.linspace(0, 1, 60)}))
    path = home.features / "quality.json"
    kept = json.loads(path.read_text())
    path.write_text(json.dumps(kept | {"profile": kept["profile"] | {"contract_version": "1.former"}}))
    drift = built(home, frame_of({"occupancy": np.linspace(0, 1, 60)})).drift
    assert (drift.before, drift.features) == (None, [])
    assert "1.former" in drift.said
    assert contract_version() in drift.said


def test_the_same_date_built_from_other_input_is_told_from_a_later_week(home: Home) -> None:
    built(home, frame_of({"occupancy": np.linspace(0, 1, 60)}))
    drift = built(home, frame_of({"occupancy": np.linspace(0, 0.5, 60)})).drift
    assert drift.before == drift.as_of == "2025-06-02"
    assert drift.said.startswith("Both builds end on 2025-06-02")


def test_the_same_build_again_leaves_the_same_files(home: Home) -> None:
    frame = frame_of({"occupancy": np.linspace(0, 1, 60)})
    built(home, frame_of({"occupancy": np.linspace(0.2, 0.9, 60)}, DAY - timedelta(days=7)))
    kept = []
    for _ in range(2):
        built(home, frame)
        kept.append([(home.features / f"quality.{kind}").read_bytes() for kind in ("json", "html")])
    assert kept[0] == kept[1]
    assert json.loads(kept[1][0])["drift"]["before"] == "2025-05-26"


# late records


@pytest.fixture
def late_home(tiny_centre: Any, home: Home) -> Home:
    """Ten contacts: six known on their day, others 1, 3, 7 and 30 days later; one corrected on its third day."""
    tiny = tiny_centre()
    tiny.agent("A1")
    for day, later in enumerate([0, 0, 0, 0, 0, 0, 1, 3, 7, 30]):
        start = pd.Timestamp("2025-03-03 09:00") + pd.Timedelta(days=day)
        recorded = {"recorded_at": start + pd.Timedelta(days=later, hours=1)} if later else {}
        tiny.contact("A1", start, **recorded)
    tiny.contact("A1", "2025-03-03 09:00", contact_id="C00000", escalated=True, recorded_at="2025-03-05 08:00")
    save(tiny.frames(), home)
    return home


def refreshed(home: Home) -> None:
    with connected() as connection:
        refresh(connection, home)


def test_contacts_are_counted_by_when_they_became_known(late_home: Home) -> None:
    refreshed(late_home)
    with duckdb.connect() as db:
        late = late_records(db, late_home)
    assert late is not None
    assert [(part.after, part.contacts, part.corrections) for part in late.days] == [
        ("the same day", 6, 0), ("1 day", 1, 0), ("2-3 days", 1, 1), ("4-7 days", 1, 0), ("8-28 days", 0, 0),
        ("over 28 days", 1, 0),
    ]  # fmt: skip
    assert [part.share for part in late.days] == [0.6, 0.1, 0.1, 0.1, 0, 0.1]
    assert (late.contacts, late.corrections, late.whole, late.until) == (10, 1, True, "2025-03-12")
    assert "10.0 % become known after a week: a snapshot of last week still misses those." in late.said
    assert (late.newest_rows, late.newest_reaches) == (None, None)


def test_the_newest_of_several_ingests_says_how_far_it_reaches_back(late_home: Home, tiny_centre: Any) -> None:
    refreshed(late_home)
    tiny = tiny_centre()
    tiny.agent("A1")
    tiny.contact("A1", "2025-03-20 09:00", contact_id="N1")
    tiny.contact("A1", "2025-03-04 09:00", contact_id="N2", recorded_at="2025-04-15 10:00")
    frame = tiny.frames()["contacts"]
    save({"contacts": frame.assign(day=frame["started_at"].dt.date, sign=1)}, late_home, batch=2)
    refreshed(late_home)
    with duckdb.connect() as db:
        late = late_records(db, late_home)
    assert late is not None
    assert (late.newest_rows, late.newest_reaches) == (2, "2025-03-04")
    assert "The newest ingest of contacts (2 rows) reaches back to 2025-03-04." in late.said


def test_young_facts_say_that_later_records_are_not_seen_yet(tiny_centre: Any, home: Home) -> None:
    tiny = tiny_centre()
    tiny.agent("A1")
    tiny.contacts("A1", "2025-03-03", 3)
    save(tiny.frames(), home)
    refreshed(home)
    with duckdb.connect() as db:
        late = late_records(db, home)
    assert late is not None
    assert (late.whole, late.contacts) == (False, 3)
    assert late.said[0].startswith("No contact became known later than the day after its own.")
    assert late.said[-1].startswith("The facts are younger than 28 days")


def test_a_home_without_facts_has_no_late_records(home: Home) -> None:
    with duckdb.connect() as db:
        assert late_records(db, home) is None


# what came in


def test_columns_are_filled_as_far_as_the_tables_say(tiny_centre: Any, home: Home) -> None:
    tiny = tiny_centre()
    tiny.agent("A1")
    tiny.contact("A1", "2025-03-03 09:00", csat=5)
    tiny.contact("A1", "2025-03-03 10:00")
    save(tiny.frames(), home)
    with duckdb.connect() as db:
        inputs = inputs_of(db, home)
    filled = {column.name: column.filled for column in inputs.columns}
    assert (filled["contacts.csat"], filled["contacts.escalated"], filled["contacts.nps"]) == (0.5, 1, 0)
    assert {"contacts.nps", "contacts.customer_text", "agents.pay_ratio"} <= inputs.never_filled
    assert inputs.missing_tables == sorted(
        {"absences", "check_ins", "exits", "outreach", "protected", "shifts", "surveys"}
    )


def test_agents_without_a_post_are_counted(late_home: Home) -> None:
    refreshed(late_home)
    agents = late_home.table("agents") / "000001.parquet"
    pd.read_parquet(agents).assign(agent_id="B1").to_parquet(agents, index=False)
    with duckdb.connect() as db:
        assert inputs_of(db, late_home).unknown_agents == 1


# whole builds


@pytest.fixture(scope="module")
def without(centre: Frames, as_of: date, tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, Quality]:
    """A build of a simulated centre that has neither shifts nor surveys."""
    home = Home(tmp_path_factory.mktemp("without"))
    save({name: frame for name, frame in centre.items() if name not in ("shifts", "surveys")}, home)
    return home, write_features(home, [as_of - timedelta(days=7), as_of]).quality


def test_missing_tables_are_named_with_what_they_make_null(without: tuple[Home, Quality]) -> None:
    _, quality = without
    nulls = {gap.table: gap.nulls for gap in quality.missing_tables}
    assert nulls["surveys"] == ["last_survey_score"]
    assert {"late_change_rate", "notice_days_84d", "missed_break_rate_own_z", "adherence"} <= set(nulls["shifts"])
    assert "start_sd" not in nulls["shifts"]  # contacts stand in for working days
    shares = {entry.name: entry.null_share for entry in quality.features}
    assert all(shares[name] == 1 for names in nulls.values() for name in names)


def test_the_worst_coverage_comes_first(without: tuple[Home, Quality]) -> None:
    counts = [entry.null_rows for entry in without[1].features]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] == without[1].rows


def test_every_null_of_a_simulated_centre_is_explained(
    without: tuple[Home, Quality], centre: Frames, as_of: date, home: Home
) -> None:
    save(centre, home)
    whole = write_features(home, [as_of - timedelta(days=70), as_of]).quality
    assert [
        entry.name for quality in (whole, without[1]) for entry in quality.features if "" in entry.all_reasons
    ] == []
    assert [entry.name for entry in whole.outside] == []


def test_the_report_survives_json(without: tuple[Home, Quality]) -> None:
    home, quality = without
    kept = json.loads((home.features / "quality.json").read_text(encoding="utf-8"))
    assert {name: kept[name] for name in stored(quality)} == json.loads(json.dumps(stored(quality)))
    before = build_before(home)
    assert before is not None
    assert asdict(before.profile) == kept["profile"]
    assert before.drift == quality.drift


def test_a_report_of_another_format_is_not_compared_with(home: Home) -> None:
    home.features.mkdir(parents=True)
    (home.features / "quality.json").write_text('{"format": 0}')
    assert build_before(home) is None


def test_a_build_of_nobody_is_refused(home: Home) -> None:
    with pytest.raises(InputError, match="No agent was on the roster"):
        quality_of(home, {})


def test_the_page_stands_alone_and_can_be_read_out(without: tuple[Home, Quality]) -> None:
    page = (without[0].features / "quality.html").read_text(encoding="utf-8")
    assert not re.search(r"https?:|//[a-z]|<script|<link|<img|src=|@import|url\(", page)
    assert page.count("<table") == page.count("<caption>") > 3
    assert "<th>" not in page
    assert page.count('<th scope="col"') > 20
    charts = re.findall(r"<svg[^>]*>", page)
    assert all('aria-hidden="true"' in tag or ('role="img"' in tag and "aria-label=" in tag) for tag in charts)
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page
    assert str(without[0].root) not in page


def test_the_page_shows_drift_and_says_what_is_outside(home: Home) -> None:
    random = np.random.default_rng(8)
    values = {name: random.random(70) for name in ("occupancy", "utilization")}
    built(home, frame_of(values))
    quality = built(home, frame_of(values | {"occupancy": values["occupancy"] + 0.4}, DAY + timedelta(days=7)))
    page = quality_page(quality)
    assert '<svg class="chart"' in page
    assert "most has occupancy" in page
    assert re.search(r"\d+ outside 0 to 1", page)


def test_names_from_outside_are_escaped(home: Home) -> None:
    frame = frame_of({"occupancy": np.linspace(0, 1, 60)})
    built(home, frame)
    path = home.features / "quality.json"
    kept = json.loads(path.read_text())
    path.write_text(json.dumps(kept | {"profile": kept["profile"] | {"contract_version": "<b>1</b>"}}))
    built(home, frame)
    assert "&lt;b&gt;1&lt;/b&gt;" in (home.features / "quality.html").read_text(encoding="utf-8")


# the command


@pytest.fixture
def simulated(home: Home) -> Home:
    write(simulate(Centre(agents=12, days=56, seed=1)), home)
    return home


def test_the_command_prints_coverage_drift_and_late_records(command: Callable[..., Any], simulated: Home) -> None:
    answer = command("features", "--as-of", "2025-05-08")
    assert answer.code == 0
    assert "Worst coverage" in answer.out
    assert "Column contacts.nps is never filled: null are nps, nps_84d" in answer.out
    assert "Drift: There is no other build before this one to compare with." in answer.out
    assert "Late records: " in answer.out
    assert str(simulated.features / "quality.html") in answer.out
    assert (
        "Drift: 2025-05-15 (12 rows) against 2025-05-08 (12 rows)" in command("features", "--as-of", "2025-05-15").out
    )


def test_the_report_is_part_of_the_answer_for_machines(command: Callable[..., Any], simulated: Home) -> None:
    said = json.loads(command("features", "--as-of", "2025-05-08", "--json").out)
    assert said["quality"]["rows"] == said["rows"]
    assert {entry["name"]: entry["null_share"] for entry in said["quality"]["features"]} == said["null_share"]
    kept = json.loads((simulated.features / "quality.json").read_text())
    assert {name: kept[name] for name in said["quality"]} == said["quality"]
    assert "quality" not in json.loads((simulated.features / "build.json").read_text())
