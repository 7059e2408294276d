"""A real browser as each role: it reads, drills down, records, contests, opts out and signs out.

On every page axe finds no violation of WCAG 2.1 AA, and the console stays empty. Screenshots of all of them in light,
dark, phone width and print are kept in `RESPITE_SCREENSHOTS`, or in pytest's folder.
"""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from features import Home
from serving.server import running

CHROMIUM = shutil.which("chromium")
playwright = pytest.importorskip("playwright.sync_api", reason="playwright comes with the extra dev")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="comes with the extra dev")
pytestmark = [
    pytest.mark.service,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium; apt-get install chromium brings it"),
]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
EARLY = date(2026, 1, 5)  # of a long list, what is due first is on the first page
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1100, "height": 900}


@dataclass
class Reader:
    """Someone at a browser; `look` checks the page that is open and takes its pictures."""

    page: Any
    address: str
    folder: Path
    said: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def open(self, path: str, name: str) -> None:
        assert self.page.goto(self.address + path).status == 200
        self.look(name)

    def look(self, name: str) -> None:
        """No violation, nothing in the console, no sideways scrolling on a phone; pictures in four ways."""
        found = axe.Axe().run(self.page, options=RULES)
        assert found.violations_count == 0, f"{name}: {found.generate_report()}"
        assert self.said == [], name
        if name not in self.seen:
            self._pictures(name)
        self.seen.add(name)

    def sign_in(self, token: str) -> None:
        self.page.goto(f"{self.address}/portal/sign-in")
        self.look("sign-in")
        self.page.get_by_label("Your token").fill(token)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(f"{self.address}/portal")

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def follow(self, name: str) -> None:
        self.page.get_by_role("link", name=name, exact=True).first.click()

    def text(self) -> str:
        return str(self.page.inner_text("body"))

    def _pictures(self, name: str) -> None:
        self._picture(name, "light")
        self.page.emulate_media(color_scheme="dark")
        found = axe.Axe().run(self.page, options=RULES)
        assert found.violations_count == 0, f"{name}, dark: {found.generate_report()}"
        self._picture(name, "dark")
        self.page.emulate_media(color_scheme="light", media="print")
        self._picture(name, "print")
        self.page.emulate_media(media="screen")
        self.page.set_viewport_size(PHONE)
        assert self.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], f"{name} scrolls sideways"
        self._picture(name, "phone")
        self.page.set_viewport_size(DESK)

    def _picture(self, name: str, way: str) -> None:
        self.page.screenshot(path=self.folder / f"{name}-{way}.png", full_page=True)


