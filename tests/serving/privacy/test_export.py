"""The export holds every row about one agent, and nobody else's."""

import io
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from features import Home, load_frame
from features.errors import InputError
from features.raw import rows
from serving import Store
from serving.privacy.export import export
from serving.privacy.memory import releases_of


@pytest.fixture
def exported(own_road: Home, tmp_path: Path) -> tuple[Home, str, dict[str, pd.DataFrame], str]:
    agent = str(load_frame(own_road)["agent_id"].iloc[-1])
    store = Store(own_road)
    with releases_of(store, [agent]):
        pass
    store.close()
    export(own_road, agent, tmp_path / "copy.zip", "2026-03-02")
    with zipfile.ZipFile(tmp_path / "copy.zip") as found:
        files = {name: found.read(name).decode() for name in found.namelist()}
    tables = {name: pd.read_csv(io.StringIO(text)) for name, text in files.items() if name.endswith(".csv")}
    return own_road, agent, tables, files["READ-ME-FIRST.txt"]


def test_an_export_holds_every_row_about_the_agent_and_no_other(exported: tuple) -> None:
    home, agent, tables, _ = exported
    for name in ("contacts", "shifts", "agents"):
        stored = rows(home, name)
        assert len(tables[f"raw/{name}.csv"]) >= (stored["agent_id"] == agent).sum() > 0
    frame = load_frame(home)
    assert len(tables["features/frame.csv"]) == (frame["agent_id"] == agent).sum()
    assert len(tables["store/scores.csv"]) == 4  # burnout, and three horizons of turnover
    assert {"facts/increments.csv", "facts/contact_states.csv", "facts/work_states.csv"} <= set(tables)
    for table in tables.values():
        assert set(table.get("agent_id", [agent])) == {agent}


def test_the_cover_says_in_plain_words_what_is_in_it(exported: tuple) -> None:
    _, agent, tables, cover = exported
    assert cover.startswith(f"What Respite holds about {agent}")
    assert all(name in cover for name in tables)
    assert "opt out of being scored" in cover
    assert "not a statement about your health" in " ".join(cover.split())


def test_the_salt_of_pseudonyms_is_not_in_it(exported: tuple) -> None:
    assert not any("identities" in name for name in exported[2])


def test_a_stranger_is_refused_and_nothing_is_written(home: Home, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing is held about them"):
        export(home, "nobody", tmp_path / "copy.zip", "2026-03-02")
    assert not list(tmp_path.glob("*.zip"))


def test_no_file_is_written_over(home: Home, tmp_path: Path) -> None:
    (tmp_path / "copy.zip").write_text("mine")
    with pytest.raises(InputError, match="there is a file of that name already"):
        export(home, "nobody", tmp_path / "copy.zip", "2026-03-02")
