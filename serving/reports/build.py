"""Write a page into the home's reports."""

import re
from dataclasses import replace
from pathlib import Path

from features.errors import InputError
from features.home import Home
from serving.privacy.memory import releases_of
from serving.reports.agent import agent_report
from serving.reports.material import Material, gather
from serving.reports.team import team_report
from serving.store import Store

__all__ = ["write_reports"]


def write_reports(home: Home, team: str | None = None, agent: str | None = None) -> Path:
    """Write one page and return its path: of a team for its manager, or of an agent for that agent.

    Raises
    ------
    InputError
        Neither or both are named, or the one that is named is not known.
    NotReadyError
        Nothing was scored yet.
    """
    if (team is None) == (agent is None):
        raise InputError("Name either --team or --agent.")
    material = gather(home)
    page = _team_page(home, material, team) if team is not None else agent_report(material, str(agent))
    name = f"team-{team}" if team is not None else f"agent-{agent}"
    home.reports.mkdir(parents=True, exist_ok=True)
    path = home.reports / f"{re.sub(r'[^A-Za-z0-9._-]', '_', name)}.html"
    path.write_text(page, encoding="utf-8")
    return path


def _team_page(home: Home, material: Material, team: str) -> str:
    """The page, once what it shows is remembered."""
    store = Store(home)
    try:
        with releases_of(store, set(material.weeks["agent_id"])) as releases:
            return team_report(replace(material, releases=releases), team)
    finally:
        store.close()
