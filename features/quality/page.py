"""The report as one page that needs nothing else: no script, no font, no request."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from markupsafe import Markup

from features.catalog import CATALOG, OPTIONAL, feature
from features.quality.charts import coverage_bar, drift_bars, late_histogram
from features.quality.coverage import FeatureQuality
from features.quality.drift import LITTLE, MUCH, Drift
from features.quality.report import Quality
from features.quality.words import alike, gap_lines, known, number, outside_text, percent

__all__ = ["quality_page"]

MOST_DRIFTS = 30
_VERSIONS = {
    "raw": "main window",
    "window": "other windows",
    "own_z": "own past",
    "change": "change",
    "peer_z": "peers",
}


def quality_page(quality: Quality) -> str:
    """The page as HTML."""
    page: str = _template().render(
        quality=quality,
        first=quality.as_of[0],
        last=quality.as_of[-1],
        figures=_figures(quality),
        gaps=gap_lines(quality),
        columns=[(column.name, percent(column.filled)) for column in quality.columns if column.filled],
        families=_families(quality.features),
        versions=list(_VERSIONS.values()),
        partial=[_covered(entries, said) for entries, said in alike(quality.features)],
        complete=[entry.name for entry in quality.features if not entry.null_rows],
        ranges=[_range(entry) for entry in _in_order(quality.features)],
        outside=len(quality.outside),
        drift_chart=Markup(drift_bars(quality.drift)) if any(d.psi is not None for d in quality.drift.features) else "",  # noqa: S704 - our own SVG
        drifts=_drifts(quality.drift),
        little=LITTLE,
        much=MUCH,
        late_chart=Markup(late_histogram(quality.late.days)) if quality.late else "",  # noqa: S704 - our own SVG
        percent=percent,
    )
    return page


@cache
def _template() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        autoescape=select_autoescape(["html"]),
    )  # fmt: skip
    return environment.get_template("page.html")


def _figures(quality: Quality) -> list[tuple[str, str]]:
    cells = sum(entry.rows for entry in quality.features) or 1
    nulls = sum(entry.null_rows for entry in quality.features)
    return [
        (f"{quality.rows:,}", f"rows: {quality.agents:,} agents on {len(quality.as_of)} dates"),
        (f"{len(quality.features)}", "features"),
        (percent(1 - nulls / cells), "of all values are known"),
        (f"{sum(entry.null_rows == entry.rows for entry in quality.features)}", "features are never known"),
        (f"{len(quality.outside)}", "features have values outside their unit"),
    ]


def _families(features: Sequence[FeatureQuality]) -> list[tuple[str, list[tuple[str, Markup] | None]]]:
    """Mean share known by family and version."""
    groups: dict[tuple[str, str], list[float]] = {}
    for quality in features:
        entry = feature(quality.name)
        groups.setdefault((quality.family, entry.version if entry else "raw"), []).append(known(quality))
    families = dict.fromkeys(entry.family for entry in _in_order(features))
    return [(family, [_cell(groups.get((family, version))) for version in _VERSIONS]) for family in families]


def _cell(shares: Sequence[float] | None) -> tuple[str, Markup] | None:
    if not shares:
        return None
    mean = sum(shares) / len(shares)
    return percent(mean), Markup(coverage_bar(mean))  # noqa: S704 - our own SVG


def _in_order(features: Sequence[FeatureQuality]) -> list[FeatureQuality]:
    """Features in the catalog's order."""
    place = {entry.name: i for i, entry in enumerate((*CATALOG, *OPTIONAL))}
    return sorted(features, key=lambda entry: place[entry.name])


def _covered(entries: Sequence[FeatureQuality], said: str) -> dict[str, Any]:
    share = known(entries[0])
    return {
        "names": [entry.name for entry in entries],
        "known": percent(share),
        "bar": Markup(coverage_bar(share)),  # noqa: S704 - our own SVG
        "nulls": f"{entries[0].null_rows:,}",
        "why": said,
    }


def _range(entry: FeatureQuality) -> dict[str, Any]:
    ends = (entry.minimum, entry.p01, entry.median, entry.p99, entry.maximum)
    return {
        "name": entry.name,
        "unit": entry.unit,
        "ends": [number(end) for end in ends],
        "note": outside_text(entry),
        "outside": entry.outside,
    }


def _drifts(drift: Drift) -> list[dict[str, Any]]:
    return [
        {
            "name": entry.name,
            "psi": "-" if entry.psi is None else f"{entry.psi:.3f}",
            "chance": "-" if entry.by_chance is None else f"{entry.by_chance:.3f}",
            "before": "-" if entry.null_share_before is None else percent(entry.null_share_before),
            "now": percent(entry.null_share),
            "note": entry.said or ("much" if entry.size > MUCH else "some" if entry.size > LITTLE else ""),
        }
        for entry in drift.features[:MOST_DRIFTS]
    ]
