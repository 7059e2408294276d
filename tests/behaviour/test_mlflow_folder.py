"""What lies in `mlflow/` for those who run a server of their own, and for `mlflow run`."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import features

ROOT = Path(features.__file__).parents[1]
FOLDER = ROOT / "mlflow"
VARIABLE = re.compile(r"(?<!\$)\$\{?([A-Z_]+)")


def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8"))
    return found


def example() -> dict[str, str]:
    lines = (FOLDER / ".env.example").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_every_variable_of_the_compose_file_is_in_the_example_and_the_other_way_round() -> None:
    used = set(VARIABLE.findall((FOLDER / "compose.yaml").read_text(encoding="utf-8")))
    assert used == set(example())


def test_no_secret_is_written_down() -> None:
    assert example()["MLFLOW_DB_PASSWORD"] == example()["RESPITE_DB_PASSWORD"] == ""
    environments = [service["environment"] for service in compose()["services"].values()]
    secrets = [value for values in environments for name, value in values.items() if "PASSWORD" in name]
    assert secrets == [f"${{{name}_DB_PASSWORD:?see .env.example}}" for name in ("MLFLOW", "RESPITE")]
    assert ".env" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()


def test_the_server_waits_for_a_healthy_database_and_both_are_asked_how_they_are() -> None:
    services = compose()["services"]
    assert services["server"]["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert all(service["healthcheck"]["test"] for service in services.values())
    assert services["server"]["environment"]["MLFLOW_DISABLE_TELEMETRY"] == "true"


def test_every_volume_is_declared_and_used() -> None:
    found = compose()
    mounted = {volume.split(":")[0] for service in found["services"].values() for volume in service["volumes"]}
    assert mounted == set(found["volumes"])


def test_the_server_is_the_mlflow_that_models_are_logged_with() -> None:
    pinned = re.search(r'"(mlflow==[\d.]+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert pinned
    assert pinned[1] in compose()["services"]["server"]["build"]["dockerfile_inline"]


def entry_points() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((FOLDER / "MLproject").read_text(encoding="utf-8"))["entry_points"]
    return found


@pytest.mark.parametrize("name", ["train", "compare", "promote"])
def test_entry_points_are_commands_of_respite_with_options_that_exist(name: str) -> None:
    entry = entry_points()[name]
    assert entry["command"].startswith(f"python -m respite {name} ")
    said = subprocess.run(
        [sys.executable, "-m", "respite", name, "--help"], cwd=ROOT, capture_output=True, text=True, check=True,
        env=os.environ | {"COLUMNS": "200", "NO_COLOR": "1"},
    ).stdout  # fmt: skip
    for option in re.findall(r"--\w+", entry["command"]):
        assert option in said
    assert set(re.findall(r"\{(\w+)\}", entry["command"])) == set(entry["parameters"])


def test_mlflow_run_runs_an_entry_point(tmp_path: Path) -> None:
    store, path = (
        f"sqlite:///{tmp_path / 'mlflow.db'}",
        f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    )
    answer = subprocess.run(
        [sys.executable, "-m", "mlflow", "run", "mlflow", "-e", "compare", "--env-manager=local",
         "-P", f"home={tmp_path}"],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=300,
        env=os.environ | {"MLFLOW_TRACKING_URI": store, "MLFLOW_DISABLE_TELEMETRY": "true", "PATH": path,
                          "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    assert "Nothing is registered yet" in answer.stdout + answer.stderr
