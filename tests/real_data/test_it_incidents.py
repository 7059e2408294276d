"""A real event log of an incident desk (BPI Challenge 2013) through the shipped mapping."""

from pathlib import Path

import pandas as pd
import pytest

import features
from features import Home, load_mapping
from features.ingest import IngestReport, ingest
from features.raw import rows

LOG = Path(features.__file__).parents[2] / "shared" / "data" / "it_incidents_2013.csv.gz"
pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not LOG.exists(), reason=f"{LOG} is not there: the real data are no part of the repository"),
]
SYSTEM = "R1192"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home(tmp_path_factory.mktemp("incidents"))


@pytest.fixture(scope="module")
def report(home: Home) -> IngestReport:
    """The log, ingested once."""
    return ingest(load_mapping("it_incidents"), LOG, home)


@pytest.fixture(scope="module")
def log() -> pd.DataFrame:
    """The log itself: each event with the stretch of work that it belongs to."""
    log = pd.read_csv(LOG, dtype=str, keep_default_na=False)
    log.columns = ["case", "status", "impact", "step", "group", "who", "role", "c", "line", "product", "country", "at"]
    log["at"] = pd.to_datetime(log["at"], utc=True).dt.tz_localize(None)
    by_case = log.groupby("case")
    log["stretch"] = (log["who"] != by_case["who"].shift()).groupby(log["case"]).cumsum()
    log["went"] = by_case["group"].shift(-1).ne(log["group"]) & by_case["group"].shift(-1).notna()
    return log


@pytest.fixture(scope="module")
def contacts(report: IngestReport, home: Home) -> pd.DataFrame:
    found = rows(home, "contacts")
    found[["case", "stretch"]] = found["contact_id"].str.split("/", expand=True)
    return found


def test_every_stretch_of_work_is_accounted_for(report: IngestReport, log: pd.DataFrame) -> None:
    agents, contacts = report.tables
    assert (agents.read, agents.kept) == (1_439, 1_439)
    assert contacts.read == len(log.groupby(["case", "stretch"])) == 28_203
    assert contacts.kept_out == {"done by the incident system itself": 6_113}
    assert (contacts.kept, contacts.rejected, contacts.duplicates) == (22_090, 0, 0)


def test_every_case_was_worked_on_by_a_person(contacts: pd.DataFrame) -> None:
    assert contacts["case"].nunique() == 7_554


def test_half_of_the_cases_went_to_another_group(contacts: pd.DataFrame, log: pd.DataFrame) -> None:
    several = log.groupby("case")["group"].nunique().gt(1)
    assert (several.sum(), round(several.mean(), 2)) == (3_820, 0.51)
    escalated = contacts.groupby("case")["escalated"].any()
    assert escalated.sum() == 3_789
    by_the_system = log[log["went"] & (log["who"] == SYSTEM)]["case"]
    assert set(several[several].index) - set(escalated[escalated].index) <= set(by_the_system)


def test_stretches_agree_with_the_log_itself(contacts: pd.DataFrame, log: pd.DataFrame) -> None:
    people = log[log["who"] != SYSTEM]
    expected = people.groupby(["case", "stretch"]).agg(
        agent_id=("who", "first"), queue=("group", "first"), started_at=("at", "min"), ended_at=("at", "max"),
        escalated=("went", "any"),
    )  # fmt: skip
    found = contacts.assign(stretch=contacts["stretch"].astype(int)).set_index(["case", "stretch"])[list(expected)]
    joined = found.join(expected.add_suffix("_log"))
    for column in expected:
        assert (joined[column] == joined[f"{column}_log"]).all(), column


def test_the_first_case_by_hand(contacts: pd.DataFrame) -> None:
    case = contacts[contacts["case"] == "1-364285768"].set_index("stretch")
    assert len(case) == 6
    first = case.loc["1"]
    assert (first["agent_id"], first["queue"], first["channel"]) == ("R0390", "V30", "other")
    assert first["started_at"] == pd.Timestamp("2010-03-31 14:59:42")
    assert first["ended_at"] == pd.Timestamp("2010-03-31 15:45:48")
    assert first["talk_s"] == 46 * 60 + 6
    assert (first["escalated"], first["transferred"], first["resolved"]) == (True, True, False)
    assert case.loc["6", "agent_id"] == "R0751"
    assert case.loc["6", "resolved"]
