"""Pages: nobody is named to a manager, what is read adds up, and nothing is asked of the network."""

import re
from collections.abc import Iterator
from dataclasses import replace
from html import escape, unescape
from html.parser import HTMLParser
from math import exp
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from markupsafe import Markup
from sqlalchemy.orm import make_transient

from features import Home
from features.catalog import feature, own_usual, peer_usual
from features.errors import InputError, NotReadyError
from serving import Store
from serving.privacy.policy import PrivacyPolicy
from serving.privacy.releases import Releases
from serving.reports.agent import agent_report
from serving.reports.build import Reports, write_reports
from serving.reports.material import WORK, Material, gather
from serving.reports.organization import Records, gather_records, organization_report
from serving.reports.scores import Scored
from serving.reports.team import team_report
from serving.reports.weeks import Weeks

MINIMUM_GROUP = PrivacyPolicy().minimum_group
VOID = {"meta", "br", "hr", "img", "link", "input", "line", "rect", "circle", "polyline", "polygon", "path"}
NEVER = ("flagged", "caused", "flight risk", "diagnosis", "diagnosed")


class Balance(HTMLParser):
    """Follows what is open; `text` is what a reader sees."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        """An element of SVG that closes itself."""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open, f"</{tag}> closes nothing"
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.text += data


@pytest.fixture(scope="module")
def material(road: Home) -> Iterator[Material]:
    store = Store(road)
    yield gather(road, store)
    store.close()


@pytest.fixture(scope="module")
def records(road: Home, material: Material) -> Iterator[Records]:
    store = Store(road)
    yield gather_records(road, store, material, MINIMUM_GROUP)
    store.close()


@pytest.fixture(scope="module")
def sizes(newest: pd.DataFrame) -> dict[str, int]:
    return {str(team): int(size) for team, size in newest["team_id"].value_counts().items()}


@pytest.fixture(scope="module")
def pages(
    road: Home, material: Material, records: Records, newest: pd.DataFrame, sizes: dict[str, int]
) -> dict[str, str]:
    """The page of every team, of ten agents, and of the organization."""
    found = {f"team {team}": team_report(material, team) for team in sizes}
    found |= {f"agent {agent}": own_page(road, material, agent) for agent in newest["agent_id"].head(10)}
    return found | {"organization": organization_report(material, records)}


def own_page(road: Home, material: Material, agent: str, without: str | None = None) -> str:
    """The page of an agent, whose scores are there, or (`without`) were not made for a reason."""
    store = Store(road)
    scores = [score for outcome in material.scores for score in store.scores(outcome, material.day, [agent])]
    store.close()
    for score in scores if without else ():
        make_transient(score)
        score.probability = score.band = score.base = None
        score.reasons, score.abstained = [], without
    return agent_report(material, road, scores, agent)


def test_a_team_page_names_nobody(pages: dict[str, str], road: Home) -> None:
    posts = pd.read_parquet(road.table("agents"))
    for name, page in pages.items():
        if name.startswith("team"):
            for person in {*posts["agent_id"], *posts["manager_id"]}:
                assert not re.search(rf"\b{re.escape(person)}\b", page), f"{name} names {person}"


def test_an_agent_page_names_no_colleague(pages: dict[str, str], road: Home) -> None:
    everyone = set(pd.read_parquet(road.table("agents"))["agent_id"])
    for name, page in pages.items():
        if name.startswith("agent"):
            assert {agent for agent in everyone if agent in page} == {name.removeprefix("agent ")}


def test_pages_are_balanced_html(pages: dict[str, str]) -> None:
    for name, page in pages.items():
        assert page.startswith("<!doctype html>")
        assert Balance(page).open == [], name


def test_pages_ask_nothing_of_the_network_and_are_small(pages: dict[str, str]) -> None:
    for page in pages.values():
        assert not re.search(r"https?://|//[a-z]|src=|<script|<link|@import|url\(", page)
        assert len(page.encode()) < 600_000


@pytest.mark.parametrize("word", NEVER)
def test_a_word_that_hurts_is_on_no_page(word: str, pages: dict[str, str]) -> None:
    assert not [name for name, page in pages.items() if word in page.lower()]


def test_no_page_shows_nan_or_a_template(pages: dict[str, str]) -> None:
    for page in pages.values():
        text = Balance(page).text
        assert not re.search(r"\bnan\b|\bNone\b|\{\{|\{%|\binf\b", text)


def test_a_small_team_is_shown_as_its_site_with_the_reason(pages: dict[str, str], sizes: dict[str, int]) -> None:
    small = [team for team, size in sizes.items() if size < MINIMUM_GROUP]
    assert small, "the centre has no small team to test with"
    for team in small:
        text = Balance(pages[f"team {team}"]).text
        assert re.search(rf"Team {team} has {sizes[team]} agents\. Numbers of fewer than 10 people", text)
        assert re.search(r"How site \w+ is doing", text)


def shrunk(material: Material, keep: int) -> tuple[Material, str]:
    """The material with one site and one team of `keep` agents, all others gone."""
    agents = set(material.now["agent_id"].head(keep))
    return moved(material, agents, agents), "T"


def moved(material: Material, agents: set[str], kept: set[str] | None = None) -> Material:
    """The material with some agents in team T of site S; those not `kept` gone."""

    def changed(rows: pd.DataFrame) -> pd.DataFrame:
        rows = rows if kept is None else rows[rows["agent_id"].isin(kept)]
        inside = rows["agent_id"].isin(agents)
        return rows.assign(team_id=rows["team_id"].mask(inside, "T"), site_id=rows["site_id"].mask(inside, "S"))

    scores = {
        outcome: Scored(
            outcome,
            [
                SimpleNamespace(**row._asdict() | ({"team_id": "T", "site_id": "S"} if row.agent_id in agents else {}))
                for row in scored.now
                if kept is None or row.agent_id in kept
            ],
        )
        for outcome, scored in material.scores.items()
    }
    weeks = Weeks(changed(material.weeks.rows), changed(material.now))
    return replace(material, weeks=weeks, scores=scores, releases=Releases())


def test_a_site_that_is_small_too_is_not_shown(material: Material) -> None:
    with pytest.raises(InputError, match="the team and its site have fewer than 10 agents; nothing is shown"):
        team_report(*shrunk(material, MINIMUM_GROUP - 1))


@pytest.mark.parametrize("scored", [0, 1, 3, 9])
def test_numbers_of_fewer_than_ten_scored_people_are_not_shown(scored: int, material: Material) -> None:
    thin = moved(material, set(material.now["agent_id"].head(40)))
    for found in thin.scores.values():
        for row in [row for row in found.now if row.team_id == "T"][scored:]:
            row.probability = row.base = None
    text = Balance(team_report(thin, "T")).text
    assert "mean score is" not in text
    assert f"of {scored} agents" not in text


SUM = re.compile(
    r"In log-odds, which add up: (-?[\d.]+) \(starting point\)((?: [+-] [\d.]+ \(\w+\))*) += (-?[\d.]+),"
    r" which is ([\d.]+)%"
)


def test_the_sum_on_an_agent_page_adds_up_to_the_score(pages: dict[str, str], material: Material) -> None:
    checked = 0
    for name, page in pages.items():
        if not name.startswith("agent"):
            continue
        agent = name.removeprefix("agent ")
        lines = SUM.findall(unescape(page))
        stored = [scored.rows[agent] for scored in material.scores.values() if agent in scored.present]
        assert len(lines) == len(stored)
        for (base, steps, total, percent), score in zip(lines, stored, strict=True):
            added = sum(float(sign + amount) for sign, amount in re.findall(r"([+-]) ([\d.]+)", steps))
            assert float(base) + added == pytest.approx(float(total), abs=1e-9)
            assert 100 / (1 + exp(-float(total))) == pytest.approx(float(percent), abs=0.051)
            # the log-odds are shown with two decimals, so the percentage may be off by what those round away
            assert float(percent) == pytest.approx(100 * score.probability, abs=0.05 + 0.005 * 25)
            checked += 1
    assert checked >= 10


def test_an_agent_page_shows_one_percentage_and_the_same_in_words(pages: dict[str, str]) -> None:
    for name, page in pages.items():
        if name.startswith("agent"):
            words = [int(number) for number in re.findall(r"Among 100 colleagues .*? about (\d+) would", page)]
            percent = [float(line[3]) for line in SUM.findall(unescape(page))]
            assert words == [pytest.approx(number, abs=0.56) for number in percent]


def test_an_agent_who_has_no_score_is_told_why(road: Home, material: Material, newest: pd.DataFrame) -> None:
    text = Balance(own_page(road, material, newest["agent_id"].iloc[0], without="too little history")).text
    assert text.count("There is no score for you at the moment: too little history.") == 2
    assert "which add up" not in text


def test_pages_say_what_they_are_not_for_and_how_sure_they_are(pages: dict[str, str]) -> None:
    for name, page in pages.items():
        text = Balance(page).text
        if name.startswith("team"):
            assert "must not be used for discipline, pay, promotion or termination" in text
            assert "does not make them causes" in text
            assert "(50% is chance)" in text
        elif name.startswith("agent"):
            assert "free to decline any offer" in text
            assert "not a statement about your health" in text


def test_the_work_that_pages_show_is_in_the_catalog(newest: pd.DataFrame) -> None:
    for name in [name for names in WORK.values() for name in names]:
        assert feature(name) is not None
        assert {name, own_usual(name), peer_usual(name)} <= set(newest)


def test_the_numbers_of_a_team_are_means_of_its_members(
    pages: dict[str, str], newest: pd.DataFrame, sizes: dict[str, int]
) -> None:
    team = next(team for team, size in sizes.items() if size >= MINIMUM_GROUP)
    mean = newest.loc[newest["team_id"] == team, "contacts_per_hour"].mean()
    assert (
        f'<th scope="row">contacts per logged hour</th><td class="number now">{mean:.1f}</td>' in pages[f"team {team}"]
    )


def test_a_page_is_written_into_the_home(road: Home, newest: pd.DataFrame) -> None:
    path = write_reports(road, agent=newest["agent_id"].iloc[0])
    assert path.parent == road.reports
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize("who", ["nobody", "", "../../etc/passwd", "<script>alert(1)</script>"])
@pytest.mark.parametrize("kind", ["team", "agent"])
def test_a_stranger_is_refused(kind: str, who: str, road: Home) -> None:
    before = sorted(road.reports.glob("*")) if road.reports.exists() else []
    with pytest.raises(InputError, match=f"--{kind} {re.escape(who)}: no "):
        write_reports(road, **{kind: who})
    assert (sorted(road.reports.glob("*")) if road.reports.exists() else []) == before


@pytest.mark.parametrize("names", [{}, {"team": "T01", "agent": "A0001"}])
def test_one_page_is_asked_for_at_a_time(names: dict[str, str], road: Home) -> None:
    with pytest.raises(InputError, match="Name either --team, --agent, --organization or --program"):
        write_reports(road, **names)


def test_before_anything_was_scored_the_step_to_run_is_named(home: Home) -> None:
    with pytest.raises(NotReadyError, match="run `respite score` first"):
        write_reports(home, team="T01")


HOSTILE = ("<script>alert(1)</script>", "\u05e9\u05dc\u05d5\u05dd \u202eabc", "\U0001f642 & <b>queue</b>")


@pytest.mark.parametrize("name", HOSTILE)
def test_names_from_the_tables_are_shown_as_they_are_and_do_nothing(
    name: str, material: Material, records: Records
) -> None:
    plain = moved(material, set(material.now["agent_id"].head(40)))
    rows, now = plain.weeks.rows.replace({"team_id": {"T": name}}), plain.now.replace({"team_id": {"T": name}})
    given = replace(plain, weeks=Weeks(rows.assign(queue=name), now.assign(queue=name)))
    for found in given.scores.values():
        for row in found.now:
            row.team_id = name if row.team_id == "T" else row.team_id
            row.queue = name
    for page in (team_report(given, name), organization_report(given, records)):
        seen = Balance(page)
        assert seen.open == []
        assert name in seen.text
        assert f"<bdi>{escape(name)}</bdi>" in page
        assert "<script" not in page
        assert "<b>queue" not in page


def multiplied(material: Material, times: int) -> Material:
    """The material with everybody some times over, under other ids."""

    def copies(rows: pd.DataFrame) -> pd.DataFrame:
        return pd.concat([rows.assign(agent_id=rows["agent_id"] + f"-{n}") for n in range(times)], ignore_index=True)

    scores = {
        outcome: Scored(
            outcome,
            [
                SimpleNamespace(**row._asdict() | {"agent_id": f"{row.agent_id}-{n}"})
                for row in scored.now
                for n in range(times)
            ],
        )
        for outcome, scored in material.scores.items()
    }
    for scored in scores.values():
        for row in scored.now:
            row._asdict = lambda found=row: {k: v for k, v in vars(found).items() if k != "_asdict"}
    return replace(material, weeks=Weeks(copies(material.weeks.rows), copies(material.now)), scores=scores)


@pytest.mark.parametrize("size", [1, 4, 10, 300])
def test_a_team_of_any_size_has_a_page(size: int, material: Material) -> None:
    many = multiplied(material, 6)
    agents = list(many.now["agent_id"])
    given = moved(many, set(agents[:size]))
    if size < MINIMUM_GROUP:
        with pytest.raises(InputError, match="fewer than 10 agents; nothing is shown"):
            team_report(given, "T")
        return
    assert f"{size} agents" in Balance(team_report(given, "T")).text


def test_a_team_of_which_nothing_is_known_has_a_page(material: Material) -> None:
    given = moved(material, set(material.now["agent_id"].head(40)))
    inside = given.now.select_dtypes("float64").columns

    def emptied(rows: pd.DataFrame) -> pd.DataFrame:
        columns = [name for name in inside if name in rows]
        return rows.assign(**{name: rows[name].mask(rows["team_id"] == "T") for name in columns})

    given = replace(given, weeks=Weeks(emptied(given.weeks.rows), emptied(given.now)))
    for found in given.scores.values():
        for row in [row for row in found.now if row.team_id == "T"]:
            row.probability = row.base = None
    text = Balance(team_report(given, "T")).text
    assert text.count("not known") >= 11
    assert not re.search(r"\bnan\b", text)


def test_one_outlier_does_not_break_a_page(material: Material) -> None:
    given = moved(material, set(material.now["agent_id"].head(40)))
    one = given.now["agent_id"].iloc[0]
    rows, now = (
        rows.assign(overtime=rows["overtime"].mask(rows["agent_id"] == one, 1e9))
        for rows in (given.weeks.rows, given.now)
    )
    page = Balance(team_report(replace(given, weeks=Weeks(rows, now)), "T"))
    assert page.open == []
    assert "inf" not in page.text.split()


def test_the_reports_folder_has_no_code_from_outside() -> None:
    folder = Path(__import__("serving.reports", fromlist=["x"]).__file__ or "").parent
    for path in folder.iterdir():
        if path.suffix in {".html", ".css"}:
            assert not re.search(r"https?://", path.read_text(encoding="utf-8")), path.name


def test_pages_that_are_asked_for_again_are_the_same_and_carry_what_the_portal_gives(road: Home) -> None:
    found = Store(road)
    reports = Reports(road, found)
    team, agent = reports.teams()[0], str(reports._now()[0].now["agent_id"].iloc[0])
    header, forms = Markup("<nav>here</nav>"), Markup("<form>say so</form>")
    assert reports.team(team, header=header).replace("<nav>here</nav>", "") == reports.team(team)
    whole = reports.organization(header=header)
    assert "<body>\n<nav>here</nav>" in whole
    assert reports.organization() == whole.replace("<nav>here</nav>", ""), "made once, with every header"
    page = reports.agent(agent, header=header, forms=forms)
    assert page.index("<nav>here</nav>") < page.index("you would rather not") < page.index("<form>say so</form>")
    found.close()


def test_newer_scores_are_on_the_next_page(road: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    found = Store(road)
    reports = Reports(road, found)
    first, stamp = reports._now(), reports._newest()
    assert reports._now() is first
    monkeypatch.setattr(reports, "_newest", lambda: (stamp[0], None, stamp[2]))
    assert reports._now() is not first
    found.close()
