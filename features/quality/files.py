"""The report in the home: `quality.json` for machines and for the next build, `quality.html` for people."""

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from features.home import Home
from features.quality.drift import FORMAT, Profile
from features.quality.page import quality_page
from features.quality.report import Quality

__all__ = ["stored", "write_quality"]


def stored(quality: Quality) -> dict[str, Any]:
    """The report as JSON holds it."""
    document = asdict(quality)
    for entry in document["features"]:
        del entry["all_reasons"]
    return document


def write_quality(home: Home, quality: Quality, profile: Profile) -> None:
    """Write `quality.json` and `quality.html` into the home's features, each whole or not at all."""
    document = {"format": FORMAT, **stored(quality), "profile": asdict(profile)}
    _exchange(home.features / "quality.json", json.dumps(document, indent=1, allow_nan=False))
    _exchange(home.features / "quality.html", quality_page(quality))


def _exchange(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)
