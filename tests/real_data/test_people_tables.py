"""Three public tables of people, by the command line: better than chance, with what was left out and why."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

DATA = Path(__file__).parents[3] / "shared" / "data"
pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"{DATA} is absent"),
]
EXHAUSTION = "(EE1+EE2+EE3)/3"
TABLES = {
    "hr_attrition_synthetic": (["--target", "Attrition", "--positive", "Yes"], 0.78),
    "employee_turnover": (["--target", "event", "--drop", "stag"], 0.62),
    "teacher_burnout": (
        ["--target", f"{EXHAUSTION} >= quantile_cont({EXHAUSTION}, 0.75) OVER ()", "--drop", "EE*,DP*,PA*"],
        0.72,
    ),
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, Any]]:
    """The answer of `python -m respite train --table ...`, once per table."""
    import os
    import subprocess
    import sys

    root, home, found = Path(__file__).parents[2], tmp_path_factory.mktemp("people"), {}

    def run(name: str) -> dict[str, Any]:
        if name not in found:
            words = ["train", "--table", str(DATA / f"{name}.csv"), *TABLES[name][0], "--home", str(home), "--json"]
            answer = subprocess.run(
                [sys.executable, "-m", "respite", *words], cwd=root, env=dict(os.environ),
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert answer.returncode == 0, answer.stderr
            found[name] = json.loads(answer.stdout)
        return found[name]

    return run


@pytest.mark.parametrize("name", TABLES)
def test_it_is_clearly_better_than_chance(name: str, runs: Callable[[str], dict[str, Any]]) -> None:
    said = runs(name)
    assert said["metrics"]["auroc"] > TABLES[name][1]
    assert said["metrics"]["brier_skill"] > 0
    assert said["metrics"]["auroc"] > said["baselines"]["prevalence"]["auroc"] + 0.1


def test_the_columns_that_a_target_is_made_of_and_its_siblings_are_not_learned_from(
    runs: Callable[[str], dict[str, Any]],
) -> None:
    said = runs("teacher_burnout")
    assert said["rows"] + said["duplicates"] == 602
    assert not [name for name in said["drivers"] if name.startswith(("EE", "DP", "PA"))]
    assert 0.2 < said["positives"] / said["rows"] < 0.35


def test_thirteen_duplicates_are_found(runs: Callable[[str], dict[str, Any]]) -> None:
    said = runs("employee_turnover")
    assert (said["rows"] + said["duplicates"], said["duplicates"]) == (1129, 13)
    assert said["left_out"]["gender"] == said["left_out"]["head_gender"] == "protected attribute"


def test_constants_row_numbers_and_protected_attributes_are_left_out(runs: Callable[[str], dict[str, Any]]) -> None:
    left_out = runs("hr_attrition_synthetic")["left_out"]
    assert {name for name, why in left_out.items() if why == "protected attribute"} >= {
        "Age",
        "Gender",
        "MaritalStatus",
    }
    assert left_out["EmployeeCount"] == left_out["StandardHours"] == "the same for everyone"
    assert left_out["EmployeeNumber"] == "a row number"
    assert "Attrition" in left_out
