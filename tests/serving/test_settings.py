"""Configuration: one file, overridden by the environment, refused in one sentence."""

from pathlib import Path

import pytest

from features import Home
from features.errors import BannedInputError, ConfigError
from serving.settings import Settings, load_settings


def written(home: Home, text: str) -> Home:
    home.root.mkdir(parents=True, exist_ok=True)
    (home.root / "respite.yaml").write_text(text, encoding="utf-8")
    return home


def test_without_a_file_there_are_defaults(home: Home) -> None:
    assert load_settings(home) == Settings()
    assert load_settings(home).service.host == "127.0.0.1"


def test_the_environment_overrides_the_file(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    written(home, "service: {workers: 2, fresh_days: 3}")
    monkeypatch.setenv("RESPITE__SERVICE__WORKERS", "4")
    monkeypatch.setenv("RESPITE__PRIVACY__RETENTION__SCORE_DAYS", "30")
    found = load_settings(home)
    assert (found.service.workers, found.service.fresh_days, found.privacy.retention.score_days) == (4, 3, 30)


def test_another_file_can_be_named(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "production.yaml"
    file.write_text("service: {port: 8080}", encoding="utf-8")
    monkeypatch.setenv("RESPITE_CONFIG", str(file))
    assert load_settings(written(home, "service: {port: 9}")).service.port == 8080


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("service: {wrokers: 2}", r"service\.wrokers: Extra inputs are not permitted; got 2"),
        ("service: {workers: 0}", r"service\.workers: Input should be greater than or equal to 1; got 0"),
        ("access: {oidc: {issuer: x, audience: y, jwks: 'http://a.b/keys', roles: {a: hr}}}", r"access\.oidc\.jwks: "),
        ("access: {oidc: {issuer: x, audience: y, jwks: ./k, roles: {a: boss}}}", r"access\.oidc\.roles\.a: "),
        ("- a list", "names with values are wanted"),
        ("a: [", "not a YAML file"),
    ],
)
def test_what_is_not_valid_is_refused_with_its_place(text: str, said: str, home: Home) -> None:
    with pytest.raises(ConfigError, match=said):
        load_settings(written(home, text))


@pytest.mark.parametrize("text", ["features: [voice_pitch]", "webcam: on", "service: {host: keystroke_log}"])
def test_a_configuration_that_names_a_banned_signal_stops_the_start(text: str, home: Home) -> None:
    with pytest.raises(BannedInputError, match="may not be named"):
        load_settings(written(home, text))


def test_what_a_site_says_to_its_people_may_speak_of_what_no_input_is(home: Home) -> None:
    help_ = "{name: Works council, words: Listens., contact: Room 0}"
    found = load_settings(written(home, f"outreach: {{sites: {{S1: {{help: [{help_}]}}}}}}")).overrides()
    assert found.help_at("S1")[0].name == "Works council"


def test_a_section_on_sites_that_sets_what_it_may_not_is_refused_with_its_place(home: Home) -> None:
    with pytest.raises(ConfigError, match=r"configuration: outreach\.sites\.S1\.helps: Extra inputs"):
        load_settings(written(home, "outreach: {sites: {S1: {helps: []}}}")).overrides()


def test_a_variable_that_is_no_section_is_refused(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESPITE__SERVICE", "4")
    monkeypatch.setenv("RESPITE__SERVICE__WORKERS", "4")
    with pytest.raises(ConfigError, match="RESPITE__SERVICE__WORKERS: service is no section"):
        load_settings(home)
