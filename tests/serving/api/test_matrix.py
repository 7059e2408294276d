"""Every endpoint, for every role, about every kind of person, and with every kind of token that opens nothing.

The endpoints are those of the OpenAPI document: one that has no row in `RULES` fails.
"""

from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest

from serving.access.principal import ROLES
from serving.api.operations import PATHS
from serving.outreach.listing import WELLBEING

pytestmark = pytest.mark.service
ABOUT = ("own", "other_agent", "other_team")
NO_TOKEN = ("expired", "revoked", "forged", "missing")
YES, NO = (200, 200, 200), (403, 403, 403)
OWN_ONLY, OWN_TEAM = (200, 403, 403), (200, 200, 403)
OWN_OFFER = (200, 404, 404)  # another's offer looks like none
# what a role gets about: itself or whoever shares, a teammate who does not share, someone of another team; else 403
RULES: dict[tuple[str, str], dict[str, tuple[int, int, int]]] = {
    ("POST", "/v1/scores"): {"hr": YES, "service": YES, "manager": OWN_ONLY, "agent": OWN_ONLY},
    ("GET", "/v1/scores"): {"hr": YES, "service": YES, "data_scientist": YES},
    ("GET", "/v1/agents/{agent_id}/score"): {"hr": YES, "service": YES, "manager": OWN_ONLY, "agent": OWN_ONLY},
    ("GET", "/v1/agents/{agent_id}/explanation"): {"hr": YES, "manager": OWN_ONLY, "agent": OWN_ONLY},
    ("GET", "/v1/agents/{agent_id}/history"): {"hr": YES, "manager": OWN_ONLY, "agent": OWN_ONLY},
    ("POST", "/v1/agents/{agent_id}/what-if"): {"hr": YES, "agent": OWN_ONLY},
    ("PUT", "/v1/agents/{agent_id}/consent"): {"agent": OWN_ONLY},
    ("GET", "/v1/teams/{team_id}/scores"): {"hr": YES, "service": YES, "manager": OWN_TEAM},
    ("GET", "/v1/groups/{kind}/{name}"): {"hr": YES, "manager": OWN_TEAM},
    ("POST", "/v1/score_rows"): {"hr": YES, "service": YES, "data_scientist": YES},
    ("GET", "/v1/models/{outcome}"): dict.fromkeys(ROLES, YES),
    ("GET", "/v1/log"): {"auditor": YES},
    ("GET", "/v1/offers"): {"hr": YES, "manager": YES, "agent": YES},
    ("GET", "/v1/offers.csv"): {"hr": YES, "manager": YES, "agent": YES},
    ("GET", "/v1/offers.ics"): {"hr": YES, "manager": YES, "agent": YES},
    ("GET", "/v1/offers/{number}"): {"hr": YES, "manager": OWN_OFFER, "agent": OWN_OFFER},
    ("PUT", "/v1/offers/{number}/state"): {"hr": YES, "manager": OWN_OFFER, "agent": OWN_OFFER},
    ("POST", "/v1/offers/plan"): {"hr": (409, 409, 409)},  # the simulated scores are too old for a week of today
    ("POST", "/v1/agents/{agent_id}/feedback"): {"agent": OWN_ONLY, "hr": NO},
    ("GET", "/v1/agents/{agent_id}/feedback"): {"agent": OWN_ONLY, "hr": YES},
    ("GET", "/v1/feedback"): {"hr": YES},
    ("PUT", "/v1/feedback/{number}/answer"): {"hr": YES},
    ("POST", "/v1/suggestions"): {"agent": YES},
    ("GET", "/v1/suggestions"): {"hr": YES, "manager": YES},
    ("GET", "/v1/teams/{team_id}/report"): {"hr": YES, "manager": OWN_TEAM},
    ("GET", "/v1/agents/{agent_id}/page"): {"agent": OWN_ONLY},
    ("GET", "/v1/organization/report"): {"hr": YES},
    ("GET", "/metrics"): {"auditor": YES, "service": YES, "data_scientist": YES},
}
BODIES: dict[tuple[str, str], Any] = {
    ("POST", "/v1/scores"): lambda agent: {"agent_ids": [agent]},
    ("POST", "/v1/score_rows"): lambda agent: {"rows": [{"tenure": 3.0}]},
    ("POST", "/v1/agents/{agent_id}/what-if"): lambda agent: {"changes": {"overtime": 0.0}},
    ("PUT", "/v1/agents/{agent_id}/consent"): lambda agent: {"what": "share_with_manager", "granted": True},
    ("PUT", "/v1/offers/{number}/state"): lambda agent: {"state": "accepted"},
    ("POST", "/v1/offers/plan"): lambda agent: {"week": str(datetime.now(UTC).date()), "dry_run": True},
    ("POST", "/v1/agents/{agent_id}/feedback"): lambda agent: {"kind": "contest", "said": "I see it differently."},
    ("POST", "/v1/suggestions"): lambda agent: {"said": "Two short breaks."},
    ("PUT", "/v1/feedback/{number}/answer"): lambda agent: {"said": "It is corrected."},
}


def request(api: Any, key: tuple[str, str], about: str, role: str | None) -> int:
    method, template = key
    agent = getattr(api.cast, about)
    named = {"agent_id": agent, "team_id": api.cast.teams[about], "kind": "team", "name": api.cast.teams[about]}
    if "{number}" in template:
        by = "M-1" if about == "own" else WELLBEING
        named["number"] = api.feedback(about) if "feedback" in template else api.offer(about, by)
    if key == ("POST", "/v1/suggestions"):
        api.forget_counts()
    path = template.format(**named, outcome="burnout")
    body = BODIES[key](agent) if key in BODIES else None
    return int(api.ask(method, path, role, json=body).status_code)


def test_every_endpoint_of_the_document_has_a_rule(api: Any) -> None:
    document = api.client.get("/docs.json").json()
    served = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert served == set(RULES) == set(PATHS)


@pytest.mark.parametrize(("key", "role"), [*product(RULES, ROLES)])
def test_a_role_reads_what_it_may_and_nothing_else(key: tuple[str, str], role: str, api: Any) -> None:
    found = tuple(request(api, key, about, role) for about in ABOUT)
    assert found == RULES[key].get(role, NO)


@pytest.mark.parametrize(("key", "which"), [*product(RULES, NO_TOKEN)])
def test_a_token_that_opens_nothing_opens_nothing(key: tuple[str, str], which: str, api: Any) -> None:
    assert request(api, key, "own", None if which == "missing" else which) == 401


@pytest.mark.parametrize("purpose", ["discipline", "pay", "promotion", "termination", "Termination", "fun", None])
@pytest.mark.parametrize("key", RULES)
def test_no_purpose_that_is_refused_or_unknown_is_answered(key: tuple[str, str], purpose: str | None, api: Any) -> None:
    method, template = key
    path = template.format(agent_id=api.cast.own, team_id="T", kind="team", name="T", outcome="burnout", number=1)
    role = next(iter(RULES[key]))
    answer = api.ask(method, path, role, purpose=purpose, json=BODIES[key](api.cast.own) if key in BODIES else None)
    assert answer.status_code == 403
    assert "urpose" in answer.json()["detail"]
