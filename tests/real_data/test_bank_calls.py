"""A real call-by-call log (a bank's call centre, February 1999) through the shipped mapping, down to features."""

import math
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

import features
from features import Home, build, load_mapping
from features.ingest import IngestReport, ingest
from features.raw import rows

Frames = dict[str, pd.DataFrame]

LOG = Path(features.__file__).parents[2] / "shared" / "data" / "bank_calls_feb1999.csv.gz"
pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not LOG.exists(), reason=f"{LOG} is not there: the real data are no part of the repository"),
]
T = pd.Timestamp("1999-02-25")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home(tmp_path_factory.mktemp("bank"))


@pytest.fixture(scope="module")
def report(home: Home) -> IngestReport:
    """The log, ingested once."""
    return ingest(load_mapping("bank_calls"), LOG, home)


@pytest.fixture(scope="module")
def log() -> pd.DataFrame:
    """The calls that a person served, from the log itself, with local times."""
    log = pd.read_csv(LOG, dtype={"date": str})
    served = log[(log["server"] != "NO_SERVER") & ~((log["ser_start"] == "0:00:00") & (log["ser_exit"] == "0:00:00"))]
    day = pd.to_datetime(served["date"], format="%y%m%d")
    start, end = day + pd.to_timedelta(served["ser_start"]), day + pd.to_timedelta(served["ser_exit"])
    return served.assign(day=day, start=start, end=end + pd.to_timedelta((end < start).astype(int), unit="D"))


@pytest.fixture(scope="module")
def tables(report: IngestReport, home: Home) -> Frames:
    """The two tables, without the columns that the log knows nothing of."""
    return {name: rows(home, name).dropna(axis=1, how="all") for name in ("agents", "contacts")}


@pytest.fixture(scope="module")
def frame(report: IngestReport, home: Home) -> pd.DataFrame:
    return build(home, [T.date()])


def test_every_row_of_the_log_is_accounted_for(report: IngestReport) -> None:
    calls = report.tables[-1]
    assert calls.read == 33_344
    assert calls.kept_out == {"not served by a person": 6_673, "no service time in the log": 50}
    assert (calls.rejected, calls.duplicates) == (0, 0)
    assert calls.read == calls.kept + sum(calls.kept_out.values())


def test_every_server_is_an_agent_of_the_frame(frame: pd.DataFrame) -> None:
    assert frame["agent_id"].nunique() == 24
    assert (frame["queue"] == "calls").all()


def test_times_are_utc_and_the_offset_is_that_of_israel(tables: Frames, log: pd.DataFrame) -> None:
    contacts = tables["contacts"]
    assert (contacts["utc_offset_s"] == 7_200).all()
    local = contacts["started_at"] + pd.Timedelta(hours=2)
    assert sorted(local) == sorted(log["start"])


def test_what_the_log_does_not_know_stays_unknown(frame: pd.DataFrame) -> None:
    unknown = [
        "escalation_rate", "transfer_rate", "complaint_rate", "abuse_per_100", "acw_share", "overtime", "tenure",
        "late_change_rate", "missed_break_rate", "sentiment_mean", "hard_run", "one_to_one_gap", "unplanned_spells",
        "last_survey_score",
    ]  # fmt: skip
    assert frame[unknown].isna().all(axis=None)


def test_workload_and_schedule_agree_with_the_log_itself(frame: pd.DataFrame, log: pd.DataFrame) -> None:
    for row in frame.to_dict("records"):
        calls = log[(log["server"] == row["agent_id"]) & (log["day"] < T) & (log["day"] >= T - pd.Timedelta(days=28))]
        days = calls.groupby("day").agg(first=("start", "min"), last=("end", "max"))
        hours = (days["last"] - days["first"]).dt.total_seconds() / 3600
        enough, spread = len(calls) >= 30, len(days) >= 5
        expected = {
            "contacts_per_hour": len(calls) / hours.sum() if enough else math.nan,
            "occupancy": min(calls["ser_time"].sum() / 3600 / hours.sum(), 1) if len(calls) else math.nan,
            "load_cv": hours.std() / hours.mean() if spread else math.nan,
            "weekend_share": (days.index.day_of_week >= 5).mean() if len(days) else math.nan,
        }
        assert {name: row[name] for name in expected} == pytest.approx(expected, nan_ok=True), row["agent_id"]


