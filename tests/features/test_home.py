"""Where things live: one folder, and runs on a server where one is named."""

from pathlib import Path

import pytest

from features.errors import ConfigError, InputError
from features.home import HOME_VARIABLE, TRACKING_VARIABLE, Home


def test_the_folder_that_is_given_wins_over_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "there"))
    assert Home.find(tmp_path / "here").root == tmp_path / "here"
    assert Home.find().root == tmp_path / "there"
    assert not list(tmp_path.iterdir()), "naming a home should make nothing"


def test_a_file_is_no_home(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="is a file; name a folder"):
        Home.find(tmp_path / "file")


def test_runs_are_kept_in_the_folder_unless_a_server_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(TRACKING_VARIABLE, raising=False)
    assert Home.find(tmp_path).tracking_uri == f"sqlite:///{tmp_path / 'mlflow.db'}"
    monkeypatch.setenv(TRACKING_VARIABLE, "https://mlflow.example.org")
    assert Home.find(tmp_path).tracking_uri == "https://mlflow.example.org"
    assert Home(tmp_path).tracking_uri.startswith("sqlite:"), "the environment is read in one place"


@pytest.mark.parametrize("uri", ["mlflow.example.org:5000", "ftp://host", "./mlruns", "http://", "databricks"])
def test_what_is_neither_server_nor_database_is_refused(uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TRACKING_VARIABLE, uri)
    with pytest.raises(ConfigError, match=r"RESPITE_TRACKING_URI .* name a server"):
        Home.find()


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("postgresql+psycopg://mlflow:secret@db:5432/mlflow", "postgresql+psycopg://db:5432/mlflow"),
        ("https://user:secret@mlflow.example.org/x", "https://mlflow.example.org/x"),
        ("http://127.0.0.1:5000", "http://127.0.0.1:5000"),
    ],
)
def test_a_password_is_never_shown(uri: str, shown: str, tmp_path: Path) -> None:
    assert Home(tmp_path, uri).tracking_place == shown


@pytest.mark.parametrize("url", ["mysql://db/x", "postgresql://me:secret@db/x", "respite.db"])
def test_a_store_that_is_neither_sqlite_nor_postgresql_is_refused_without_its_password(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RESPITE_STORE_URL", url)
    with pytest.raises(ConfigError, match=r"RESPITE_STORE_URL .* write sqlite") as refused:
        Home.find()
    assert "secret" not in str(refused.value)


def test_the_store_is_shown_without_its_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESPITE_STORE_URL", "postgresql+psycopg://me:se/c@ret@db/respite?password=secret")
    home = Home.find(tmp_path)
    assert home.store_url.endswith("password=secret")
    assert home.store_place == "postgresql+psycopg://db/respite"
