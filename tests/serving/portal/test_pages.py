"""Every page of the table, for every role, about every kind of person; a page without a rule fails."""

from itertools import product
from typing import Any

import pytest

from serving.outreach.listing import WELLBEING
from serving.portal.pages import PAGES

pytestmark = pytest.mark.service
ABOUT = ("own", "other_agent", "other_team")
YES, NO, DONE = (200, 200, 200), (403, 403, 403), (303, 303, 303)
OWN_ONLY, OWN_TEAM = (200, 403, 403), (200, 200, 403)
EVERY = ("hr", "manager", "agent", "data_scientist", "auditor")
# what a role gets about: itself or whoever shares, a teammate who does not share, someone of another team; else 403
RULES: dict[tuple[str, str], dict[str, tuple[int, int, int]]] = {
    ("POST", "/portal/sign-in"): dict.fromkeys(EVERY, (401, 401, 401)),  # with a token that opens nothing
    ("GET", "/portal/sign-in/back"): dict.fromkeys(EVERY, (404, 404, 404)),  # nobody set up a provider
    ("POST", "/portal/sign-out"): {},  # a test of its own: it ends the session
    ("GET", "/portal"): dict.fromkeys(EVERY, YES),
    ("GET", "/portal/me"): {"agent": YES},
    ("POST", "/portal/me"): {"agent": YES},
    ("POST", "/portal/me/consent"): {"agent": DONE},
    ("GET", "/portal/offers"): {"hr": YES, "manager": YES, "agent": YES},
    ("GET", "/portal/offers.csv"): {"hr": YES, "manager": YES, "agent": YES},
    ("GET", "/portal/offers.ics"): {"hr": YES, "manager": YES, "agent": YES},
    ("GET", "/portal/offers/{number}"): {"hr": YES, "manager": (200, 404, 404), "agent": (200, 404, 404)},
    ("POST", "/portal/offers/{number}"): {"hr": DONE, "manager": (303, 404, 404), "agent": (303, 404, 404)},
    ("GET", "/portal/plan"): {"hr": YES},
    ("POST", "/portal/plan"): {"hr": (409, 409, 409)},  # the simulated scores are too old for a week of today
    ("GET", "/portal/people"): {"hr": YES, "manager": YES},
    ("GET", "/portal/people/{agent_id}"): {"hr": YES, "manager": OWN_ONLY},
    ("GET", "/portal/teams"): {"hr": YES, "manager": YES},
    ("GET", "/portal/teams/{team_id}"): {"hr": YES, "manager": OWN_TEAM},
    ("GET", "/portal/organization"): {"hr": YES},
    ("GET", "/portal/feedback"): {"hr": YES, "agent": YES},
    ("POST", "/portal/feedback"): {"agent": DONE},
    ("POST", "/portal/feedback/{number}"): {"hr": DONE},
    ("GET", "/portal/suggestions"): {"hr": YES, "manager": YES},
    ("GET", "/portal/models"): dict.fromkeys(EVERY, YES),
    ("GET", "/portal/log"): {"auditor": YES},
}
FORMS: dict[tuple[str, str], dict[str, str]] = {
    ("POST", "/portal/sign-in"): {"token": "respite_nothing"},
    ("POST", "/portal/me"): {"said": "Two short breaks."},
    ("POST", "/portal/me/consent"): {"what": "share_with_manager", "granted": "true"},
    ("POST", "/portal/offers/{number}"): {"state": "accepted"},
    ("POST", "/portal/plan"): {"week": "2026-11-23", "capacity": "2"},
    ("POST", "/portal/feedback"): {"kind": "contest", "said": "I see it differently.", "about": ""},
    ("POST", "/portal/feedback/{number}"): {"said": "It is corrected."},
}


def status(portal: Any, key: tuple[str, str], about: str, role: str) -> int:
    method, template = key
    named = {"agent_id": portal.agents[about], "team_id": portal.teams[about]}
    if "{number}" in template:
        by = "M-1" if about == "own" else WELLBEING
        named["number"] = str(portal.feedback(about) if "feedback" in template else portal.offer(about, by))
    path, browser = template.format(**named), portal.role(role)
    if template == "/portal/sign-in":
        browser = portal.browser(f"10.2.{EVERY.index(role)}.{ABOUT.index(about)}")
        browser.get(path)
    if key == ("POST", "/portal/me"):
        portal.forget_counts()
    answer = browser.get(path) if method == "GET" else browser.post(path, **FORMS[key])
    return int(answer.status_code)


def test_every_page_has_a_rule() -> None:
    assert {(page.method, page.path) for page in PAGES} == set(RULES)


@pytest.mark.parametrize(("key", "role"), [one for one in product(RULES, EVERY) if one[0][1] != "/portal/sign-out"])
def test_a_role_opens_what_it_may_and_nothing_else(key: tuple[str, str], role: str, portal: Any) -> None:
    found = tuple(status(portal, key, about, role) for about in ABOUT)
    assert found == RULES[key].get(role, NO)
