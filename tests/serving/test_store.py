"""The store: all scores of a date or none, twice is once, and readers do not wait."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from features import Home
from features.errors import ConfigError, NotReadyError
from serving import Store
from serving.migrations import FORMER, all_tables, head
from serving.store import Score

DAY, NEXT = date(2026, 1, 5), date(2026, 1, 12)


def row(agent: str, outcome: str = "burnout", as_of: date = DAY, **more: Any) -> dict[str, Any]:
    return {
        "as_of": as_of, "agent_id": agent, "outcome": outcome, "horizon_days": 90, "probability": 0.2,
        "band": "usual", "abstained": None, "base": -1.0, "reasons": [{"sentence": "x", "contribution": 0.1}],
        "model_version": "1", "contract_version": "1.x", "team_id": "T1", "site_id": "S1", "queue": "q",
    } | more  # fmt: skip


def ids(scores: list[Score]) -> list[str]:
    return [score.agent_id for score in scores]


def test_what_was_written_is_read(either_store: Store) -> None:
    either_store.replace_scores(DAY, "burnout", [row("A1")])
    (found,) = either_store.scores("burnout", DAY)
    assert {name: getattr(found, name) for name in row("A1")} == row("A1")


def test_writing_twice_is_writing_once(either_store: Store) -> None:
    for _ in range(2):
        either_store.replace_scores(DAY, "burnout", [row("A1"), row("A2")])
    assert ids(either_store.scores("burnout", DAY)) == ["A1", "A2"]


def test_new_scores_of_a_date_replace_the_former_ones_and_no_others(either_store: Store) -> None:
    either_store.replace_scores(DAY, "burnout", [row("A1"), row("A2")])
    either_store.replace_scores(DAY, "turnover", [row("A1", "turnover")])
    either_store.replace_scores(NEXT, "burnout", [row("A1", as_of=NEXT)])
    either_store.replace_scores(DAY, "burnout", [row("A3", probability=0.9)])
    assert ids(either_store.scores("burnout", DAY)) == ["A3"]
    assert ids(either_store.scores("turnover", DAY)) == ids(either_store.scores("burnout", NEXT)) == ["A1"]


@pytest.mark.parametrize(
    "bad", [[row("A8"), row("A8")], [row("A8"), row("A9", model_version=None)], [row("A8"), row("A9", reasons={1})]]
)
def test_a_write_that_fails_midway_leaves_the_former_scores(bad: list[dict[str, Any]], either_store: Store) -> None:
    either_store.replace_scores(DAY, "burnout", [row("A1")])
    with pytest.raises((SQLAlchemyError, TypeError)):
        either_store.replace_scores(DAY, "burnout", bad)
    assert ids(either_store.scores("burnout", DAY)) == ["A1"]


def test_a_transaction_whose_body_raises_changes_nothing(either_store: Store) -> None:
    either_store.replace_scores(DAY, "burnout", [row("A1")])

    def delete_and_fail() -> None:
        with either_store.session() as session:
            session.execute(text("DELETE FROM scores"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        delete_and_fail()
    assert ids(either_store.scores("burnout", DAY)) == ["A1"]


def test_the_newest_date_is_found_per_outcome(either_store: Store) -> None:
    assert either_store.latest("burnout") is None
    either_store.replace_scores(NEXT, "burnout", [row("A1", as_of=NEXT)])
    either_store.replace_scores(DAY, "burnout", [row("A1")])
    assert either_store.latest("burnout") == NEXT
    assert either_store.latest("turnover") is None


def test_scores_are_chosen_by_agent_and_team_in_the_order_of_ids(either_store: Store) -> None:
    rows = [row("A3"), row("A1"), row("A2", team_id="T2")]
    either_store.replace_scores(DAY, "burnout", rows)
    assert ids(either_store.scores("burnout", DAY)) == ["A1", "A2", "A3"]
    assert ids(either_store.scores("burnout", DAY, ["A3", "A2", "A9"])) == ["A2", "A3"]
    assert ids(either_store.scores("burnout", DAY, team_id="T1")) == ["A1", "A3"]
    assert either_store.scores("burnout", DAY, []) == []


def test_no_scores_at_all_may_be_written(either_store: Store) -> None:
    either_store.replace_scores(DAY, "burnout", [row("A1")])
    either_store.replace_scores(DAY, "burnout", [])
    assert either_store.scores("burnout", DAY) == []


def test_readers_do_not_wait_for_the_writer(store: Store, home: Home) -> None:
    with store.engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
    store.replace_scores(DAY, "burnout", [row("A1")])
    other = Store(home)
    with store.session() as session:
        session.execute(text("DELETE FROM scores"))
        assert ids(other.scores("burnout", DAY)) == ["A1"]
    assert other.scores("burnout", DAY) == []
    other.close()


def test_the_steps_lead_to_the_tables_that_the_code_has(either_store: Store) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with either_store.engine.connect() as connection:
        ours = {"include_name": lambda name, kind, _: kind != "table" or name not in FORMER}
        assert compare_metadata(MigrationContext.configure(connection, opts=ours), all_tables()) == []


def test_opening_a_store_again_keeps_what_it_holds(either_home: Home) -> None:
    for _ in range(2):
        store = Store(either_home)
        store.replace_scores(DAY, "burnout", [row("A1")]) if store.latest("burnout") is None else None
        assert ids(store.scores("burnout", DAY)) == ["A1"]
        store.close()


def test_a_store_from_before_there_were_steps_keeps_its_scores_and_tokens(home: Home) -> None:
    home.root.mkdir()
    engine = create_engine(home.store_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE scores (as_of DATE, agent_id VARCHAR, outcome VARCHAR, horizon_days INT,"
            " probability FLOAT, band VARCHAR, abstained VARCHAR, base FLOAT, reasons JSON, model_version VARCHAR,"
            " contract_version VARCHAR, team_id VARCHAR, site_id VARCHAR, queue VARCHAR,"
            " PRIMARY KEY (as_of, agent_id, outcome))"))  # fmt: skip
        connection.execute(text("CREATE INDEX by_team ON scores (as_of, team_id)"))
        connection.execute(text("CREATE TABLE tokens (name VARCHAR PRIMARY KEY, sha256 VARCHAR, expires_at DATETIME,"
            " revoked BOOLEAN)"))  # fmt: skip
        connection.execute(text("INSERT INTO scores VALUES ('2026-01-05', 'A1', 'burnout', 90, 0.2, 'usual', NULL,"
            " -1.0, '[]', '1', '1.x', 'T1', 'S1', 'q')"))  # fmt: skip
        connection.execute(text("INSERT INTO tokens VALUES ('hr', 'x', '2027-01-01 00:00:00', 0)"))
    engine.dispose()
    store = Store(home)
    (found,) = store.scores("burnout", DAY)
    assert (found.agent_id, found.probability, found.main, found.low, found.families) == ("A1", 0.2, True, None, {})
    with store.session() as session:
        assert session.execute(text("SELECT name, role FROM tokens")).all() == [("hr", "hr")]
    store.close()


def test_a_store_of_a_newer_respite_is_refused(either_home: Home) -> None:
    store = Store(either_home)
    with store.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    store.close()
    with pytest.raises(ConfigError, match=f"The store has version 9999, and this Respite knows up to {head()}"):
        Store(either_home)


def test_a_database_that_does_not_answer_is_named_without_its_password(home: Home) -> None:
    pytest.importorskip("psycopg", reason="needs the extra 'postgres'")
    nowhere = Home(home.root, store="postgresql+psycopg://me:secret@127.0.0.1:1/respite")
    with pytest.raises(
        NotReadyError, match=r"The store postgresql\+psycopg://127.0.0.1:1/respite does not answer"
    ) as e:
        Store(nowhere)
    assert "secret" not in str(e.value)


def test_horizons_stand_beside_each_other_and_the_main_one_is_meant_where_none_is_named(either_store: Store) -> None:
    rows = [row("A1", horizon_days=days, main=days == 90, probability=days / 1000) for days in (30, 90, 180)]
    either_store.replace_scores(DAY, "burnout", rows)
    assert [score.probability for score in either_store.scores("burnout", DAY)] == [0.09]
    assert [score.probability for score in either_store.scores("burnout", DAY, horizon=180)] == [0.18]
    assert [score.horizon_days for score in either_store.history("burnout", "A1")] == [30, 90, 180]
