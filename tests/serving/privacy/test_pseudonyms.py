"""Pseudonyms: stable within a period, unlinkable across periods, and about nobody after an erasure."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from features.errors import AccessError, ConfigError, InputError
from serving import Store
from serving.privacy.keys import Keys
from serving.privacy.pseudonyms import _name, forget, pseudonym, pseudonyms, reidentify
from serving.privacy.tables import Identity


@pytest.fixture
def private(store: Store) -> Store:
    return store


def test_a_name_is_the_same_within_a_period_and_another_in_the_next(private: Store) -> None:
    with private.writing() as session:
        first = pseudonym(session, "A0001", "2026-03")
    with private.writing() as session:
        assert pseudonym(session, "A0001", "2026-03") == first
        assert pseudonym(session, "A0001", "2026-04") != first
        assert pseudonym(session, "A0002", "2026-03") != first
    assert "A0001" not in first
    assert len(first) == 26


def test_many_names_are_those_of_one_at_a_time(private: Store) -> None:
    agents = [f"A{number:04d}" for number in range(1200)]
    with private.writing() as session:
        names = pseudonyms(session, agents, "2026-03")
        assert len(set(names.values())) == len(agents)
        assert names["A0700"] == pseudonym(session, "A0700", "2026-03")
        assert session.scalar(select(func.count()).select_from(Identity)) == len(agents)


def test_hr_and_auditors_turn_a_name_back_with_a_reason(private: Store) -> None:
    with private.writing() as session:
        names = pseudonyms(session, ["A0001", "A0002"], "2026-03")
        for role in ("hr", "auditor"):
            assert reidentify(session, names["A0002"], "2026-03", role=role, reason="a complaint") == "A0002"


@pytest.mark.parametrize("role", ["manager", "agent", "data_scientist", "service", ""])
def test_nobody_else_turns_a_name_back(role: str, private: Store) -> None:
    with private.writing() as session:
        name = pseudonym(session, "A0001", "2026-03")
        with pytest.raises(AccessError, match="only auditor and hr may turn a pseudonym back"):
            reidentify(session, name, "2026-03", role=role, reason="curious")


def test_a_reason_is_asked_for(private: Store) -> None:
    with private.writing() as session, pytest.raises(InputError, match="reason: say why"):
        reidentify(session, "P-X", "2026-03", role="hr", reason=" ")


def test_after_erasure_a_name_is_nobodys_and_a_new_one_differs(private: Store) -> None:
    with private.writing() as session:
        name = pseudonym(session, "A0001", "2026-03")
        assert forget(session, "A0001")
        assert not forget(session, "A0001")
        with pytest.raises(InputError, match="nobody on record has this name"):
            reidentify(session, name, "2026-03", role="auditor", reason="a check")
        assert pseudonym(session, "A0001", "2026-03") != name


def test_after_its_key_is_destroyed_a_period_is_closed(private: Store) -> None:
    with private.writing() as session:
        name, keys = pseudonym(session, "A0001", "2026-03"), Keys.of(session)
        keys.destroy("2026-03")
        with pytest.raises(InputError, match="its key is not there"):
            reidentify(session, name, "2026-03", role="auditor", reason="a check")
        with pytest.raises(InputError, match="there is no key of that period"):
            keys.destroy("2026-03")


def test_keys_lie_apart_from_the_database_and_open_to_their_owner_only(private: Store, tmp_path: Path) -> None:
    keys = Keys(tmp_path / "elsewhere")
    with private.writing() as session:
        pseudonym(session, "A0001", "2026-03", keys)
        assert Keys.of(session).folder == tmp_path / "home" / "keys"
    (path,) = (tmp_path / "elsewhere").iterdir()
    assert path.stat().st_mode & 0o077 == 0
    assert path.read_bytes() not in (tmp_path / "home" / "respite.db").read_bytes()


def test_an_environment_names_the_folder_of_keys(
    private: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RESPITE_KEYS", str(tmp_path / "vault"))
    with private.writing() as session:
        assert Keys.of(session).folder == tmp_path / "vault"


def test_a_broken_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "2026-03.key").write_bytes(b"short")
    with pytest.raises(ConfigError, match="has 5 bytes; a key has 32"):
        Keys(tmp_path).key("2026-03")


@pytest.mark.parametrize("period", ["", "../x", "a/b", "2026 03", "x" * 40])
def test_a_period_is_a_plain_name(period: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="name one in letters, digits and dashes"):
        Keys(tmp_path).key(period)


@given(st.text(min_size=1), st.text(min_size=1))
def test_two_agents_share_a_name_only_if_they_are_one(first: str, second: str) -> None:
    key, salt = bytes(32), "0" * 32
    assert (_name(key, salt, first) == _name(key, salt, second)) == (first == second)
