"""Who could be offered support: scored, on the roster in the week, in a band that asks for it, with fitting actions."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features import Home, load_frame
from features.catalog import contract_version
from features.errors import InputError, NotReadyError
from serving import Store
from serving.outreach.actions import catalog
from serving.outreach.candidates import BANDS, candidates_of, people_of, posts_on
from serving.outreach.offers import Person
from serving.outreach.order import Order
from serving.outreach.sites import NOTHING, Overrides
from serving.store import Score
from training.columns import Columns
from training.uplift import BenefitModel
from training.uplift.learner import Trial, benefit_trees

DAY = date(2026, 1, 5)


def a_score(agent: str = "A1", **more: Any) -> Score:
    given = {"agent_id": agent, "probability": 0.4, "band": "high", "queue": "q", "site_id": "S0", "team_id": "T0",
             "reasons": [{"signal": "one_to_one_gap", "family": "context", "contribution": 0.5}]}  # fmt: skip
    return Score(**given | more)


def posts(**more: Any) -> pd.DataFrame:
    given = {"agent_id": ["A1"], "manager_id": "M1", "team_id": "T1", "site_id": "S1"}
    return pd.DataFrame(given | more).set_index("agent_id")


def signals(**more: Any) -> pd.DataFrame:
    return pd.DataFrame({"agent_id": ["A1"], "new_hire": 0.0, "remote_share": 0.0} | more).set_index("agent_id")


def first(score: Score, signal: pd.DataFrame, overrides: Overrides = NOTHING) -> Person:
    (found,) = people_of([score], posts(), signal, catalog(), overrides)
    return found


def test_the_rank_is_the_score_and_the_post_is_that_of_the_week() -> None:
    found = first(a_score(), signals())
    assert (found.agent_id, found.rank, found.actions[0]) == ("A1", 0.4, "check-in")
    assert (found.manager_id, found.team_id, found.site_id) == ("M1", "T1", "S1")


def test_new_hires_and_people_who_work_remotely_are_offered_what_is_for_them() -> None:
    new = [{"signal": "new_hire", "family": "context", "contribution": 0.5}]
    remote = [{"signal": "remote_share", "family": "context", "contribution": 0.5}]
    assert "mentor" in first(a_score(reasons=new), signals(new_hire=1.0)).actions
    assert "mentor" not in first(a_score(reasons=new), signals()).actions
    assert "remote-contact" in first(a_score(reasons=remote), signals(remote_share=0.5)).actions
    assert "remote-contact" not in first(a_score(reasons=remote), signals(remote_share=0.49)).actions
    assert "remote-contact" not in first(a_score(reasons=remote), signals(remote_share=float("nan"))).actions


def test_the_site_of_the_post_decides_what_there_is() -> None:
    without = Overrides.model_validate({"sites": {"S1": {"without": ["recognition"]}}})
    assert "recognition" in first(a_score(), signals()).actions
    assert "recognition" not in first(a_score(), signals(), without).actions


def test_who_holds_no_post_or_has_no_score_is_no_candidate() -> None:
    scores = [a_score("A2"), a_score("A1", probability=None)]
    assert people_of(scores, posts(), signals(), catalog(), NOTHING) == []


def test_the_post_is_the_one_that_holds_on_the_day_as_it_was_last_known() -> None:
    rows = pd.DataFrame(
        [
            ("A1", "2025-01-01", "2025-12-01", "2025-01-01", "M1"),
            ("A1", "2025-12-01", None, "2025-12-01", "M2"),
            ("A1", "2025-12-01", None, "2025-12-20", "M3"),
            ("A1", "2026-02-01", None, "2026-01-01", "M4"),
            ("A2", "2025-01-01", "2026-01-05", "2025-01-01", "M1"),
        ],
        columns=["agent_id", "valid_from", "valid_to", "recorded_at", "manager_id"],
    ).assign(team_id="T1", site_id="S1")
    for name in ("valid_from", "valid_to", "recorded_at"):
        rows[name] = pd.to_datetime(rows[name])
    assert posts_on(rows, DAY)["manager_id"].to_dict() == {"A1": "M3"}


def test_candidates_of_a_home_are_those_of_the_bands_on_the_roster(road: Home, scored: Store, last_day: date) -> None:
    week = last_day - timedelta(days=last_day.weekday())
    found = {band: candidates_of(road, scored, "burnout", week, catalog(), NOTHING, band) for band in BANDS}
    stored = [one for one in scored.scores("burnout", last_day) if one.probability is not None]
    assert len(stored) >= len(found["usual"]) > len(found["elevated"]) >= len(found["high"])
    ranks = {one.agent_id: one.probability for one in stored}
    assert all(one.rank == ranks[one.agent_id] and one.actions for one in found["usual"])
    bands = {one.agent_id: one.band for one in stored}
    assert {bands[one.agent_id] for one in found["elevated"]} <= {"elevated", "high"}


def test_by_benefit_the_same_people_come_in_another_order(road: Home, scored: Store, last_day: date) -> None:
    frame = load_frame(road, since=last_day)
    rng, columns = np.random.default_rng(0), Columns(["occupancy"], {})
    busy, offered = rng.random(300), (rng.random(300) < 0.5).astype(float)
    trees = benefit_trees(Trial(busy[:, None], 10 * offered * (busy < 0.5) + rng.normal(0, 1, 300), offered), 0)
    model = BenefitModel(trees, columns, "burnout_score", "points", contract_version())
    asked = (road, scored, "burnout", last_day, catalog(), NOTHING, "usual")
    by_risk, by_benefit = candidates_of(*asked), candidates_of(*asked, Order("benefit", "", model))
    assert [replace(one, rank=0.0) for one in by_benefit] == [replace(one, rank=0.0) for one in by_risk]
    told = dict(zip(frame["agent_id"], model.predict(frame), strict=True))
    order = sorted(by_benefit, key=lambda one: one.rank)
    assert [told[one.agent_id] for one in order] == sorted(told[one.agent_id] for one in by_benefit)
    assert len({one.rank for one in by_benefit}) == len(by_benefit)


@pytest.mark.parametrize("weeks", [-5, 5])
def test_scores_that_say_nothing_about_the_week_are_refused(
    weeks: int, road: Home, scored: Store, last_day: date
) -> None:
    with pytest.raises(NotReadyError, match=f"the newest burnout scores are as of {last_day}, more than 28 days away"):
        candidates_of(road, scored, "burnout", last_day + timedelta(weeks=weeks), catalog(), NOTHING)


def test_no_scores_yet_and_names_that_nobody_knows_are_refused(home: Home, store: Store) -> None:
    ask: Callable[..., Any] = candidates_of
    with pytest.raises(NotReadyError, match="There are no burnout scores yet; run `respite score` first"):
        ask(home, store, "burnout", DAY, catalog(), NOTHING)
    with pytest.raises(InputError, match="--outcome luck: name one of burnout, turnover"):
        ask(home, store, "luck", DAY, catalog(), NOTHING)
    with pytest.raises(InputError, match="--least-band dire: name one of usual, elevated, high"):
        ask(home, store, "burnout", DAY, catalog(), NOTHING, "dire")
