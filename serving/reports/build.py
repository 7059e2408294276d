"""Make pages, from material that is gathered once, and write them into the home's reports."""

import re
import threading
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import cast

from markupsafe import Markup
from sqlalchemy import select

from features.errors import InputError, NotReadyError
from features.frame import partition
from features.home import Home
from serving.outreach.sites import NOTHING as NO_OVERRIDES
from serving.outreach.sites import Overrides
from serving.privacy.memory import Memory
from serving.privacy.policy import DEFAULT, PrivacyPolicy
from serving.reports.agent import agent_report
from serving.reports.material import NOTHING, Material, gather
from serving.reports.organization import Records, gather_records, organization_report
from serving.reports.pdf import pdf_of
from serving.reports.program import program_report
from serving.reports.team import team_report
from serving.settings import load_settings
from serving.store import Score, Store

__all__ = ["FORMATS", "Reports", "write_reports"]

FORMATS = ("html", "pdf")

_HEADER = Markup("<!-- header -->")
_Stamp = tuple[date, datetime | None, int]


class Reports:
    """The pages of a home. What they are made of stays in memory until there are newer scores or a newer frame.

    `header` of every page stands first in its body, such as the navigation of a portal. Threads may share one.

    Parameters
    ----------
    policy
        How many people a figure hides.
    overrides
        What sites do otherwise in outreach.
    ahead
        Whether what takes longest of teams' pages is made beside the first ones; no, where it is for one page.

    Raises
    ------
    NotReadyError
        Any page: nothing was scored yet.
    """

    def __init__(
        self, home: Home, store: Store, policy: PrivacyPolicy = DEFAULT, overrides: Overrides = NO_OVERRIDES,
        ahead: bool = True,
    ) -> None:  # fmt: skip
        self.home, self.store, self.policy, self.overrides, self.ahead = home, store, policy, overrides, ahead
        self._lock, self._telling = threading.Lock(), threading.Lock()
        self._ahead: threading.Thread | None = None
        self._stamp: _Stamp | None = None
        self._found: tuple[Material, Memory] | None = None
        self._told: tuple[Material, Records] | None = None
        self._making, self._whole = threading.Lock(), cast("tuple[Material, str] | None", None)

    def team(self, team_id: str, *, offered_by: str | None = None, header: Markup = NOTHING) -> str:
        """The page of a team, for its manager; what it shows is remembered before anyone can read it.

        Parameters
        ----------
        offered_by
            Whose open offers are listed; those of the team's managers where it is None.

        Raises
        ------
        InputError
            There is no such team, or neither it nor its site may be shown.
        """
        material, memory = self._now()
        with memory.releases() as releases:
            given = replace(material, releases=releases)
            return team_report(
                given, team_id, self.store, offered_by=offered_by, header=header, overrides=self.overrides
            )

    def agent(self, agent_id: str, *, header: Markup = NOTHING, forms: Markup = NOTHING) -> str:
        """The page of an agent, for that agent; `forms` stand where it says what they can do.

        Raises
        ------
        InputError
            Nobody of this id has a post.
        """
        material, _ = self._now()
        scores = [
            score
            for outcome in material.scores
            for score in self.store.scores(outcome, material.day, [agent_id])  # of now: they may have opted out since
        ]
        return agent_report(material, self.home, scores, agent_id, header=header, forms=forms, overrides=self.overrides)

    def organization(self, *, header: Markup = NOTHING) -> str:
        """The page of the whole organization, for human resources; it names nobody.

        It is made once for the same material: what it shows has been shown, and its records do not change either.
        """
        material, memory = self._now()
        records = self._records(material)
        with self._making:
            if self._whole is None or self._whole[0] is not material:
                with memory.releases() as releases:
                    given = replace(material, releases=releases)
                    self._whole = (material, organization_report(given, records, header=_HEADER))
            return self._whole[1].replace(_HEADER, header, 1)

    def teams(self) -> list[str]:
        """Ids of the teams as of now."""
        material, _ = self._now()
        return sorted(set(material.now["team_id"]))

    def settle(self) -> None:
        """Wait until what is made beside the first pages is there."""
        self._now()
        if self._ahead is not None:
            self._ahead.join()

    def _now(self) -> tuple[Material, Memory]:
        """The material, gathered anew where newer scores or a newer frame exist, and what was shown of it before."""
        with self._lock:
            stamp = self._newest()
            if self._found is None or stamp != self._stamp:
                material = gather(self.home, self.store)
                if self.ahead:
                    self._ahead = threading.Thread(
                        target=self._look_ahead, args=(material,), name="pages ahead", daemon=True
                    )
                    self._ahead.start()
                self._found, self._stamp = (material, Memory(self.store, material.everyone, self.policy)), stamp
            return self._found

    def _look_ahead(self, material: Material) -> None:
        self._records(material)
        material.look_ahead()

    def _records(self, material: Material) -> Records:
        """Key figures, offers and outcomes, gathered once for the same material."""
        with self._telling:
            if self._told is None or self._told[0] is not material:
                self._told = (material, gather_records(self.home, self.store, material, self.policy.minimum_group))
            return self._told[1]

    def _newest(self) -> _Stamp:
        """What changes when people are scored again, or the frame is built again."""
        query = select(Score.as_of, Score.scored_at).order_by(Score.as_of.desc()).limit(1)
        with self.store.reading() as connection:
            found = connection.execute(query).first()
        if found is None:
            raise NotReadyError("Nothing was scored yet; run `respite score` first.")
        return found.as_of, found.scored_at, partition(self.home, found.as_of).stat().st_mtime_ns


def write_reports(
    home: Home,
    team: str | None = None,
    agent: str | None = None,
    organization: bool = False,
    format: str = "html",
    program: str | None = None,
    costs: Path | None = None,
) -> Path:
    """Write one page and return its path: of a team, of an agent, of the organization, or of a program.

    `costs` is a file of prices, for what a program saved.

    Raises
    ------
    InputError
        Not exactly one is named, the one that is named is not known, or the format is neither html nor pdf.
    NotReadyError
        Nothing was scored yet.
    ConfigError
        The configuration is not valid; or the page is wanted as PDF, and what that needs is not installed.
    """
    if (team is not None) + (agent is not None) + organization + (program is not None) != 1:
        raise InputError("Name either --team, --agent, --organization or --program.")
    if format not in FORMATS:
        raise InputError(f"--format {format}: name one of {', '.join(FORMATS)}.")
    settings, store = load_settings(home), Store(home)
    try:
        if program is not None:
            name, page = f"program-{program}", program_report(home, program, costs)
        else:
            pages = Reports(home, store, settings.privacy, settings.overrides(), ahead=False)
            name, page = _page(pages, team, agent)
    finally:
        store.close()
    content = pdf_of(page) if format == "pdf" else page.encode()
    home.reports.mkdir(parents=True, exist_ok=True)
    path = home.reports / f"{re.sub(r'[^A-Za-z0-9._-]', '_', name)}.{format}"
    path.write_bytes(content)
    return path


def _page(reports: Reports, team: str | None, agent: str | None) -> tuple[str, str]:
    """The name of a file, and the page."""
    if team is not None:
        return f"team-{team}", reports.team(team)
    if agent is not None:
        return f"agent-{agent}", reports.agent(agent)
    return "organization", reports.organization()
