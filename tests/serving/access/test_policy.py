"""The policy file: what it may choose, and what is not for any file to decide."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from features.errors import AccessError, BannedInputError, ConfigError, InputError
from serving.access import Principal, load_policy
from serving.access.policy import SHIPPED, PurposeError
from serving.access.principal import OPERATIONS, ROLES

HR = Principal("hr", "hr")


@pytest.fixture
def changed(tmp_path: Path) -> Callable[[Callable[[dict[str, Any]], object]], Path]:
    """The shipped policy with a change."""

    def write(change: Callable[[dict[str, Any]], object]) -> Path:
        found = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
        change(found)
        file = tmp_path / "policy.yaml"
        file.write_text(yaml.safe_dump(found), encoding="utf-8")
        return file

    return write


def test_defaults_are_those_of_the_domain_reference() -> None:
    roles = load_policy().roles
    assert {name: role.about for name, role in roles.items()} == {
        "hr": "everyone", "manager": "shared", "agent": "self", "data_scientist": "pseudonyms", "auditor": "nobody",
        "service": "everyone",
    }  # fmt: skip
    assert "turnover" not in roles["manager"].outcomes
    assert roles["auditor"].outcomes == ()


REFUSED: list[tuple[Callable[[dict[str, Any]], object], str]] = [
    (lambda p: p["roles"]["agent"].update(about="everyone"), "roles.agent.about: everyone where self or nobody"),
    (lambda p: p["roles"]["data_scientist"].update(about="everyone"), "roles.data_scientist.about: everyone"),
    (lambda p: p["roles"]["auditor"]["may"].append("scores"), "roles.auditor.may: scores is about people"),
    (lambda p: p["roles"]["data_scientist"]["may"].append("history"), "roles.data_scientist.may: history takes a name"),
    (lambda p: p["roles"]["hr"]["may"].append("consent"), "roles.hr.may: consent is the agent's own"),
    (lambda p: p["roles"]["hr"]["may"].append("suggest"), "roles.hr.may: suggest is the agent's own"),
    (
        lambda p: p["roles"]["auditor"]["may"].append("suggestions"),
        "roles.auditor.may: suggestions is for hr and manager",
    ),
    (lambda p: p["roles"]["manager"].update(about="everyone"), "roles.manager.about: everyone"),
    (lambda p: p["roles"].pop("auditor"), "roles: auditor is missing"),
    (lambda p: p["roles"]["hr"]["purposes"].append("fun"), "roles.hr.purposes: fun is none of"),
    (lambda p: p["refused"].remove("pay"), "refused: must name pay"),
    (lambda p: p["purposes"].update(promotion="x"), "purposes: promotion is refused"),
    (lambda p: p.update(extra=1), "extra: Extra inputs are not permitted"),
    (lambda p: p["roles"]["hr"].update(may=["everything"]), "roles.hr.may.0: Input should be"),
]


@pytest.mark.parametrize(("change", "said"), REFUSED)
def test_what_no_file_may_decide_is_refused(
    change: Callable[[dict[str, Any]], object], said: str, changed: Callable[..., Path]
) -> None:
    with pytest.raises(ConfigError) as refused:
        load_policy(changed(change))
    assert said in str(refused.value)


def test_a_policy_that_names_a_banned_signal_is_refused(changed: Callable[..., Path]) -> None:
    with pytest.raises(BannedInputError, match="'keystroke_rate' may not be named"):
        load_policy(changed(lambda p: p["purposes"].update(keystroke_rate="x")))


def test_a_file_may_let_managers_read_their_own_teams(changed: Callable[..., Path]) -> None:
    policy = load_policy(changed(lambda p: p["roles"]["manager"].update(about="own_teams")))
    assert policy.roles["manager"].about == "own_teams"


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_policy(tmp_path / "none.yaml")


@pytest.mark.parametrize("purpose", [None, "", "pay", "PROMOTION", "termination", "discipline", "fun", "self"])
def test_a_purpose_that_is_not_the_roles_is_refused(purpose: str | None) -> None:
    with pytest.raises(PurposeError):
        load_policy().refuse_purpose(HR, purpose)


def test_the_log_never_holds_a_strangers_words_as_a_purpose() -> None:
    policy = load_policy()
    said = [policy.known_purpose(given) for given in (None, "support", "Pay", "A0001 is lazy")]
    assert said == ["none", "support", "pay", "unknown"]


@pytest.mark.parametrize("role", ROLES)
def test_a_scope_narrows_and_never_widens(role: Any) -> None:
    policy = load_policy()
    bound = {"manager": {"teams": frozenset({"T"})}, "agent": {"agent_id": "A"}}.get(role, {})
    for scope in OPERATIONS:
        for operation in OPERATIONS:
            narrow = Principal("x", role, scopes=frozenset({scope}), **bound)  # type: ignore[arg-type]
            if operation == scope and operation in policy.roles[role].may:
                policy.refuse_operation(narrow, operation)
            else:
                with pytest.raises(AccessError):
                    policy.refuse_operation(narrow, operation)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"role": "boss"}, "role 'boss': the roles are hr, manager"),
        ({"role": "manager"}, "a manager has teams"),
        ({"role": "hr", "teams": frozenset({"T"})}, "a manager has teams, and nobody else has"),
        ({"role": "agent"}, "an agent has their own agent id"),
        ({"role": "hr", "agent_id": "A"}, "an agent has their own agent id, and nobody else has one"),
        ({"role": "hr", "scopes": frozenset({"all"})}, "scope 'all': the scopes are scores"),
    ],
)
def test_a_principal_that_does_not_hold_together_is_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        Principal("x", **wrong)
