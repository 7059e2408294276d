"""What stands on the pages: whose data, in whose words, and nothing that runs."""

import re
from datetime import UTC, date, datetime, time, timedelta
from html import unescape
from typing import Any

import pytest

from serving import Store
from serving.access import Principal
from serving.consent import record
from serving.feedback.tables import Suggestion
from serving.outreach.offers import find, notes_of

pytestmark = pytest.mark.service
NOW, EARLY = datetime.now(UTC), date(2026, 1, 5)  # of a long list, what is due first is on the first page
STRANGE = "<script>alert('x')</script> \N{RIGHT-TO-LEFT OVERRIDE}שלום 🙂 {{ 7 * 7 }} \"quoted\" & so on"


def store(portal: Any) -> Store:
    return Store(portal.home)


def test_strange_words_are_shown_as_they_are_and_run_nowhere(portal: Any) -> None:
    agent, partner = portal.role("agent"), portal.role("hr")
    agent.get("/portal/me")
    assert agent.post("/portal/feedback", kind="contest", said=STRANGE, about="<b>overtime</b>").status_code == 303
    for page in (agent.get("/portal/feedback").text, partner.get("/portal/feedback").text):
        assert "<script" not in page
        assert "<b>overtime" not in page
        assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;" in page
        assert "שלום 🙂 {{ 7 * 7 }}" in page


@pytest.mark.parametrize("path", ["people?team={}", "offers?team={}", "teams/{}", "people/{}"])
def test_a_strange_address_runs_nowhere(path: str, portal: Any) -> None:
    answer = portal.role("hr").get("/portal/" + path.format("%3Cscript%3Ealert(1)%3C%2Fscript%3E%F0%9F%99%82"))
    assert answer.status_code in (200, 404)
    assert "<script" not in answer.text


def test_a_manager_reads_nobody_who_does_not_share_and_no_offer_that_is_not_theirs(portal: Any) -> None:
    manager = portal.role("manager")
    own, others = portal.offer("own", "M-1", due_on=EARLY), portal.offer("other_agent", "M-1")
    partners, elsewhere = portal.offer("own"), portal.offer("other_team", "M-1")
    page = manager.get("/portal/offers?which=all").text
    assert f"Offer {own}<" in page
    for hidden in (others, partners, elsewhere):
        assert f"Offer {hidden}<" not in page
        assert manager.get(f"/portal/offers/{hidden}").status_code == 404
    for path in ("/portal/people", f"/portal/teams/{portal.teams['own']}", "/portal/offers.csv"):
        text = manager.get(path).text
        assert portal.agents["other_agent"] not in text
        assert portal.agents["other_team"] not in text


def test_of_two_managers_of_a_team_each_finds_their_own_offers_alone(portal: Any) -> None:
    number, team = portal.offer("own", "M-1", due_on=EARLY), frozenset({portal.teams["own"]})
    for manager, status in (("M-1", 200), ("M-2", 404)):
        browser = portal.browser(f"10.7.0.{manager[-1]}")
        browser.sign_in(portal.token(Principal(f"lead-{manager}", "manager", team, manager_id=manager)))
        assert (f"Offer {number}<" in browser.get("/portal/offers").text) == (status == 200)
        assert browser.get(f"/portal/offers/{number}").status_code == status


def test_a_manager_loses_sight_of_whoever_stops_sharing(portal: Any) -> None:
    manager, number, kept = portal.role("manager"), portal.offer("own", "M-1"), store(portal)
    record(kept, portal.agents["own"], "share_with_manager", False, NOW)
    try:
        assert manager.get(f"/portal/offers/{number}").status_code == 404
        assert manager.get(f"/portal/people/{portal.agents['own']}").status_code == 403
        assert portal.agents["own"] not in manager.get("/portal/people").text
    finally:
        record(kept, portal.agents["own"], "share_with_manager", True, NOW)
        kept.close()


