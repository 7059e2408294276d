"""The help of a site on its people's pages, and on nobody else's."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from starlette.applications import Starlette

from features.errors import ConfigError
from serving.api.desk import Desk
from serving.api.doors import ApiDoor
from serving.api.gate import Gate
from serving.portal.app import portal as portal_routes
from serving.portal.door import PortalDoor
from serving.settings import CONFIG_VARIABLE

pytestmark = pytest.mark.service
CONTACT = "EXAMPLE <b>0000</b> & 000"
ENTRY = {"name": "Counsel of the works council", "words": "Für alle, vertraulich.", "contact": CONTACT, "hours": "9-17"}
SHOWN = "EXAMPLE &lt;b&gt;0000&lt;/b&gt; &amp; 000"


def configured(tmp_path: Path, site: str, entry: dict[str, str]) -> str:
    file = tmp_path / "respite.yaml"
    file.write_text(yaml.safe_dump({"outreach": {"sites": {site: {"help": [entry]}}}}), encoding="utf-8")
    return str(file)


@pytest.fixture(params=[True, False], ids=["own site", "another site"])
def helping(
    request: pytest.FixtureRequest, portal: Any, newest: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Any, bool]]:
    """The portal of an installation where one site has help of its own: the agent's, or one where nobody works."""
    own = str(newest.set_index("agent_id").loc[portal.agents["own"], "site_id"])
    monkeypatch.setenv(CONFIG_VARIABLE, configured(tmp_path, own if request.param else "S-9", ENTRY))
    desk = Desk.of(portal.home)
    app = Gate(Starlette(routes=portal_routes(lambda: desk)), lambda: desk, doors=(PortalDoor, ApiDoor))
    yield dataclasses.replace(portal, app=app, kept={}), request.param
    desk.close()


def test_it_is_on_the_page_of_agents_and_of_teams_of_this_site_alone(helping: tuple[Any, bool]) -> None:
    portal, here = helping
    pages = {"agent": "/portal/me", "manager": f"/portal/teams/{portal.teams['own']}"}
    for role, path in pages.items():
        text = portal.role(role).get(path).text
        assert (SHOWN in text, CONTACT in text) == (here, False)


def test_it_is_in_the_guide_of_offers_there(helping: tuple[Any, bool], newest: pd.DataFrame) -> None:
    portal, here = helping
    site = str(newest.set_index("agent_id").loc[portal.agents["own"], "site_id"])
    number = portal.offer("own", site_id=site)
    for role in ("hr", "agent"):
        text = portal.role(role).get(f"/portal/offers/{number}").text
        assert (SHOWN in text, "Where to find help here" in text) == (here, here)


def test_a_configuration_with_help_that_is_none_starts_nothing(
    portal: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = ENTRY | {"contact": "http://help.example.org"}
    monkeypatch.setenv(CONFIG_VARIABLE, configured(tmp_path, "S1", wrong))
    with pytest.raises(ConfigError, match=r"configuration: outreach\.sites\.S1\.help\.0\.contact: 'http://help"):
        Desk.of(portal.home)
