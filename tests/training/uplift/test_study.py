"""The whole road: a simulated program by lot, the signals before it, and who is found to benefit."""

import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from features import Home, load_frame
from features.errors import InputError, NotReadyError
from features.frame import write_features
from features.raw import rows
from features.simulation import Centre, Program, simulate, write
from training.uplift import Uplift, read_uplift
from training.uplift.ranking import Interval
from training.uplift.study import LEAST_ARM, study_uplift

LOT = Program("lot", "peer-stories", effect=-0.8, start_week=26, weeks=26)


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Everyone gains the same from taking part."""
    home = Home(tmp_path_factory.mktemp("uplift"))
    write(simulate(Centre(agents=500, days=380, seed=5, programs=(LOT,))), home)
    write_features(home, [began(home).date()])
    return home


@pytest.fixture
def uneven(centre: Home, tmp_path: Path) -> Home:
    """The same centre, where an offer takes 30 points more from those who are less busy, and gives 15 to the others."""
    home = _copy(centre, tmp_path / "uneven")
    signals = load_frame(home).set_index("agent_id")["occupancy"]
    busy = set(signals.index[signals > signals.median()])
    turns = rows(home, "outreach")
    given = set(turns.loc[turns["arm"] == "offer", "agent_id"])
    (path,) = home.table("surveys").glob("*.parquet")
    answers = pd.read_parquet(path)
    after = answers["agent_id"].isin(given) & (pd.to_datetime(answers["submitted_at"]) > began(home))
    change = answers["agent_id"].isin(busy).map({True: 15.0, False: -30.0})
    answers["score"] += change.where(after, 0.0)
    answers.to_parquet(path, index=False)
    return home


def _copy(home: Home, to: Path) -> Home:
    return Home(Path(shutil.copytree(home.root, to)))


def began(home: Home) -> pd.Timestamp:
    return pd.Timestamp(pd.to_datetime(rows(home, "outreach")["offered_at"]).min()).normalize()


def test_where_everyone_gains_the_same_risk_stays_the_order(centre: Home) -> None:
    found = study_uplift(centre)
    assert not found.shown
    assert found.gain.low < 0 < found.gain.high
    assert found.average.low > 0
    # 13 points an SD of exhaustion, -0.8 SD of those 0.7 who take part
    assert found.average.low < 13 * 0.8 * 0.7 < found.average.high
    assert "no gain is shown, and risk stays the order" in found.sentence
    assert found.against == "the outcome that is expected without an offer"
    assert read_uplift(centre, "burnout_score")[0] == found


def test_where_some_gain_more_they_are_found_and_the_gain_is_shown(uneven: Home) -> None:
    found = study_uplift(uneven)
    assert found.shown
    assert found.by_benefit.low > 0
    assert "the gain is shown" in found.sentence
    kept, model = read_uplift(uneven, "burnout_score")
    assert kept == found
    frame = load_frame(uneven)
    told = pd.Series(model.predict(frame))
    busy = frame["occupancy"] > frame["occupancy"].median()
    assert told[~busy].mean() > told[busy].mean() + 5


def test_the_study_is_a_run_in_mlflow_with_the_model_as_text(centre: Home) -> None:
    from training.registry import client_of

    found = study_uplift(centre, program="peer-stories", outcome="aht")
    client = client_of(centre)
    experiment = client.get_experiment_by_name("uplift")
    (run,) = client.search_runs([experiment.experiment_id], "params.program = 'peer-stories'")
    assert run.data.metrics["gain_low"] == pytest.approx(found.gain.low)
    assert run.data.params["shown"] == str(found.shown)
    kept = {entry.path for entry in client.list_artifacts(run.info.run_id, "model")}
    assert kept == {"model/benefit.json", "model/benefit.txt"}


def test_without_a_lot_it_is_refused_and_told_what_would_do(centre: Home, tmp_path: Path) -> None:
    home = _copy(centre, tmp_path / "all")
    (path,) = home.table("outreach").glob("*.parquet")
    pd.read_parquet(path).assign(arm="offer").to_parquet(path, index=False)
    with pytest.raises(NotReadyError, match=r"Nobody was held out.*--holdout 0\.2"):
        study_uplift(home)


def test_arms_that_somebody_chose_are_no_lot(centre: Home, tmp_path: Path) -> None:
    home = _copy(centre, tmp_path / "chosen")
    signals = load_frame(home).set_index("agent_id")["occupancy"]
    (path,) = home.table("outreach").glob("*.parquet")
    turns = pd.read_parquet(path)
    busy = turns["agent_id"].map(signals) > signals.median()
    turns.assign(arm=busy.map({True: "offer", False: "holdout"})).to_parquet(path, index=False)
    with pytest.raises(NotReadyError, match="had a lot alone decided"):
        study_uplift(home)


def test_too_few_people_are_refused_with_their_number(centre: Home, tmp_path: Path) -> None:
    home = _copy(centre, tmp_path / "few")
    (path,) = home.table("outreach").glob("*.parquet")
    turns = pd.read_parquet(path)
    pd.concat([turns[turns["arm"] == "offer"], turns[turns["arm"] == "holdout"].head(40)]).to_parquet(path, index=False)
    with pytest.raises(NotReadyError, match=rf"^40 people in the smaller arm; {LEAST_ARM} are needed"):
        study_uplift(home)


@pytest.mark.parametrize(
    ("given", "said"),
    [({"outcome": "luck"}, "--outcome luck: name one of burnout_score"), ({"program": "x"}, "--program x: no such")],
)
def test_what_is_not_there_is_refused(given: dict[str, str], said: str, centre: Home) -> None:
    with pytest.raises(InputError, match=said):
        study_uplift(centre, **given)  # type: ignore[arg-type] # wrong on purpose


def test_a_study_that_nobody_made_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(NotReadyError, match="run `respite uplift --outcome csat --program talks`"):
        read_uplift(Home(tmp_path), "csat", "talks")


@pytest.mark.parametrize(("low", "shown"), [(0.01, True), (0.0, False), (-1.0, False)])
def test_a_gain_is_shown_only_where_its_lower_end_is_above_zero(low: float, shown: bool) -> None:
    one = Interval(1.0, low, 2.0)
    found = Uplift(None, "csat", "points", date(2026, 1, 1), 180, 1, 1, "", one, one, one, one, one)
    assert found.shown is shown


def test_shares_are_told_in_a_hundred() -> None:
    one = Interval(0.034, -0.012, 0.08)
    found = Uplift(None, "voluntary_exits", "share", date(2026, 1, 1), 180, 1, 1, "", one, one, one, one, one)
    assert "each offer brings -1.2 to +8 in 100 (estimate +3.4) more" in found.sentence


def test_the_command_tells_the_lower_bound_first_and_the_same_to_machines(
    centre: Home, command: Callable[..., Any]
) -> None:
    shown = command("uplift", "--outcome", "aht", "--home", centre.root)
    assert shown.code == 0
    assert shown.out.index("at least") < shown.out.index("estimate") < shown.out.index("at most")
    said = json.loads(command("uplift", "--outcome", "aht", "--home", centre.root, "--json").out)
    found, _ = read_uplift(centre, "aht")
    assert said["gain"] == pytest.approx(list(found.gain))
    assert (said["shown"], said["sentence"]) == (found.shown, found.sentence)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--outcome", "luck"), "--outcome luck: name one of burnout_score"),
        (("--outcome", "nps"), "NPS rating: it was not measured after anyone's turn"),
        (("--program", "luck"), "--program luck: no such program; there are peer-stories"),
    ],
)
def test_the_command_refuses_in_one_sentence(
    words: tuple[str, ...], sentence: str, centre: Home, command: Callable[..., Any]
) -> None:
    answer = command("uplift", *words, "--home", centre.root)
    assert answer.code == 2
    assert f"respite: {sentence}" in answer.err
    assert "Traceback" not in answer.err