@pytest.mark.parametrize("role", ["hr", "manager", "agent"])
def test_nobody_sees_who_is_held_out(role: str, portal: Any) -> None:
    number, browser = portal.offer("own", arm="holdout"), portal.role(role)
    assert browser.get(f"/portal/offers/{number}").status_code == 404
    assert browser.post(f"/portal/offers/{number}", state="accepted").status_code == 404
    for path in ("/portal/offers?which=all", "/portal/offers.csv", "/portal/offers.ics"):
        text = browser.get(path).text
        assert f"Offer {number}<" not in text
        assert f"\n{number}," not in text
        assert "holdout" not in text


def test_a_long_list_has_pages_with_links_that_keep_the_filter(portal: Any) -> None:
    partner = portal.role("hr")
    numbers = [portal.offer("other_team", "M-9", team_id="T-long") for _ in range(60)]
    path, found = "/portal/offers?which=open&team=T-long", list[str]()
    while path:
        page = partner.get(path).text
        found += re.findall(r'<a href="/portal/offers/(\d+)">', page)
        link = re.search(r'<a href="(\?[^"]+)" rel="next">', page)
        path = f"/portal/offers{unescape(link[1])}" if link else ""
        assert not link or "team=T-long" in link[1]
    assert found == [str(number) for number in numbers]
    back = re.search(r'<a href="(\?[^"]+)" rel="prev">', page)
    assert back
    assert f'<a href="/portal/offers/{found[0]}">' in partner.get(f"/portal/offers{unescape(back[1])}").text
    assert partner.get("/portal/offers?after=nonsense").status_code == 400


def test_an_offer_goes_from_yes_to_what_came_of_it(portal: Any) -> None:
    partner, number, kept = portal.role("hr"), portal.offer("other_team"), store(portal)
    for form in ({"state": "accepted"}, {"state": "done"}, {"state": "outcome", "said": "helped", "note": STRANGE}):
        assert partner.post(f"/portal/offers/{number}", **form).status_code == 303
    assert find(kept, number).outcome == "helped"
    assert find(kept, number).recorded_by == "hr-1"
    assert [note.note for note in notes_of(kept, number)] == [STRANGE]
    answer = partner.post(f"/portal/offers/{number}", state="accepted")
    assert answer.status_code == 400
    assert "nothing follows" in answer.text
    kept.close()


def test_an_agent_says_no_and_wants_no_more(portal: Any) -> None:
    agent, number, kept = portal.role("agent"), portal.offer("own"), store(portal)
    assert agent.post(f"/portal/offers/{number}", state="done").status_code == 403
    answer = agent.post(f"/portal/offers/{number}", state="declined", no_more="true")
    assert answer.headers["location"] == "/portal/offers?said=recorded"
    assert find(kept, number).recorded_by == "the agent"
    assert "You are offered nothing" in agent.get("/portal/me").text
    record(kept, portal.agents["own"], "outreach", True, NOW)
    kept.close()


def test_an_agent_reads_neither_another_page_nor_a_score_of_another(portal: Any) -> None:
    agent = portal.role("agent")
    text = agent.get("/portal/me").text
    assert portal.agents["own"] in text
    assert portal.agents["other_agent"] not in text
    assert agent.get(f"/portal/people/{portal.agents['own']}").status_code == 403


def test_a_suggestion_is_sent_knowing_that_it_is_lost_and_leads_to_no_page_with_a_name(portal: Any) -> None:
    portal.forget_counts()
    agent = portal.role("agent")
    page = agent.get("/portal/me").text
    lost = page.index("an erasure of your data does not reach it")
    assert lost < page.index('action="/portal/me"'), "it says so before it is sent"
    answer = agent.post("/portal/me", said=STRANGE)
    assert answer.status_code == 200
    assert "It is kept without your name" in answer.text
    entry = portal.log()[-1]
    assert (entry.who, entry.what, entry.whom) == ("somebody of role agent", "POST /portal/me", "a suggestion")
    assert entry.at.time() == time.min
    assert agent.post("/portal/me", said=" ").status_code == 400
    assert portal.log()[-1].who == "somebody of role agent"
    assert STRANGE[:20] not in portal.role("hr").get("/portal/feedback").text  # the week is not over


