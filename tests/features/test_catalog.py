"""The catalog is complete, and its version is a contract."""

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import features
from features import catalog
from features.catalog import (
    BASELINE_DAYS,
    CATALOG,
    OPTIONAL,
    Feature,
    contract_version,
    feature,
    feature_names,
    input_names,
)
from features.catalog_page import catalog_page
from features.errors import InputError

PACKAGE = Path(features.__file__).parent
EVERY = pytest.mark.parametrize("entry", CATALOG, ids=feature_names())


def test_names_are_unique() -> None:
    assert len(set(feature_names())) == len(CATALOG)


@EVERY
def test_an_entry_says_what_it_is(entry: Feature) -> None:
    assert all((entry.unit, entry.label, entry.formula, entry.source))
    assert entry.question.endswith("?")
    assert entry.family in ("workload", "escalation", "schedule", "sentiment", "context")


@EVERY
def test_an_entry_shows_a_number_in_words(entry: Feature) -> None:
    shown = entry.shown.format(0.25)
    assert shown
    assert "{" not in shown


@EVERY
def test_a_direction_is_up_down_or_free(entry: Feature) -> None:
    assert entry.direction("burnout") == entry.burnout
    assert entry.direction("turnover") == entry.turnover
    assert {entry.burnout, entry.turnover} <= {-1, 0, 1}
    assert entry.direction("weather") == 0


@EVERY
def test_a_version_compares_a_raw_feature_and_points_the_same_way(entry: Feature) -> None:
    if entry.version == "raw":
        assert entry.basis is None
        return
    basis = feature(str(entry.basis))
    assert basis is not None
    suffix = f"{entry.window_days}d" if entry.version == "window" else entry.version
    assert entry.name == f"{basis.name}_{suffix}"
    assert (entry.family, entry.burnout, entry.turnover) == (basis.family, basis.burnout, basis.turnover)
    if entry.version != "window":
        assert entry.window_days == basis.window_days + (BASELINE_DAYS if entry.version in ("own_z", "change") else 0)


# domain.md section 2: expected effect of an increase on burnout and on voluntary quits
SIGNS = {
    "occupancy": (0, 0), "occupancy_excess": (1, 1), "utilization": (0, 0), "contacts_per_hour": (1, 0),
    "log_aht_z": (0, 0), "acw_share": (0, 0), "gap_median": (-1, 0), "concurrency": (1, 0), "team_load_share": (1, 0),
    "overtime": (1, 1), "escalation_rate": (1, 1), "escalation_excess": (1, 1), "complaint_rate": (1, 1),
    "transfer_rate": (0, 0), "abuse_per_100": (1, 1), "negative_share": (1, 0), "emotional_load": (1, 0),
    "sentiment_slope": (-1, 0), "hard_run": (1, 0), "quick_returns": (1, 1), "start_sd": (1, 1),
    "schedule_regularity": (-1, -1), "load_cv": (1, 1), "late_change_rate": (1, 1), "late_change_rate_14": (1, 1),
    "notice_days": (-1, -1), "backward_rotations": (1, 0), "night_share": (0, 0), "weekend_share": (0, 0),
    "max_consecutive_days": (1, 0), "split_days": (1, 0), "missed_break_rate": (1, 0), "long_stretch": (1, 0),
    "adherence": (0, 0), "after_hours_share": (1, 0), "unplanned_spells": (1, 1), "bradford": (0, 0),
    "tenure": (0, 0), "team_quit_rate": (0, 1), "one_to_one_gap": (1, 1), "manager_change": (0, 0), "span": (0, 0),
    "team_size": (0, 0), "remote_share": (0, 0), "csat": (0, 0), "nps": (0, 0), "fcr": (0, 0), "ces": (0, 0),
}  # fmt: skip


@pytest.mark.parametrize("name", SIGNS)
def test_directions_are_those_of_the_literature(name: str) -> None:
    entry = feature(name)
    assert entry is not None
    assert (entry.burnout, entry.turnover) == SIGNS[name]


def test_a_column_of_ones_own_has_no_entry() -> None:
    assert feature("shoe_size") is None


# The contract version


def test_the_version_is_the_same_at_every_call() -> None:
    first = contract_version()
    contract_version.cache_clear()
    assert contract_version() == first
    assert first.startswith("2.")


