"""The whole road: a simulated program of known effect is offered, measured and studied."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features import Home
from features.errors import InputError, NotReadyError
from features.raw import rows
from features.simulation import Centre, Program, simulate, write
from training.effects import OUTCOMES, Analysis, Effect, Refused, read_analysis
from training.effects.measures import measure, reaches
from training.effects.study import study
from training.effects.turns import posts_on, turns_of

LOT = Program("lot", "peer-stories", effect=-1.6, start_week=26, weeks=26)
STEPS = Program("steps", "stable-starts", effect=-1.6, assignment="staggered", start_week=24, steps=4, every_weeks=4)


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("effects"))
    write(simulate(Centre(agents=330, days=380, seed=5, programs=(LOT, STEPS))), home)
    return home


@pytest.fixture(scope="module")
def by_lot(centre: Home) -> Analysis:
    return study(centre, "peer-stories")


def test_a_program_by_lot_is_found_to_be_one_and_to_help(by_lot: Analysis, centre: Home) -> None:
    assert by_lot.design == "randomized"
    found = by_lot.of("burnout_score")
    assert isinstance(found, Effect)
    assert found.primary
    # 13 points an SD of exhaustion, -1.6 SD of those 0.7 who take part, of which most has come after half a year
    assert found.low < -13 * 1.6 * 0.7 * 0.8 < found.high
    assert found.estimate < 0
    accepting = by_lot.of("burnout_score", "instrument")
    assert isinstance(accepting, Effect)
    assert accepting.estimate < found.estimate


def test_every_outcome_has_an_effect_or_a_reason(by_lot: Analysis) -> None:
    for name in OUTCOMES:
        one = by_lot.of(name)
        assert one is not None
        if isinstance(one, Refused):
            assert one.why.endswith(".")
            assert one.instead
        else:
            assert one.low <= one.estimate <= one.high
            assert one.treated + one.control <= by_lot.people["offered"] + by_lot.people["held_out"]
    assert isinstance(by_lot.of("nps"), Refused)  # the simulation asks no such question


def test_what_was_kept_is_what_was_found(by_lot: Analysis, centre: Home) -> None:
    assert read_analysis(centre, "peer-stories") == by_lot


def test_the_study_is_a_run_in_mlflow(by_lot: Analysis, centre: Home) -> None:
    from training.registry import client_of

    client = client_of(centre)
    experiment = client.get_experiment_by_name("effects")
    (run,) = client.search_runs([experiment.experiment_id], "params.program = 'peer-stories'")
    found = by_lot.of("burnout_score")
    assert isinstance(found, Effect)
    assert run.data.metrics["burnout_score_randomized_low"] == pytest.approx(found.low)
    assert run.data.params["design"] == "randomized"
    assert (run.data.params["data_from"], run.data.params["data_to"]) == tuple(map(str, found.window))


def test_teams_one_after_another_are_found_to_be_that(centre: Home) -> None:
    assert turns_of(centre, "stable-starts").by_team
    found = study(centre, "stable-starts", primary="aht")
    assert found.design == "staggered"
    answered = [one for one in found.effects if isinstance(one, Effect)]
    assert answered
    assert all(one.clusters and one.clusters >= 12 for one in answered)
    if isinstance(found.of("aht"), Effect):
        assert {row["period"] for row in found.event_study} >= {-2, 0, 1}


def test_a_wedge_is_what_somebody_says_it_is(centre: Home) -> None:
    found = study(centre, "stable-starts", design="stepped_wedge", primary="absence_days")
    one = found.of("absence_days")
    assert isinstance(one, Effect)
    assert "drawn by lot" in one.compared


def test_where_everyone_who_was_chosen_was_offered_it_nothing_is_said(tmp_path: Path) -> None:
    copy, chosen = Home(tmp_path), Program("all", "chosen", effect=-1.0, start_week=20)
    write(simulate(Centre(agents=60, days=250, seed=3, programs=(chosen,))), copy)
    path = sorted(copy.batches("outreach"))[0]
    table = pq.read_table(path).to_pandas()
    pq.write_table(pa.Table.from_pandas(table[table["arm"] == "offer"], preserve_index=False), path)
    found = study(copy, "chosen")
    assert all(isinstance(one, Refused) for one in found.effects)
    first = found.effects[0]
    assert isinstance(first, Refused)
    assert "regression to the mean" in first.why
    assert "by lot" in first.instead


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"program": "nothing"}, "--program nothing: no such program; there are peer-stories, stable-starts"),
        ({"primary": "joy"}, "--primary joy: name one of burnout_score"), ({"design": "wishful"}, "--design wishful"),
        ({"days": 7}, "--days 7"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_refused_by_its_option(more: dict[str, object], said: str, centre: Home) -> None:
    with pytest.raises(InputError, match=said):
        study(centre, **({"program": "peer-stories"} | more))  # type: ignore[arg-type]


def test_without_contacts_the_step_to_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotReadyError, match="respite ingest"):
        study(Home(tmp_path), "peer-stories")


def test_measures_are_what_the_tables_hold(centre: Home) -> None:
    """Against plain loops over the rows of a few people."""
    contacts, surveys, exits, absences = (rows(centre, t) for t in ("contacts", "surveys", "exits", "absences"))
    start, end = reaches(centre) - pd.Timedelta(days=150), reaches(centre) - pd.Timedelta(days=30)
    ids = sorted(posts_on(rows(centre, "agents"), start).index)[:25]
    found = measure(centre, pd.DataFrame({"agent_id": ids, "start": start, "end": end}))
    latest = contacts.sort_values("recorded_at").drop_duplicates("contact_id", keep="last")
    for row, agent in enumerate(ids):
        own = latest[(latest["agent_id"] == agent) & latest["started_at"].between(start, end, inclusive="left")]
        assert found["fcr"][row] == pytest.approx(own["resolved"].astype(float).mean(), nan_ok=True)
        assert found["aht"][row] == pytest.approx((own["talk_s"] + own["hold_s"] + own["acw_s"]).mean(), nan_ok=True)
        answers = surveys[
            (surveys["agent_id"] == agent) & surveys["submitted_at"].between(start, end, inclusive="left")
        ]
        last = answers.sort_values("submitted_at")["score"].iloc[-1] if len(answers) else np.nan
        assert found["burnout_score"][row] == pytest.approx(last, nan_ok=True)
        left = exits[(exits["agent_id"] == agent) & (exits["kind"] == "voluntary")].sort_values("recorded_at")
        left = left.drop_duplicates("notice_on", keep="last")
        gone = pd.to_datetime(left["notice_on"]).between(start, end, inclusive="left").any()
        if not np.isnan(found["voluntary_exits"][row]):
            assert bool(found["voluntary_exits"][row]) == bool(gone)
    assert absences["planned"].notna().all()
    assert found["absence_days"].between(0, 28).all()


def test_an_analysis_survives_being_written(by_lot: Analysis) -> None:
    assert Analysis.from_json(by_lot.to_json()) == by_lot
