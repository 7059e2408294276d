"""What studies of programs found: kept in the home and in MLflow, and read back."""

import json
import os
import re
from pathlib import Path

import pandas as pd

from features.errors import NotReadyError
from features.home import Home
from training.effects.effect import Analysis, Effect

__all__ = ["keep", "read_analysis"]


def keep(home: Home, found: Analysis) -> None:
    """Into the home and into MLflow: design, window and numbers."""
    from training.tracking import tracked

    path = _path(home, found.program)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(found.to_json(), encoding="utf-8")
    os.replace(part, path)
    windows = [one.window for one in found.effects if isinstance(one, Effect)]
    data = (
        {"data_from": min(start for start, _ in windows), "data_to": max(end for _, end in windows)} if windows else {}
    )
    with tracked(home, "effects", found.program) as run:
        run.parameters({"program": found.program, "design": found.design, "primary": found.primary, "days": found.days,
                        "as_of": found.as_of, **data, **found.people})  # fmt: skip
        for one in found.effects:
            if isinstance(one, Effect):
                name = f"{one.outcome}_{one.design}"
                run.metrics({f"{name}": one.estimate, f"{name}_low": one.low, f"{name}_high": one.high})
        run.text(json.dumps(json.loads(found.to_json()), indent=1), "analysis.json")
        if found.event_study:
            run.table(pd.DataFrame(found.event_study), "event_study.csv")


def read_analysis(home: Home, program: str) -> Analysis:
    """The study of a program that was kept last.

    Raises
    ------
    NotReadyError
        There is none.
    """
    path = _path(home, program)
    if not path.exists():
        raise NotReadyError(f"There is no study of {program} yet; run `respite effects --program {program}`.")
    return Analysis.from_json(path.read_text(encoding="utf-8"))


def _path(home: Home, program: str) -> Path:
    return home.root / "effects" / f"{re.sub(r'[^A-Za-z0-9._-]', '_', program)}.json"