@pytest.fixture(scope="module")
def site(portal: Any) -> Iterator[str]:
    """The service as a process of its own, over the home of the other tests of the portal."""
    with running(Home(portal.home.root)) as address:
        yield address


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def reader(site: str, chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """A browser of one's own; no page has a script, and the policy would let none run."""
    folder = Path(os.environ.get("RESPITE_SCREENSHOTS") or tmp_path_factory.getbasetemp() / "screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    context = chromium.new_context(viewport=DESK, locale="en-US")
    page = context.new_page()
    found = Reader(page, site, folder)
    page.on("console", lambda message: found.said.append(message.text))
    page.on("pageerror", lambda error: found.said.append(str(error)))
    yield found
    context.close()


def test_the_wellbeing_partner_drills_down_and_records_an_offer(reader: Reader, portal: Any, last_day: date) -> None:
    number = portal.offer("own", "M-1", due_on=EARLY)
    portal.feedback("own", "The overtime of March was a course.")
    reader.sign_in(portal.tokens["hr"])
    reader.look("hr-home")
    reader.follow("People")
    reader.look("hr-people")
    reader.open(f"/portal/people/{portal.agents['own']}", "hr-person")
    reader.open("/portal/organization", "hr-organization")
    reader.open("/portal/teams", "hr-teams")
    reader.follow(portal.teams["own"] + " Read how it is doing")
    reader.look("hr-team")
    reader.open(f"/portal/plan?week={last_day}&capacity=1", "hr-plan")  # others are left to other tests
    reader.press("Keep this plan")
    assert "The week is planned." in reader.text()
    reader.look("hr-offers")
    reader.follow(f"Offer {number}")
    reader.look("hr-offer")
    for label, said in (("The agent said yes", "accepted"), ("It took place", "done")):
        reader.page.get_by_label(label).check()
        reader.press("Write it down")
        assert "It is written down." in reader.text()
        assert said in reader.text()
    reader.page.get_by_label("In the agent's judgment").select_option("helped")
    reader.page.get_by_label("Note").fill("Shifts are fixed now. <b>good</b>")
    reader.press("Write it down")
    assert "closed: it helped" in reader.text()
    reader.open("/portal/feedback", "hr-feedback")
    reader.page.get_by_role("textbox").first.fill("You are right; it is corrected.")
    reader.page.get_by_role("button", name="Answer").first.click()
    assert "The answer is there" in reader.text()
    reader.open("/portal/models", "hr-models")
    reader.press("Sign out")
    reader.look("signed-out")
    assert "You are signed out." in reader.text()


def test_a_manager_reads_about_work_and_makes_their_own_offers(reader: Reader, portal: Any) -> None:
    number, other = portal.offer("own", "M-1", due_on=EARLY), portal.offer("own", due_on=EARLY)
    reader.sign_in(portal.tokens["manager"])
    reader.look("manager-home")
    reader.open("/portal/offers", "manager-offers")
    assert f"Offer {number}" in reader.text()
    assert f"Offer {other}" not in reader.text()
    reader.follow(f"Offer {number}")
    reader.look("manager-offer")
    reader.page.get_by_label("The agent said no").check()
    reader.press("Write it down")
    assert "declined" in reader.text()
    reader.open("/portal/people", "manager-people")
    assert portal.agents["own"] in reader.text()
    assert portal.agents["other_agent"] not in reader.text()
    reader.open(f"/portal/teams/{portal.teams['own']}", "manager-team")
    reader.open("/portal/suggestions", "manager-suggestions")
    reader.press("Sign out")


def test_an_agent_contests_shares_opts_out_and_answers_an_offer(reader: Reader, portal: Any) -> None:
    number = portal.offer("own")
    reader.sign_in(portal.tokens["agent"])
    reader.look("agent-home")
    reader.open("/portal/me", "agent-page")
    reader.press("Opt out of scoring")
    assert "You are not scored any more" in reader.text()
    reader.press("Be scored again")
    reader.press("Stop sharing")
    assert "can not see your score any more" in reader.text()
    reader.press("Share")
    reader.page.get_by_label("I see it differently").check()
    reader.page.get_by_label("In your words").fill("Nights were my own wish.\n<script>alert(1)</script> 🙂 שלום")
    reader.press("Send to the wellbeing partner")
    assert "<script>alert(1)</script> 🙂 שלום" in reader.text()
    reader.look("agent-feedback")
    portal.forget_counts()
    reader.open("/portal/me", "agent-page")
    reader.page.get_by_label("Your suggestion").fill("Two short breaks.\n<b>🙂</b>")
    reader.press("Send without my name")
    assert "It is kept without your name" in reader.text()
    reader.look("agent-suggested")
    reader.open("/portal/offers", "agent-offers")
    reader.open(f"/portal/offers/{number}", "agent-offer")
    reader.page.get_by_label("No, thank you").check()
    reader.press("Send my answer")
    assert "declined" in reader.text()
    reader.press("Sign out")


def test_a_data_scientist_and_an_auditor_read_what_is_theirs(reader: Reader, portal: Any) -> None:
    for role, path in (("data_scientist", "/portal/models"), ("auditor", "/portal/log")):
        reader.sign_in(portal.tokens[role])
        reader.look(f"{role}-home")
        reader.open(path, f"{role}-{path.rpartition('/')[2]}")
        reader.press("Sign out")


def test_refusals_are_pages_too_and_german_is_german(reader: Reader, portal: Any) -> None:
    reader.sign_in(portal.tokens["agent"])
    reader.page.goto(f"{reader.address}/portal/log")
    reader.said.clear()  # the browser itself notes that the answer was a refusal
    reader.look("refused")
    reader.follow("Deutsch")
    reader.said.clear()
    assert "Diese Seite ist nicht für Sie" in reader.text()
    assert "Role agent may not ask for log." in reader.text()
    for path, said in (
        ("", "Willkommen"),
        ("/me", "Teilen mit Ihrer"),
        ("/offers", "angeboten"),
        ("/feedback", "gesagt"),
    ):
        reader.open(f"/portal{path}", f"german{path.replace('/', '-') or '-home'}")
        assert said in reader.text()


def test_the_keyboard_alone_skips_to_the_content_and_signs_out(reader: Reader, portal: Any) -> None:
    reader.sign_in(portal.tokens["auditor"])
    reader.page.keyboard.press("Tab")
    assert reader.page.evaluate("document.activeElement.className") == "skip"
    reader.page.keyboard.press("Enter")
    reader.page.keyboard.press("Tab")
    assert reader.page.evaluate("document.activeElement.closest('main') !== null")
    while reader.page.evaluate("document.activeElement.tagName") != "BUTTON":
        reader.page.keyboard.press("Shift+Tab")
    reader.page.keyboard.press("Enter")
    reader.page.wait_for_url("**/portal/sign-in?said=signed_out")


def test_the_keyboard_alone_turns_the_pages_of_a_long_list(reader: Reader, portal: Any) -> None:
    for _ in range(60):
        portal.offer("own", "M-1", team_id="T-keys")
    reader.sign_in(portal.tokens["hr"])
    reader.open("/portal/offers?team=T-keys", "hr-offers-first-page")
    for rel, said in (("next", "51 to 60 of 60"), ("prev", "1 to 50 of 60")):
        while reader.page.evaluate("document.activeElement.rel") != rel:
            reader.page.keyboard.press("Shift+Tab")
        with reader.page.expect_navigation():
            reader.page.keyboard.press("Enter")
        assert said in reader.text()
        assert "team=T-keys" in reader.page.url
    reader.press("Sign out")


def test_without_javascript_everything_works(site: str, chromium: Any, portal: Any, tmp_path: Path) -> None:
    context = chromium.new_context(java_script_enabled=False, locale="en-US")
    reader = Reader(context.new_page(), site, tmp_path)
    number = portal.offer("other_team")
    reader.page.goto(f"{site}/portal/sign-in")
    reader.page.get_by_label("Your token").fill(portal.tokens["hr"])
    reader.press("Sign in")
    reader.page.goto(f"{site}/portal/offers/{number}")
    reader.page.get_by_label("The agent said yes").check()
    reader.press("Write it down")
    assert "It is written down." in reader.text()
    reader.page.goto(f"{site}/portal/people")
    reader.page.get_by_label("Band").select_option("usual")
    reader.press("Show")
    assert "band=usual" in reader.page.url
    reader.press("Sign out")
    assert "You are signed out." in reader.text()
    context.close()
