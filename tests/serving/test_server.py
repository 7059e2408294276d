"""Starting and stopping the service, from the code and from a Bento that was built from it."""

import shutil
import subprocess
import sys
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

import serving
from features import Home
from features.errors import NotReadyError
from serving import Store
from serving.access import Principal, grant
from serving.server import ask, command, environment, free_port, running

ROOT = Path(serving.__file__).parents[1]


def test_the_service_listens_on_this_machine_alone(home: Home) -> None:
    words = command(3000)
    assert words[words.index("--host") + 1] == "127.0.0.1"
    assert environment(home)["RESPITE_HOME"] == str(home.root)
    assert environment(home)["BENTOML_HOME"].startswith(str(home.root))
    assert environment(home)["BENTOML_DO_NOT_TRACK"] == "True"


def test_a_free_port_can_be_taken() -> None:
    assert 1024 <= free_port() <= 65_535


@pytest.mark.service
def test_a_service_that_cannot_start_is_told_with_the_end_of_its_log(home: Home) -> None:
    home.root.mkdir()
    refused = pytest.raises(NotReadyError, match=r"The service did not start; .*service\.log ends with")
    with refused, running(home, service="serving.nothing:Nothing"):
        pass


@pytest.mark.service
def test_a_bento_answers_from_another_folder_and_stops(road: Home, newest: pd.DataFrame, tmp_path: Path) -> None:
    bentoml = [sys.executable, "-m", "bentoml"]
    environ = environment(road)
    built = subprocess.run(
        [*bentoml, "build", "--output", "tag"],
        cwd=ROOT, env=environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr[-2000:]
    tag = built.stdout.strip().splitlines()[-1].removeprefix("__tag__:")
    (bento,) = (road.root / "bentoml" / "bentos").glob("*/*/src")
    inside = {path.relative_to(bento).parts[0] for path in bento.rglob("*") if path.is_file()}
    assert {"features", "training", "serving", "respite.py"} <= inside
    assert not inside & {"tests", "notebooks", ".respite", "mlflow", ".git", "benchmarks"}
    assert not list(bento.rglob("*.pyc"))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    store = Store(road)
    token = grant(store, Principal("bento", "hr"), 1, datetime.now(UTC))
    store.close()
    agent = str(newest["agent_id"].iloc[0])
    with running(road, service=tag, folder=elsewhere) as address:
        status, answer = ask(address, "/v1/scores", {"agent_ids": [agent]}, token)
        assert ask(address, "/v1/scores", {"agent_ids": [agent]}, None)[0] == 401
    assert status == 200
    assert answer["scores"][0]["agent_id"] == agent
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"{address}/livez", timeout=2)  # noqa: S310 - http on loopback
    shutil.rmtree(road.root / "bentoml", ignore_errors=True)
