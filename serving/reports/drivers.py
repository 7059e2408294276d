"""What contributes to scores where: means of families by site, queue and time with the company, against everyone."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from serving.privacy.cohorts import admit_chain
from serving.reports.groups import Standing
from serving.reports.material import Material

__all__ = ["TENURES", "Driver", "drivers"]

TENURES = {"first 90 days": 90, "up to a year": 365, "up to three years": 3 * 365, "longer": 10**6}  # days, up to


class Driver(NamedTuple):
    """A group of people: how it is called, and its scores beside everyone's; None where they may not be shown."""

    by: str
    name: str
    standing: Standing | None


def drivers(material: Material, outcome: str) -> list[Driver]:
    """Every site, queue and time with the company, in this order."""
    scored, found = material.scores[outcome], []
    for by, label, members in _groups(material, outcome):
        admitted = admit_chain(
            material.releases, outcome, material.day, scored.present, scored.known, [(label, members)]
        )
        standing = Standing(admitted[0], *(scored.figures(people) for people in admitted)) if admitted else None
        found.append(Driver(by, label.partition(" ")[2], standing))
    return found


def _groups(material: Material, outcome: str) -> Iterator[tuple[str, str, frozenset[str]]]:
    now, scored = material.now, material.scores[outcome]
    for by, column in (("site", "site_id"), ("queue", "queue")):
        for name in sorted(set(now[column])):
            yield by, f"{column} {name}", scored.members(column, str(name))
    days: Any = np.expm1(now["tenure"].to_numpy(dtype=float))
    since = 0.0
    for name, until in TENURES.items():
        inside = frozenset(now["agent_id"].to_numpy()[(days >= since) & (days < until)])
        yield "time with the company", f"tenure {name}", inside & scored.present
        since = until