def test_another_definition_is_another_version(monkeypatch: pytest.MonkeyPatch) -> None:
    before = contract_version()
    other = (replace(CATALOG[0], formula="contacts / paid hours"), *CATALOG[1:])
    monkeypatch.setattr(catalog, "CATALOG", other)
    contract_version.cache_clear()
    after = contract_version()
    contract_version.cache_clear()
    assert after != before


CODE = [
    ("rollup.py", "NIGHT_FROM_H, NIGHT_TO_H = 23, 6", "NIGHT_FROM_H, NIGHT_TO_H = 22, 6"),
    ("snapshot.py", "_OWN_BLOCKS = 2", "_OWN_BLOCKS = 3"),
    ("workdays.py", "QUICK_RETURN_H = 11", "QUICK_RETURN_H = 10"),
    ("in_order.py", "BREAK_S = 300", "BREAK_S = 200"),
    ("weeks.py", '"84": (0, 12)', '"84": (0, 13)'),
    ("signals/schedule.py", "MIN_DAYS = 5", "MIN_DAYS = 4"),
    ("definitions.py", "_SHORT_AND_LONG = (7, 84)", "_SHORT_AND_LONG = (7, 56)"),
    ("signals/__init__.py", "PRIOR_CONTACTS = 50", "PRIOR_CONTACTS = 20"),
    ("unknown.py", "part / whole.nullif(0)", "part / (1 + whole)"),
    ("catalog.py", "MIN_CONTACTS = 30", "MIN_CONTACTS = 20"),
    ("snapshot.py", "MIN_PEERS = 5", "MIN_PEERS = 3"),
]


@pytest.mark.parametrize(("file", "code", "other"), CODE, ids=[f"{file}: {code}" for file, code, _ in CODE])
def test_other_code_that_computes_features_is_another_version(file: str, code: str, other: str, tmp_path: Path) -> None:
    assert version_of_a_copy(tmp_path, file, code, other) != contract_version()


def test_a_comment_or_a_docstring_is_no_definition(tmp_path: Path) -> None:
    code = '    """Add a contact to what is counted'
    assert version_of_a_copy(tmp_path, "days.py", code, "    # why\n" + code + " and more") == contract_version()


def version_of_a_copy(folder: Path, file: str, code: str, other: str) -> str:
    """The contract version of a copy of the package in which a piece of code is another."""
    copy = shutil.copytree(PACKAGE, folder / "features", ignore=shutil.ignore_patterns("__pycache__"))
    text = (copy / file).read_text(encoding="utf-8")
    assert code in text
    (copy / file).write_text(text.replace(code, other), encoding="utf-8")
    ask = "from features.catalog import contract_version; print(contract_version())"
    return subprocess.run(
        [sys.executable, "-c", ask], cwd=folder, capture_output=True, text=True, check=True
    ).stdout.strip()


def test_the_page_of_the_catalog_is_current() -> None:
    page = Path(__file__).parents[2] / "docs" / "catalog.md"
    assert page.read_text(encoding="utf-8") == catalog_page(), "run: respite catalog > docs/catalog.md"


def test_every_feature_is_on_the_page_with_its_formula_and_source() -> None:
    lines = catalog_page().splitlines()
    for entry in (*CATALOG, *OPTIONAL):
        [line] = [line for line in lines if line.startswith((f"| `{entry.name}` |", f"| `{entry.name}` * |"))]
        assert entry.formula in line
        assert entry.source in line


def test_models_read_the_main_window_and_its_comparisons_and_nothing_that_is_off_by_default() -> None:
    assert set(input_names()) < set(feature_names())
    assert {feature(name).version for name in input_names()} == {"raw", "own_z", "peer_z"}  # type: ignore[union-attr]
    assert not {entry.name for entry in OPTIONAL} & set(feature_names())


def test_an_optional_feature_comes_last_when_asked_for_and_an_unknown_one_is_refused() -> None:
    assert feature_names(["bradford"]) == [*feature_names(), "bradford"]
    with pytest.raises(
        InputError, match=r"--with bradfort: not an optional feature; those are agent_sentiment, bradford"
    ):
        feature_names(["bradfort"])
