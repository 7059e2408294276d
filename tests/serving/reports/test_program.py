"""The page of a program: its numbers are the study's, refusals stand in place of answers, nothing is fetched."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest

from features import Home
from features.catalog import contract_version
from features.errors import InputError, NotReadyError
from serving.reports.build import write_reports
from serving.reports.program import program_report
from training.columns import Columns
from training.effects import Analysis, Effect, Refused
from training.savings import load_costs, savings
from training.uplift import BenefitModel, Uplift
from training.uplift.ranking import Interval, qini_curve
from training.uplift.result import keep

WINDOW = (date(2026, 1, 5), date(2026, 7, 4))
COSTS = Path(__file__).parents[3] / "docs" / "costs.yaml"


def effect(outcome: str, estimate: float, half: float, **more: object) -> Effect:
    unit = {"burnout_score": "points", "voluntary_exits": "share"}[outcome]
    return Effect(outcome, unit, estimate, estimate - half, estimate + half, 0.95, "randomized",
                  "those who were held out by lot", 120, 60, None, "", WINDOW, **more)  # type: ignore[arg-type]  # fmt: skip


STUDY = Analysis(
    "peer-stories", "randomized", WINDOW[1], "burnout_score",
    (effect("burnout_score", -4.5, 2.25, primary=True, helpful_adjusted=True), effect("voluntary_exits", -0.031, 0.05),
     Refused("nps", "randomized", "It was not measured.", "Ask for it.")),
    {"offered": 120, "held_out": 60, "accepted": 80, "teams": 9},
)  # fmt: skip


def kept(home: Home, study: Analysis) -> Home:
    folder = home.root / "effects"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{re.sub('[^A-Za-z0-9._-]', '_', study.program)}.json").write_text(study.to_json())
    return home


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.split("</style>")[1]))


def test_the_sentence_s_numbers_are_the_study_s(home: Home) -> None:
    said = words(program_report(kept(home, STUDY), "peer-stories"))
    (found,) = re.findall(
        r"changed by at least (\S+) points and at most (\S+) points, most likely by (\S+) points", said
    )
    assert [float(number) for number in found] == [-2.25, -6.75, -4.5]
    assert "120 people in 9 teams were offered it, 60 were held out; 80 accepted." in said


def test_who_gains_most_is_told_of_the_program_else_of_all_offers_else_that_nobody_knows(home: Home) -> None:
    kept(home, STUDY)
    assert "Who gains most Nobody studied it;" in words(program_report(home, "peer-stories"))
    trees = lgb.train({"verbosity": -1}, lgb.Dataset(np.arange(60.0)[:, None], np.arange(60.0)), 2)
    model = BenefitModel(trees, Columns(["occupancy"], {}), "burnout_score", "points", contract_version())
    for program, low in ((None, -3.0), ("peer-stories", 1.0)):
        one = Interval(2.0, low, 4.0)
        found = Uplift(program, "burnout_score", "points", WINDOW[1], 180, 120, 120, "", one, one, one, one, one)
        keep(home, found, model, curves_of_numbers(), 0)
        said = words(program_report(home, "peer-stories"))
        assert f"Who gains most {'' if program else 'Of all offers together: '}Offered to 30% of people" in said
        (numbers,) = re.findall(r"brings (\S+) to (\S+) points \(estimate (\S+)\)", said)
        assert [float(number) for number in numbers] == [low, 4.0, 2.0]


def curves_of_numbers() -> pd.DataFrame:
    scores = np.arange(20.0)
    return pd.concat([qini_curve(scores, rank, 0).assign(order=name) for name, rank in (("a", scores), ("b", -scores))])


def test_shares_are_told_in_a_hundred_and_chance_is_named(home: Home) -> None:
    said = words(program_report(kept(home, STUDY), "peer-stories"))
    assert re.search(r"Share who gave notice -8.1 in 100 -3.1 in 100 \+1.9 in 100 not beyond chance", said)


def test_an_effect_that_may_be_none_is_called_open(home: Home) -> None:
    unsure = replace(STUDY, effects=(effect("burnout_score", -1.0, 3.0, primary=True),))
    said = words(program_report(kept(home, unsure), "peer-stories"))
    assert (
        "Whether it helped is open: the burnout score may have changed by anything from +2.00 points to -4.00" in said
    )
    assert "It helped" not in said


def test_a_refusal_says_why_and_what_would(home: Home) -> None:
    refused = replace(
        STUDY, effects=(Refused("burnout_score", "randomized", "Nobody was held out.", "Hold out some."),)
    )
    said = words(program_report(kept(home, refused), "peer-stories"))
    assert "cannot be told. Nobody was held out. Hold out some." in said


def test_what_it_saved_is_what_savings_says(home: Home) -> None:
    said = words(program_report(kept(home, STUDY), "peer-stories", COSTS))
    assert savings(STUDY, load_costs(COSTS)).sentence in said
    assert "Not counted, days of absence avoided" in said


def test_the_course_of_a_staggered_program_is_drawn(home: Home) -> None:
    course = tuple({"period": at, "estimate": -float(at), "low": -at - 1.0, "high": -at + 1.0} for at in range(-3, 4))
    page = program_report(kept(home, replace(STUDY, event_study=course)), "peer-stories")
    assert page.count("periods before") == 2
    assert "period 4" in page


def test_a_name_runs_nothing_and_the_page_fetches_nothing(home: Home) -> None:
    name = "<script>alert(1)</script>"
    page = program_report(kept(home, replace(STUDY, program=name)), name)
    assert "<script" not in page
    assert not re.search(r"(?:src|href)\s*=|url\(", page)


def test_every_picture_has_words(home: Home) -> None:
    page = program_report(kept(home, STUDY), "peer-stories", COSTS)
    pictures = re.findall(r"<svg[^>]*>", page)
    assert len(pictures) >= 3
    assert all('role="img"' in one and 'aria-label="' in one for one in pictures)


def test_it_is_written_by_its_name_and_needs_a_study(home: Home) -> None:
    with pytest.raises(NotReadyError, match="respite effects --program walks"):
        write_reports(home, program="walks")
    assert write_reports(kept(home, STUDY), program="peer-stories").name == "program-peer-stories.html"
    with pytest.raises(InputError, match="Name either"):
        write_reports(home, program="peer-stories", organization=True)
