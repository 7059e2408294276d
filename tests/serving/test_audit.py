"""The audit log: whatever is changed in it afterwards is found."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from serving import Store
from serving.audit import BrokenChainError, Event, append, forget_before, verify

NOW = datetime(2026, 1, 5, 12, 0, 0, 123456, tzinfo=UTC)


def fill(store: Store, entries: int = 5) -> None:
    for number in range(entries):
        append(store, Event(f"hr{number}", "POST /v1/scores", 200, (f"A{number}",), purpose="support"), NOW)


def change(store: Store, *statements: str) -> None:
    with store.writing() as session:
        for statement in statements:
            session.execute(text(statement))


def test_an_untouched_log_is_whole(either_store: Store) -> None:
    assert verify(either_store) == 0
    fill(either_store)
    assert verify(either_store) == 5


@pytest.mark.parametrize("column", ["who", "what", "whom", "purpose", "model"])
def test_a_changed_word_is_found(column: str, either_store: Store) -> None:
    fill(either_store)
    change(either_store, f"UPDATE audit SET {column} = 'x' WHERE number = 3")
    with pytest.raises(BrokenChainError, match="entry 3: changed"):
        verify(either_store)


TAMPERED = [
    (["UPDATE audit SET status = 401 WHERE number = 2"], "entry 2: changed"),
    (["UPDATE audit SET at = '2020-01-01 00:00:00.000000' WHERE number = 2"], "entry 2: changed"),
    (["DELETE FROM audit WHERE number = 1"], "begins with entry 2, and no retention says that it may"),
    (["DELETE FROM audit WHERE number = 3"], "entry 3: missing"),
    (["DELETE FROM audit WHERE number = 5"], "ends with entry 4, and its head says 5"),
    (["DELETE FROM audit"], "ends with entry 0, and its head says 5"),
    (["DELETE FROM audit", "DELETE FROM audit_head"], "audit.head in the home says 5"),
    (["DELETE FROM audit_head"], "ends with entry 5, and its head says 0"),
    (["UPDATE audit SET number = 9 WHERE number = 2", "UPDATE audit SET number = 2 WHERE number = 3",
      "UPDATE audit SET number = 3 WHERE number = 9"], "entry 2: changed, or not the one that followed 1"),
    (["DELETE FROM audit WHERE number = 5", "UPDATE audit_head SET number = 4,"
      " sha256 = (SELECT sha256 FROM audit WHERE number = 4)"], "audit.head in the home says 5"),
]  # fmt: skip


@pytest.mark.parametrize(("statements", "said"), TAMPERED)
def test_what_was_removed_moved_or_cut_off_is_found(statements: list[str], said: str, either_store: Store) -> None:
    fill(either_store)
    change(either_store, *statements)
    with pytest.raises(BrokenChainError, match=said):
        verify(either_store)


def test_a_log_whose_head_was_taken_away_stays_broken_when_it_goes_on(store: Store) -> None:
    fill(store)
    change(store, "DELETE FROM audit_head")
    fill(store, 1)
    with pytest.raises(BrokenChainError, match="entry 6: changed, or not the one that followed 5"):
        verify(store)


def test_many_at_once_keep_one_order(either_store: Store) -> None:
    with ThreadPoolExecutor(4) as pool:
        numbers = list(pool.map(lambda n: append(either_store, Event(f"w{n}", "x", 200), NOW), range(40)))
    assert sorted(numbers) == list(range(1, 41))
    assert verify(either_store) == 40


def test_the_keys_are_those_of_the_stores_own_home(either_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever home the environment names: else a log that a service wrote could not be verified from elsewhere."""
    fill(either_store)
    monkeypatch.setenv("RESPITE_HOME", "elsewhere")
    assert verify(either_store) == 5


def test_a_retention_shortens_the_chain_and_says_so(either_store: Store) -> None:
    fill(either_store)
    later = NOW + timedelta(days=400)
    append(either_store, Event("hr", "x", 200), later)
    assert forget_before(either_store, NOW + timedelta(days=1), later, dry_run=True) == 5
    assert verify(either_store) == 6
    assert forget_before(either_store, NOW + timedelta(days=1), later) == 5
    assert verify(either_store) == 2
    change(either_store, "DELETE FROM audit WHERE number = 6")
    with pytest.raises(BrokenChainError):
        verify(either_store)
