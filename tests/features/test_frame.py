"""What a build leaves on disk: one partition per date, of one contract."""

import json
from datetime import date
from pathlib import Path

import pandas as pd

from features import Centre, Home, load_frame, simulate, write_features
from features.frame import frame_dates, partition
from features.simulation import write

FIRST, SECOND = date(2025, 5, 1), date(2025, 5, 8)


def _dates(home: Home) -> list[date]:
    return [pd.Timestamp(day).date() for day in sorted(load_frame(home)["as_of"].unique())]


def _home(folder: Path) -> Home:
    home = Home(folder)
    write(simulate(Centre(agents=12, days=56, seed=1)), home)
    return home


def test_a_date_is_added_to_those_that_are_there(tmp_path: Path) -> None:
    home = _home(tmp_path)
    write_features(home, [FIRST])
    write_features(home, [SECOND])
    assert _dates(home) == [FIRST, SECOND]


def test_building_twice_gives_the_same_frame(tmp_path: Path) -> None:
    home = _home(tmp_path)
    write_features(home, [FIRST])
    before = load_frame(home)
    write_features(home, [FIRST])
    pd.testing.assert_frame_equal(load_frame(home), before, rtol=1e-9, atol=1e-12)


def test_a_whole_build_leaves_no_date_of_a_former_one(tmp_path: Path) -> None:
    home = _home(tmp_path)
    write_features(home, [FIRST])
    write_features(home)
    assert FIRST not in _dates(home)


def test_partitions_of_another_contract_go_when_one_date_is_rebuilt(tmp_path: Path) -> None:
    home = _home(tmp_path)
    write_features(home, [FIRST])
    about = home.features / "build.json"
    about.write_text(json.dumps(json.loads(about.read_text()) | {"contract_version": "1.former"}))
    write_features(home, [SECOND])
    assert _dates(home) == [SECOND]


def test_a_part_of_the_dates_is_read_without_the_others(tmp_path: Path) -> None:
    home = _home(tmp_path)
    write_features(home, [FIRST, SECOND])
    whole = load_frame(home)
    assert frame_dates(home) == [FIRST, SECOND]
    none = load_frame(home, SECOND, FIRST)
    assert (len(none), list(none)) == (0, list(whole))
    partition(home, SECOND).write_bytes(b"no Parquet")
    pd.testing.assert_frame_equal(load_frame(home, FIRST, FIRST), whole[whole["as_of"] == pd.Timestamp(FIRST)])
