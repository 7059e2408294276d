"""What the model would expect of other conditions is what it says row by row; a trend is the mean of its scores."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from features import Home
from features.frame import load_frame
from serving.outreach.actions import catalog
from serving.privacy.releases import Releases
from serving.reports.conditions import CONDITIONS, Condition, actions_for, conditions
from serving.reports.groups import Standing, group_of, standing
from serving.reports.material import Material
from serving.reports.scores import Scored
from serving.reports.sentences import Compared, entry_of
from serving.reports.trend import weekly_means
from serving.what_if import beside
from training.tracking import load_current


@pytest.fixture
def found(material: Material) -> tuple[Material, Standing]:
    """The largest team, before anything was shown."""
    fresh = replace(material, releases=Releases())
    team = str(fresh.now["team_id"].value_counts().index[0])
    at = standing(fresh, group_of(fresh, team), "burnout")
    assert at is not None
    return fresh, at


def test_moving_a_condition_is_changing_it_row_by_row(road: Home, found: tuple[Material, Standing]) -> None:
    material, at = found
    model, _ = load_current(road, "burnout")
    scored = material.scores["burnout"]
    for name in CONDITIONS:
        low = float(material.now[name].quantile(0.2 if entry_of(name).direction("burnout") > 0 else 0.8))
        given = Compared(name, 1e9, 0.0, low)  # far harder than on the queue, so that it is asked about
        told = conditions(material, "burnout", at, [given])
        assert told is not None
        total = 0.0
        for agent in sorted(at.people):
            row = material.now[material.now["agent_id"] == agent].reset_index(drop=True)
            twice = pd.concat([row, row], ignore_index=True)
            after = beside(twice, {name: low}, model.details_["profile"])[1:] if row[name].notna().all() else row
            p = [model.predict_proba(one[model.feature_names])[0, 1] for one in (row, after)]
            total += p[1] - p[0] if agent in scored.present else 0.0
        apart = total / len(at.people)
        if told:
            assert told[0].then - told[0].mean == pytest.approx(apart, abs=1e-9)
        else:
            assert apart > -0.01


def test_a_condition_that_is_easier_here_is_not_asked_about(found: tuple[Material, Standing]) -> None:
    material, at = found
    assert conditions(material, "burnout", at, [Compared("overtime", 0.5, 1.0, 2.0)]) == []


def test_without_the_model_that_made_the_scores_nobody_is_asked(found: tuple[Material, Standing]) -> None:
    material, at = found
    rows = [SimpleNamespace(**row._asdict() | {"model_version": "0"}) for row in material.scores["burnout"].now]
    other = replace(material, scores={"burnout": Scored("burnout", rows)})
    assert conditions(other, "burnout", at, [Compared("overtime", 2.0, 1.0, 0.5)]) is None
    assert weekly_means(other, "burnout", at) is None


def test_a_trend_is_the_mean_of_what_the_model_says_of_each_week(road: Home, found: tuple[Material, Standing]) -> None:
    material, at = found
    model, _ = load_current(road, "burnout")
    weekly = weekly_means(material, "burnout", at)
    assert weekly is not None
    assert len(weekly) == len(material.weeks.dates)
    assert weekly[-1] == pytest.approx(at.group.mean)
    table = {}
    for day in material.weeks.dates[:-1]:
        rows = load_frame(road, pd.Timestamp(day).date(), pd.Timestamp(day).date()).set_index("agent_id")
        p = pd.Series(model.predict_proba(rows[model.feature_names])[:, 1], index=rows.index)
        table[day] = p.where(rows["contacts_per_hour"].notna()).reindex(sorted(at.people))
    wide = pd.DataFrame(table)
    wide["now"] = material.scores["burnout"].probability(at.people)
    assert weekly == pytest.approx(wide.bfill(axis=1).mean().to_numpy())


def test_an_opt_out_moves_neither_the_trend_nor_the_conditions(found: tuple[Material, Standing]) -> None:
    material, at = found
    agent = min(at.people)
    rows = [SimpleNamespace(**row._asdict()) for row in material.scores["burnout"].now]
    carried = [SimpleNamespace(**vars(row)) for row in rows if row.agent_id == agent]
    for row in rows:
        if row.agent_id == agent:
            row.probability, row.base, row.families = None, None, {}
    after = replace(material, scores={"burnout": Scored("burnout", rows, carried)})
    harder = [Compared(name, 1e9, 0.0, 0.0) for name in CONDITIONS]
    assert conditions(after, "burnout", at, harder) == conditions(material, "burnout", at, harder)
    assert np.array_equal(weekly_means(after, "burnout", at), weekly_means(material, "burnout", at))  # type: ignore[arg-type]


def test_actions_answer_the_conditions_and_are_for_everyone() -> None:
    for name, kind in CONDITIONS.items():
        told = Condition(kind, Compared(name, 2.0, 1.0, 1.0), 0.4, 0.3)
        (first, *_) = actions_for([told], catalog())
        answered = {signal for driver in first.drivers for signal in catalog().drivers[driver].signals}
        assert name in answered
        assert first.level != "individual"
    assert [action.always for action in actions_for([], catalog())] == [True]
