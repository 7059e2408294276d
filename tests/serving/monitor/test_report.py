"""The report: a page, JSON, and gauges that a parser of Prometheus reads."""

import json
from datetime import date

import pytest
from prometheus_client.parser import text_string_to_metric_families

from features import Home
from serving.monitor.findings import Finding, Gauge, MonitorReport
from serving.monitor.report import gauges_text, page, write_monitor

FINE = Finding("burnout", "scores", "fine", "Mean score 10 %.")
ALERT = Finding("turnover", "features", "alert", "9 of 10 features <drifted>.", True)
STALE = Finding("", "freshness", "alert", "The newest features are old.")
ROW = {"name": "overtime", "psi": 0.3, "adjusted_p": 0.01, "null_share_before": 0.0, "null_share": 0.1, "drifted": True}


def report(*findings: Finding) -> MonitorReport:
    gauges = [Gauge("respite_x", "X.", 0.25, {"outcome": 'a "b"\\c\n'}), Gauge("respite_y", "Y.", float("nan"))]
    return MonitorReport(date(2026, 3, 2), list(findings), gauges, {"burnout": [ROW]})


@pytest.mark.parametrize(("findings", "code"), [((FINE,), 0), ((FINE, ALERT), 1), ((STALE,), 1), ((), 0)])
def test_the_exit_code_asks_for_something_to_be_done(findings: tuple[Finding, ...], code: int) -> None:
    assert report(*findings).exit_code == code


def test_a_retraining_is_suggested_with_its_reason_and_only_where_it_helps() -> None:
    assert report(FINE, ALERT).suggestion == "Retrain turnover: 9 of 10 features <drifted>."
    assert report(FINE, STALE).suggestion == "No retraining is suggested."


def test_gauges_are_read_by_a_parser_of_prometheus() -> None:
    found = {family.name: family for family in text_string_to_metric_families(gauges_text(report().gauges))}
    assert set(found) == {"respite_x", "respite_y"}
    (sample,) = found["respite_x"].samples
    assert (sample.value, sample.labels) == (0.25, {"outcome": 'a "b"\\c\n'})


def test_the_page_escapes_and_asks_nothing_of_the_network() -> None:
    text = page(report(ALERT))
    assert "&lt;drifted&gt;" in text
    assert "http" not in text
    assert "overtime" in text


def test_all_three_files_are_written(home: Home) -> None:
    paths = write_monitor(home, report(ALERT))
    assert json.loads(paths["json"].read_text(encoding="utf-8"))["exit_code"] == 1
    assert {path.name for path in home.reports.iterdir()} == {"monitor.html", "monitor.json", "monitor.prom"}
