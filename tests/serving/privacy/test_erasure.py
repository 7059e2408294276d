"""Erasure: afterwards no byte of the home holds the agent, everyone else is as before, and it can be run again."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from sqlalchemy import select

from features import Home, load_frame, write_features
from features.errors import InputError, NotReadyError
from features.fact_files import Facts
from features.raw import rows
from serving import Store
from serving.batch import score_all
from serving.consent import record
from serving.feedback import give, of_agent
from serving.feedback.tables import Suggestion
from serving.privacy.erasure import erase
from serving.privacy.memory import PERIOD
from serving.privacy.places import left
from serving.privacy.pseudonyms import pseudonym
from serving.reports.build import write_reports


def everywhere(home: Home, agent: str) -> Iterator[Path]:
    """Files that hold an id: any byte of any file, and any cell of Parquet, which may be compressed."""
    for path in sorted(home.root.rglob("*")):
        if path.is_file() and agent.encode() in path.read_bytes():
            yield path
        elif path.suffix == ".parquet":
            cells = pq.read_table(path).to_pandas()
            if any(cells[name].astype(str).str.contains(agent, regex=False).any() for name in cells):
                yield path


@pytest.fixture
def lived_in(own_road: Home) -> tuple[Home, str]:
    """A home with traces of an agent in every kind of place."""
    agent = str(load_frame(own_road)["agent_id"].iloc[-1])
    write_reports(own_road, agent=agent)
    store = Store(own_road)
    record(store, agent, "scoring", False, datetime(2026, 1, 1, tzinfo=UTC))
    with store.writing() as session:
        pseudonym(session, agent, PERIOD)
    store.close()
    own_road.rejected.mkdir(exist_ok=True)
    lines = f"line,reason,agent_id\n1,no such queue,{agent}\n2,no such queue,SOMEONE\n"
    (own_road.rejected / "contacts.csv").write_text(lines, encoding="utf-8")
    return own_road, agent


def test_no_byte_of_the_home_holds_an_erased_agent(lived_in: tuple[Home, str]) -> None:
    home, agent = lived_in
    places = {path.relative_to(home.root).parts[0] for path in everywhere(home, agent)}
    assert {"raw", "facts", "features", "respite.db", "reports"} <= places
    found = erase(home, agent)
    assert list(everywhere(home, agent)) == []
    assert found.left == []
    assert {"raw/contacts", "features", "facts", "store, scores", "store, consent", "store, identities"} <= set(
        found.rows
    )
    assert any("backups" in place for place in found.outside)


def test_everyone_else_is_as_before(own_road: Home) -> None:
    before, contacts, facts = load_frame(own_road), rows(own_road, "contacts"), Facts.load(own_road)
    agent = str(before["agent_id"].iloc[-1])
    erase(own_road, agent)
    kept = before[before["agent_id"] != agent].reset_index(drop=True)
    pd.testing.assert_frame_equal(load_frame(own_road), kept)
    others = contacts[contacts["agent_id"] != agent].reset_index(drop=True)
    pd.testing.assert_frame_equal(rows(own_road, "contacts"), others)
    assert Facts.load(own_road).files == facts.files, "the facts would be rebuilt from raw rows that may be gone"


def test_rejected_rows_of_others_stay(lived_in: tuple[Home, str]) -> None:
    home, agent = lived_in
    erase(home, agent)
    assert (home.rejected / "contacts.csv").read_text(encoding="utf-8").splitlines()[1:] == ["2,no such queue,SOMEONE"]


def test_a_pseudonym_written_elsewhere_is_nobodys_afterwards(lived_in: tuple[Home, str]) -> None:
    home, agent = lived_in
    store = Store(home)
    with store.writing() as session:
        before = pseudonym(session, agent, "2026-03")
    erase(home, agent)
    with store.writing() as session:
        assert pseudonym(session, agent, "2026-03") != before
    store.close()


def test_erasing_twice_says_that_nothing_is_held(own_road: Home) -> None:
    agent = str(load_frame(own_road)["agent_id"].iloc[0])
    erase(own_road, agent)
    with pytest.raises(InputError, match="nothing is held about them"):
        erase(own_road, agent)


@pytest.mark.parametrize("agent", ["nobody", "", " "])
def test_a_stranger_is_refused(agent: str, home: Home) -> None:
    with pytest.raises(InputError, match="--agent"):
        erase(home, agent)


def test_words_of_others_that_name_an_erased_agent_stay_without_the_name(home: Home) -> None:
    now, store = datetime(2026, 1, 1, tzinfo=UTC), Store(home)
    record(store, "A1", "scoring", True, now)
    with store.writing() as session:
        session.add(give("A2", "annotation", "I sit beside A1, not A12.", "A1's desk", now))
        session.add(Suggestion(key="k", week=now.date(), said="Give A1 a break.", shared=False))
        session.add(Suggestion(key="l", week=now.date(), said="Give A12 a break.", shared=False))
    assert erase(home, "A1").rows == {"store, consent": 1, "words in feedback": 1, "words in suggestions": 1}
    (said,) = of_agent(store, "A2")
    assert (said.said, said.about) == ("I sit beside erased, not A12.", "erased's desk")
    with store.session() as session:
        assert set(session.scalars(select(Suggestion.said))) == {"Give erased a break.", "Give A12 a break."}
    store.close()


def test_an_id_within_another_is_another(home: Home) -> None:
    store = Store(home)
    for agent in ("A1", "A12", "BA1"):
        record(store, agent, "scoring", True, datetime(2026, 1, 1, tzinfo=UTC))
    store.close()
    (home.root / "note.log").write_text("A1 asked\nA12 asked\nBA1 asked\n", encoding="utf-8")
    assert erase(home, "A1").rows == {"store, consent": 1, "note.log": 1}
    assert (home.root / "note.log").read_text(encoding="utf-8") == "A12 asked\nBA1 asked\n"


def test_what_is_still_there_is_named(home: Home) -> None:
    store = Store(home)
    record(store, "A0001", "scoring", True, datetime(2026, 1, 1, tzinfo=UTC))
    with store.writing() as session:
        session.connection().exec_driver_sql("CREATE TABLE other (told TEXT)")
        session.connection().exec_driver_sql("INSERT INTO other VALUES (?)", (json.dumps({"who": "A0001"}),))
    store.close()
    with pytest.raises(NotReadyError, match=r"still named in respite\.db"):
        erase(home, "A0001")
    assert left(home, "A0001") == ["respite.db"]


def test_nobody_is_erased_while_a_run_holds_their_rows_and_would_bring_them_back(own_road: Home) -> None:
    agent = str(load_frame(own_road)["agent_id"].iloc[-1])
    refused = []

    def try_it(*_: object) -> None:
        with pytest.raises(NotReadyError, match="A run is writing into"):
            erase(own_road, agent)
        refused.append(agent)

    score_all(own_road, say=try_it)
    write_features(own_road, tick=try_it)
    assert len(refused) > 1
    assert erase(own_road, agent).left == []
    score_all(own_road)
    assert list(everywhere(own_road, agent)) == []