def test_suggestions_are_read_by_hr_beside_feedback_and_by_managers_together(portal: Any) -> None:
    team, kept = portal.teams["own"], store(portal)
    with kept.writing() as session:
        for number in range(10):
            row = {"key": f"k{number}", "week": date(2026, 3, 2), "team_id": team, "said": f"{STRANGE} {number}"}
            session.add(Suggestion(**row, shared=False))
    kept.close()
    partner, manager = portal.role("hr").get("/portal/feedback").text, portal.role("manager")
    assert "week of 2026-03-02" in partner
    assert "week of 2026-03-02" in portal.role("hr").get("/portal/suggestions").text
    page = manager.get("/portal/suggestions").text
    for text in (partner, page):
        assert text.count("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;") >= 10
        assert "<script" not in text
    assert "2026-03-02" not in page
    assert "Vorschläge" in manager.get("/portal/suggestions?lang=de").text
    manager.get("/portal?lang=en")


def test_the_list_is_by_score_and_its_pages_hold_everyone_once(portal: Any) -> None:
    partner, found = portal.role("hr"), []
    for page in (1, 2):
        found += re.findall(r'/portal/people/(A\d+)"', partner.get(f"/portal/people?page={page}").text)
    kept = store(portal)
    day = kept.latest("burnout")
    assert day is not None
    scores = kept.scores("burnout", day)
    kept.close()
    expected = sorted(scores, key=lambda one: (one.probability is None, -(one.probability or 0), one.agent_id))
    assert found == [one.agent_id for one in expected]
    assert partner.get("/portal/people?page=9").status_code == 400


@pytest.mark.parametrize("query", ["page=0", "page=x", "band=odd", "outcome=luck", "team=%00"])
def test_a_filter_that_is_not_valid_is_refused_in_a_sentence(query: str, portal: Any) -> None:
    answer = portal.role("hr").get(f"/portal/people?{query}")
    assert answer.status_code == 400
    assert query.partition("=")[0] in answer.text


def test_a_page_is_in_the_log_with_everyone_it_is_about(portal: Any) -> None:
    portal.role("hr").get(f"/portal/people/{portal.agents['own']}")
    entry = portal.log()[-1]
    assert (entry.who, entry.what, entry.purpose, entry.status) == (
        "hr-1", "GET /portal/people/{agent_id}", "support", 200,
    )  # fmt: skip
    assert entry.whom.startswith("P-")
    portal.role("manager").get(f"/portal/teams/{portal.teams['own']}")
    entry = portal.log()[-1]
    assert entry.purpose == "work_design"
    assert entry.whom.startswith(f"team {portal.teams['own']} P-")


def test_the_plan_that_is_kept_is_the_one_that_was_shown(portal: Any, last_day: Any) -> None:
    week = {"week": str(last_day + timedelta(days=7)), "capacity": "1"}
    partner = portal.role("hr")
    shown = partner.get(f"/portal/plan?week={week['week']}&capacity=1").text
    before = partner.get("/portal/offers.csv").text.count("\n")
    assert partner.post("/portal/plan", **week).status_code == 303
    after = partner.get("/portal/offers.csv").text.count("\n")
    assert 0 < after - before == shown.count('<td class="person">')
    assert "Nobody new" in partner.get(f"/portal/plan?week={week['week']}&capacity=1").text


def test_the_language_is_kept_once_it_was_chosen(portal: Any) -> None:
    browser = portal.browser("10.6.0.1")
    browser.sign_in(portal.tokens["auditor"])
    assert "Willkommen" in browser.get("/portal?lang=de").text
    page = browser.get("/portal").text
    assert "Willkommen" in page
    assert '<html lang="de">' in page
    assert "Welcome" in browser.get("/portal?lang=en").text


def test_the_language_is_chosen_on_a_refusal_too(portal: Any) -> None:
    browser = portal.browser("10.6.0.2")
    browser.sign_in(portal.tokens["auditor"])
    assert "Diese Seite ist nicht für Sie" in browser.get("/portal/people?lang=de").text
    assert "Willkommen" in browser.get("/portal").text
    assert "Willkommen" in browser.get("/portal?lang=tlh").text


def test_a_page_that_is_not_there_says_so_in_the_house_style(portal: Any) -> None:
    answer = portal.role("hr").get("/portal/nothing")
    assert answer.status_code == 404
    assert "There is nothing here" in answer.text
    assert "There is no such page." in answer.text
