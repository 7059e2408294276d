"""Make pages, from material that is gathered once, and write them into the home's reports."""

import re
import threading
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from markupsafe import Markup
from sqlalchemy import select

from features.errors import InputError, NotReadyError
from features.frame import partition
from features.home import Home
from serving.privacy.memory import releases_of
from serving.reports.agent import agent_report
from serving.reports.material import NOTHING, Material, gather
from serving.reports.organization import organization_report
from serving.reports.team import team_report
from serving.store import Score, Store

__all__ = ["Reports", "write_reports"]

_Stamp = tuple[date, datetime | None, int]


class Reports:
    """The pages of a home. What they are made of stays in memory until there are newer scores or a newer frame.

    `header` of every page stands first in its body, such as the navigation of a portal. Threads may share one.

    Raises
    ------
    NotReadyError
        Any page: nothing was scored yet.
    """

    def __init__(self, home: Home, store: Store) -> None:
        self.home, self.store = home, store
        self._lock = threading.Lock()
        self._stamp: _Stamp | None = None
        self._material: Material | None = None

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
        material = self._now()
        with releases_of(self.store, material.everyone) as releases:
            return team_report(replace(material, releases=releases), team_id, header=header)

    def agent(self, agent_id: str, *, header: Markup = NOTHING, forms: Markup = NOTHING) -> str:
        """The page of an agent, for that agent; `forms` stand where it says what they can do.

        Raises
        ------
        InputError
            Nobody of this id has a post.
        """
        return agent_report(self._now(), agent_id, header=header, forms=forms)

    def organization(self, *, header: Markup = NOTHING) -> str:
        """The page of the whole organization, for human resources; it names nobody."""
        material = self._now()
        with releases_of(self.store, material.everyone) as releases:
            return organization_report(replace(material, releases=releases), header=header)

    def teams(self) -> list[str]:
        """Ids of the teams as of now."""
        return sorted(set(self._now().now["team_id"]))

    def _now(self) -> Material:
        """The material, gathered anew where newer scores or a newer frame exist."""
        with self._lock:
            stamp = self._newest()
            if self._material is None or stamp != self._stamp:
                self._material, self._stamp = gather(self.home, self.store), stamp
            return self._material

    def _newest(self) -> _Stamp:
        """What changes when people are scored again, or the frame is built again."""
        query = select(Score.as_of, Score.scored_at).order_by(Score.as_of.desc()).limit(1)
        with self.store.reading() as connection:
            found = connection.execute(query).first()
        if found is None:
            raise NotReadyError("Nothing was scored yet; run `respite score` first.")
        return found.as_of, found.scored_at, partition(self.home, found.as_of).stat().st_mtime_ns


def write_reports(home: Home, team: str | None = None, agent: str | None = None, organization: bool = False) -> Path:
    """Write one page and return its path: of a team, of an agent, or of the organization.

    Raises
    ------
    InputError
        Not exactly one is named, or the one that is named is not known.
    NotReadyError
        Nothing was scored yet.
    """
    if (team is not None) + (agent is not None) + organization != 1:
        raise InputError("Name either --team, --agent or --organization.")
    store = Store(home)
    try:
        name, page = _page(Reports(home, store), team, agent)
    finally:
        store.close()
    home.reports.mkdir(parents=True, exist_ok=True)
    path = home.reports / f"{re.sub(r'[^A-Za-z0-9._-]', '_', name)}.html"
    path.write_text(page, encoding="utf-8")
    return path


def _page(reports: Reports, team: str | None, agent: str | None) -> tuple[str, str]:
    """The name of a file, and the page."""
    if team is not None:
        return f"team-{team}", reports.team(team)
    if agent is not None:
        return f"agent-{agent}", reports.agent(agent)
    return "organization", reports.organization()
