"""Key figures by month are those of the raw tables, counted by hand."""

import pandas as pd
import pytest

from features import Home
from features.raw import rows
from serving.reports.kpis import KPIS, monthly_kpis
from serving.reports.material import Material


@pytest.fixture(scope="module")
def board(road: Home, material: Material) -> pd.DataFrame:
    return monthly_kpis(road, material.day, 6, 10)


def test_service_figures_are_means_over_contacts(road: Home, board: pd.DataFrame) -> None:
    contacts = rows(road, "contacts").sort_values("recorded_at").groupby("contact_id").tail(1)
    local = contacts["started_at"] + pd.to_timedelta(contacts["utc_offset_s"], unit="s")
    month = contacts[local.dt.to_period("M") == board.index[-1].to_period("M")]
    handle = month["talk_s"] + month["hold_s"].fillna(0) + month["acw_s"].fillna(0)
    assert board["fcr"].iloc[-1] == pytest.approx(month["resolved"].astype(float).mean(), abs=1e-9)
    assert board["csat"].iloc[-1] == pytest.approx((month["csat"].dropna() >= 4).mean(), abs=1e-9)
    assert board["aht_s"].iloc[-1] == pytest.approx(handle.mean(), rel=1e-6)


def test_absence_and_turnover_are_shares_of_the_roster(road: Home, board: pd.DataFrame) -> None:
    start = board.index[-1]
    days = pd.date_range(start, start + pd.offsets.MonthEnd(0))
    posts = rows(road, "agents").sort_values("recorded_at").groupby(["agent_id", "valid_from"]).tail(1)
    first, last = posts["valid_from"].dt.normalize(), posts["valid_to"].dt.normalize()
    roster = sum(int(((first <= day) & (last.isna() | (last > day))).sum()) for day in days)
    absences = rows(road, "absences")
    away = absences[~absences["planned"].astype(bool)]
    begun, ended = pd.to_datetime(away["start_on"]), pd.to_datetime(away["end_on"])
    missed = sum(int(((begun <= day) & (ended >= day)).sum()) for day in days)
    exits = rows(road, "exits")
    left = exits[(exits["kind"] == "voluntary") & pd.to_datetime(exits["last_day"]).isin(days)]
    assert board["absenteeism"].iloc[-1] == pytest.approx(missed / roster)
    assert board["turnover"].iloc[-1] == pytest.approx(len(left) / (roster / len(days)))


def test_burnout_prevalence_is_the_share_of_answers_at_the_threshold(road: Home, board: pd.DataFrame) -> None:
    surveys, compared = rows(road, "surveys"), 0
    surveys = surveys[(surveys["instrument"].str.lower() == "cbi") & (surveys["scale"].str.lower() == "work")]
    for month, value in board["burnout"].items():
        of_month = surveys[surveys["submitted_at"].dt.to_period("M") == month.to_period("M")]
        if of_month["agent_id"].nunique() < 10:
            assert pd.isna(value)
        else:
            assert value == pytest.approx((of_month["score"] >= 50).mean())
            compared += 1
    assert compared


def test_months_with_few_people_and_homes_without_data_are_not_known(
    road: Home, home: Home, material: Material
) -> None:
    assert monthly_kpis(road, material.day, 3, 1_000).isna().all(axis=None)
    empty = monthly_kpis(home, material.day, 3, 10)
    assert list(empty.columns) == list(KPIS)
    assert empty.isna().all(axis=None)
