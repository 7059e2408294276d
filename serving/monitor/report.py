"""The monitor's report as a page, as JSON, and as gauges in Prometheus's text format."""

import json
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from features.home import Home
from serving.monitor.findings import Gauge, MonitorReport

__all__ = ["gauges_text", "page", "write_monitor"]

_HERE = Path(__file__).parent
SHOWN = 25


def write_monitor(home: Home, report: MonitorReport) -> dict[str, Path]:
    """Write `monitor.html`, `monitor.json` and `monitor.prom` into the home's reports, each at once."""
    home.reports.mkdir(parents=True, exist_ok=True)
    texts = {
        "html": page(report),
        "json": json.dumps(report.as_dict(), indent=2, default=str),
        "prom": gauges_text(report.gauges),
    }
    paths = {}
    for suffix, text in texts.items():
        paths[suffix] = home.reports / f"monitor.{suffix}"
        part = home.reports / f".monitor.{suffix}.part"
        part.write_text(text, encoding="utf-8")
        part.replace(paths[suffix])
    return paths


def page(report: MonitorReport) -> str:
    """One HTML page that asks nothing of the network."""
    templates = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    style = Markup((_HERE.parent / "reports" / "style.css").read_text(encoding="utf-8"))  # noqa: S704 - our own file
    return templates.get_template("monitor.html").render(report=report, style=style, shown=SHOWN)


def gauges_text(gauges: list[Gauge]) -> str:
    """Gauges for a textfile collector, by name.

    Source: Prometheus, Exposition formats, text format 0.0.4.
    """
    lines: list[str] = []
    for name in sorted({gauge.name for gauge in gauges}):
        some = [gauge for gauge in gauges if gauge.name == name]
        lines += [f"# HELP {name} {some[0].about}", f"# TYPE {name} gauge"]
        lines += [f"{name}{_labels(gauge)} {gauge.value!r}" for gauge in some]
    return "\n".join(lines) + "\n"


def _labels(gauge: Gauge) -> str:
    pairs = ",".join(f'{name}="{_escaped(value)}"' for name, value in sorted(gauge.labels.items()))
    return f"{{{pairs}}}" if pairs else ""


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