def test_who_serves_explains_how_long_a_call_takes(tables: Frames) -> None:
    contacts = tables["contacts"]
    calls = contacts[contacts["talk_s"] > 0].assign(log_talk=lambda rows: rows["talk_s"].map(math.log))
    groups = calls.groupby("agent_id")["log_talk"]
    between = (groups.size() * (groups.mean() - calls["log_talk"].mean()) ** 2).sum() / (groups.ngroups - 1)
    within = ((calls["log_talk"] - groups.transform("mean")) ** 2).sum() / (len(calls) - groups.ngroups)
    assert between / within == pytest.approx(83, abs=2)


def test_the_same_log_twice_adds_nothing(report: IngestReport, home: Home, tables: Frames) -> None:
    again = ingest(load_mapping("bank_calls"), LOG, home)
    assert [(table.kept, table.rejected) for table in again.tables] == [(0, 0), (0, 0)]
    contacts = rows(home, "contacts")
    assert_frame_equal(contacts.dropna(axis=1, how="all"), tables["contacts"])


# What happened or became known from T on changes nothing as of T

LATER = st.integers(0, 20 * 86_400).map(lambda seconds: T + pd.Timedelta(seconds=seconds))
EARLIER = st.integers(60, 24 * 86_400).map(lambda seconds: T - pd.Timedelta(seconds=seconds))


@st.composite
def future_call(draw: st.DrawFn) -> tuple[int, dict[str, object]]:
    """A correction, a late record or a later call: a position in the log, and what is changed about that call."""
    start, talk = draw(EARLIER | LATER), draw(st.integers(0, 7_200))
    end = start + pd.Timedelta(seconds=talk)
    known = max(end, draw(LATER))
    who = {"contact_id": f"N{draw(st.integers(0, 99))}"} if draw(st.booleans()) else {}
    times = {"started_at": start, "ended_at": end} if who or draw(st.booleans()) else {}
    server = {"agent_id": f"S{draw(st.integers(1, 24)):02d}"}
    return draw(st.integers(0, 26_000)), {"talk_s": float(talk), "recorded_at": known, **who, **times, **server}


@settings(max_examples=5, deadline=None, derandomize=True, database=None, phases=[Phase.generate])
@given(future=st.lists(future_call(), min_size=5, max_size=30), hired=EARLIER, recorded=LATER)
def test_later_calls_and_records_change_no_feature_as_of_t(
    future: list[tuple[int, dict[str, object]]],
    hired: pd.Timestamp,
    recorded: pd.Timestamp,
    tables: Frames,
    frame: pd.DataFrame,
) -> None:
    contacts, agents = tables["contacts"], tables["agents"]
    calls = pd.DataFrame([contacts.iloc[position].to_dict() | changed for position, changed in future])
    server = agents.head(1).assign(agent_id="S99", valid_from=hired, recorded_at=recorded)
    later = {
        "contacts": pd.concat([contacts, calls.astype(contacts.dtypes.to_dict())], ignore_index=True),
        "agents": pd.concat([agents, server.astype(agents.dtypes.to_dict())], ignore_index=True),
    }
    assert_frame_equal(build(later, [date(1999, 2, 25)]), frame, check_dtype=False, rtol=1e-9, atol=1e-9)


def test_an_earlier_call_that_was_known_does_change_a_feature(tables: Frames, frame: pd.DataFrame) -> None:
    contacts = tables["contacts"]
    call = contacts[contacts["started_at"] < T - pd.Timedelta(days=1)].tail(1).assign(contact_id="N", talk_s=5_000.0)
    later = build({**tables, "contacts": pd.concat([contacts, call], ignore_index=True)}, [T.date()])
    assert not later["log_aht_z"].equals(frame["log_aht_z"])
