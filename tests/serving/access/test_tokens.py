"""Tokens: one opens, all others do not, and none can be read from the store."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from features import Home
from features.errors import AccessError, InputError
from serving import Store
from serving.access import Principal, check, grant, list_tokens, revoke
from serving.access.principal import Role

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


def hr(name: str) -> Principal:
    return Principal(name, "hr")


def whose(store: Store, authorization: str | None, now: datetime = NOW) -> str:
    with store.reading() as connection:
        return check(connection, authorization, now).name


def refusal(store: Store, authorization: str | None, now: datetime = NOW) -> str:
    with pytest.raises(AccessError) as refused:
        whose(store, authorization, now)
    return str(refused.value)


def test_a_token_opens_until_its_end(store: Store) -> None:
    token = grant(store, hr("hr"), 30, NOW)
    assert whose(store, f"Bearer {token}", NOW) == "hr"
    assert whose(store, f"bearer {token}", NOW + timedelta(days=30, seconds=-1)) == "hr"
    assert refusal(store, f"Bearer {token}", NOW + timedelta(days=30))


def test_the_end_is_a_moment_in_any_zone(store: Store) -> None:
    token = grant(store, hr("hr"), 1, NOW.astimezone(timezone(timedelta(hours=9))))
    later = (NOW + timedelta(hours=23)).astimezone(timezone(timedelta(hours=-8)))
    assert whose(store, f"Bearer {token}", later) == "hr"


def test_a_revoked_token_opens_nothing_and_the_others_still_do(store: Store) -> None:
    token, other = grant(store, hr("hr"), 30, NOW), grant(store, hr("other"), 30, NOW)
    revoke(store, "hr")
    assert refusal(store, f"Bearer {token}")
    assert whose(store, f"Bearer {other}", NOW) == "other"


def test_every_refusal_is_the_same_sentence(store: Store) -> None:
    expired, revoked = grant(store, hr("old"), 1, NOW - timedelta(days=9)), grant(store, hr("gone"), 9, NOW)
    revoke(store, "gone")
    wrong = [None, "", "Bearer", "Bearer ", "Bearer no", revoked, f"Basic {revoked}", f"Bearer {expired}",
             f"Bearer {revoked}", "Bearer é\x00"]  # fmt: skip
    assert len({refusal(store, given) for given in wrong}) == 1


def test_the_hash_of_a_token_opens_nothing(store: Store) -> None:
    grant(store, hr("hr"), 30, NOW)
    assert refusal(store, f"Bearer {list_tokens(store)[0].sha256}")


def test_a_token_is_kept_nowhere_in_clear(store: Store, home: Home) -> None:
    token = grant(store, hr("hr"), 30, NOW)
    files = [path.read_bytes() for path in home.root.iterdir() if path.is_file()]
    assert any(b"hr" in content for content in files)
    assert not any(token.encode() in content or token[8:].encode() in content for content in files)


def test_tokens_are_long_and_never_the_same(store: Store) -> None:
    tokens = {grant(store, hr(f"n{number}"), 1, NOW) for number in range(20)}
    assert len(tokens) == 20
    assert all(len(token) >= 40 for token in tokens)


@pytest.mark.parametrize("name", ["", " ", "a b", "a\n", "../x", "x" * 81, "a'; DROP TABLE tokens"])
def test_a_name_that_cannot_be_read_aloud_is_refused(name: str, store: Store) -> None:
    with pytest.raises(InputError, match="a name has 1 to 80 letters"):
        grant(store, hr(name), 30, NOW)


@pytest.mark.parametrize("name", ["hr", "wellbeing.partner@example.org", "a-b_c", "Zoë"])
def test_names_of_people_and_services_are_taken(name: str, store: Store) -> None:
    assert whose(store, f"Bearer {grant(store, hr(name), 1, NOW)}", NOW) == name


@pytest.mark.parametrize("days", [0, -1, 366])
def test_days_out_of_range_are_refused(days: int, store: Store) -> None:
    with pytest.raises(InputError, match=f"--days {days}: a token is valid for 1 to 365 days"):
        grant(store, hr("hr"), days, NOW)
    assert list_tokens(store) == []


def test_a_name_is_given_once_even_after_it_was_revoked(store: Store) -> None:
    first = grant(store, hr("hr"), 30, NOW)
    with pytest.raises(InputError, match="there is a token of that name"):
        grant(store, hr("hr"), 30, NOW)
    assert whose(store, f"Bearer {first}", NOW) == "hr"
    revoke(store, "hr")
    with pytest.raises(InputError, match="there is a token of that name"):
        grant(store, hr("hr"), 30, NOW)


def test_revoking_a_stranger_is_refused(store: Store) -> None:
    with pytest.raises(InputError, match="there is no token of that name; see `respite access list`"):
        revoke(store, "nobody")


def test_the_list_names_every_token_and_its_end(store: Store) -> None:
    grant(store, hr("b"), 2, NOW)
    grant(store, hr("a"), 1, NOW)
    revoke(store, "a")
    found = [(token.name, token.expires_at, token.revoked) for token in list_tokens(store)]
    assert found == [("a", datetime(2026, 1, 6, 12), True), ("b", datetime(2026, 1, 7, 12), False)]  # noqa: DTZ001


def test_a_manager_s_token_knows_whose_offers_are_theirs(store: Store) -> None:
    lead = Principal("lead", "manager", frozenset({"T01"}), manager_id="M07")
    for who in (lead, Principal("by-team", "manager", frozenset({"T01"}))):
        token = grant(store, who, 1, NOW)
        with store.reading() as connection:
            assert check(connection, f"Bearer {token}", NOW) == who


@pytest.mark.parametrize(
    ("role", "teams", "manager"), [("hr", (), "M07"), ("manager", ("T01",), ""), ("auditor", (), "")]
)
def test_nobody_but_a_manager_has_a_manager_s_id_and_it_is_not_empty(
    role: Role, teams: tuple[str, ...], manager: str
) -> None:
    with pytest.raises(InputError, match="a manager may have a manager id that is not empty"):
        Principal("x", role, frozenset(teams), manager_id=manager)
