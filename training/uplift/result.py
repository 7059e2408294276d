"""What a study of who benefits found: kept in the home and in MLflow, and read back."""

import json
import re
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from features.errors import NotReadyError
from features.home import Home
from training.uplift.model import BenefitModel
from training.uplift.ranking import AT_SHARE, Interval, Worth

__all__ = ["RANKED_BY", "Uplift", "keep", "read_uplift"]

RANKED_BY = {"burnout": "burnout_score", "turnover": "voluntary_exits"}  # what an order by risk has its benefit in


@dataclass(frozen=True)
class Uplift:
    """What was found: whether offers by expected benefit do more than offers by risk, to people left out of training.

    Attributes
    ----------
    program
        An action of the table `outreach`; all of them together where it is None.
    against
        What the order by risk is.
    average ... per_offer
        See `Worth`; more is better, in `unit`.
    """

    program: str | None
    outcome: str
    unit: str
    as_of: date
    days: int
    offered: int
    held_out: int
    against: str
    average: Interval
    by_benefit: Interval
    by_risk: Interval
    gain: Interval
    per_offer: Interval

    @property
    def shown(self) -> bool:
        """Whether the interval of the gain lies above zero: offers may be ranked by benefit."""
        return self.gain.low > 0

    @property
    def sentence(self) -> str:
        """What it says, the lower bound first."""
        times, unit = (100, "in 100") if self.unit == "share" else (1, self.unit)
        middle, low, high = (times * value for value in self.per_offer)
        more = f"{low:+.2g} to {high:+.2g} {unit} (estimate {middle:+.2g})"
        said = f"Offered to {AT_SHARE:.0%} of people, each offer brings {more} more by expected benefit than by risk"
        shown = "the gain is shown" if self.shown else "no gain is shown, and risk stays the order"
        return f"{said}; over all shares {shown}."

    def as_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self) | {"as_of": self.as_of.isoformat()}


def keep(home: Home, found: Uplift, model: BenefitModel, curves: pd.DataFrame, seed: int) -> None:
    """Into the home and into MLflow: what was found, the curves, and the model as text."""
    from training.plots import qini_plot
    from training.tracking import tracked

    folder = model.save(_folder(home, found.outcome, found.program))
    (folder / "uplift.json").write_text(json.dumps(found.as_dict(), indent=1), encoding="utf-8")
    with tracked(home, "uplift", f"{found.program or 'all offers'}, {found.outcome}") as run:
        run.parameters({"program": found.program or "all", "outcome": found.outcome, "days": found.days, "seed": seed,
                        "as_of": found.as_of, "offered": found.offered, "held_out": found.held_out,
                        "against": found.against, "shown": found.shown})  # fmt: skip
        for name in Worth._fields:
            middle, low, high = getattr(found, name)
            run.metrics({name: middle, f"{name}_low": low, f"{name}_high": high})
        run.table(curves, "qini.csv")
        run.figure(qini_plot(curves, f"Benefit of offers, {found.unit}"), "qini")
        for name, content in model.texts().items():
            run.text(content, f"model/{name}")


def read_uplift(home: Home, outcome: str, program: str | None = None) -> tuple[Uplift, BenefitModel]:
    """The study of an outcome that was kept last, and its model.

    Raises
    ------
    NotReadyError
        There is none.
    ContractError
        The features have been defined otherwise since.
    """
    folder = _folder(home, outcome, program)
    if not (folder / "uplift.json").exists():
        named = f" --program {program}" if program else ""
        raise NotReadyError(f"Nobody studied who benefits; run `respite uplift --outcome {outcome}{named}`.")
    kept: dict[str, Any] = json.loads((folder / "uplift.json").read_text(encoding="utf-8"))
    kept |= {name: Interval(*kept[name]) for name in Worth._fields} | {"as_of": date.fromisoformat(kept["as_of"])}
    return Uplift(**kept), BenefitModel.load(folder)


def _folder(home: Home, outcome: str, program: str | None) -> Path:
    named = re.sub(r"[^A-Za-z0-9._-]", "_", program) if program else "all"
    return home.root / "uplift" / f"{named}-{outcome}"
