"""Champion and challenger side by side: the numbers of their runs, and what the gates would say, without saying it."""

import pytest
from mlflow.tracking import MlflowClient

from features import Home
from features.errors import NotReadyError
from training.comparison import side_by_side
from training.release import judged
from training.tracking import current


def test_both_versions_stand_beside_each_other_with_the_numbers_of_their_runs(road: Home) -> None:
    found = side_by_side(road, "turnover")
    assert found.champion is not None
    assert (found.champion.version, found.challenger.version) == ("1", "2")
    rows = {row[0]: row[1:] for row in found.rows}
    for version, place in ((found.champion, 0), (found.challenger, 1)):
        assert rows["AUROC"][place] == f"{version.metrics['auroc']:.3f}"
        assert rows["tested from"][place] == version.parameters["test_from"]
        assert rows["contract"][place] == version.tags["contract_version"]
    unknown = {row[0] for row in found.rows if "-" in row[1:]}
    assert unknown <= {"least impact ratio of a group"}, "groups of so small a centre are not judged"


def test_a_champion_that_is_its_own_challenger_is_said_to_be_so(road: Home) -> None:
    found = side_by_side(road, "burnout")
    assert found.decision.reason == "Version 1 is the champion already."


def test_asking_decides_nothing(road: Home) -> None:
    client = MlflowClient(road.tracking_uri, registry_uri=road.tracking_uri)
    before = client.get_model_version("turnover", "2")
    challenger = current(road, "turnover", "challenger")
    assert challenger is not None
    assert side_by_side(road, "turnover").decision == judged(challenger, current(road, "turnover"))
    after = client.get_model_version("turnover", "2")
    assert (after.tags, after.aliases) == (before.tags, before.aliases)


def test_without_a_challenger_the_step_to_run_is_named(home: Home) -> None:
    with pytest.raises(NotReadyError, match="run `respite train --outcome burnout` first"):
        side_by_side(home, "burnout")
