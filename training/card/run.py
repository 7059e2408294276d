"""What a retraining found, as a card: nothing is filled in by hand that the run knows."""

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from features.catalog import MIN_CONTACTS, contract_version
from features.home import Home
from features.raw import count
from features.tables import TABLES
from training.card.page import Card
from training.evaluate import reliability
from training.novelty import RULES
from training.packing import requirements
from training.task import Task

if TYPE_CHECKING:
    from training.outcome import Trained

__all__ = ["card_of"]


def card_of(
    home: Home, task: Task, trained: "Trained", columns: list[str], started_on: str, parameters: dict[str, Any]
) -> Card:
    """The card of a version, before anything was decided about it."""
    config, found = task.config, trained.found
    y, p = (found.tested[name].to_numpy(dtype=float) for name in ("y", "model"))
    return Card(
        config.name,
        version=trained.version,
        run_id=trained.run_id,
        trained_on=started_on,
        instrument=config.instrument,
        instrument_version=config.version,
        scale=config.scale,
        threshold=config.threshold,
        horizon_days=config.horizon_days,
        horizons=config.horizons,
        gap_days=config.gap_days,
        dates=trained.dates,
        rows=len(task.frame),
        agents=int(task.frame["agent_id"].nunique()),
        events=int(np.nansum(task.y)),
        after_outreach=trained.after_outreach,
        tables={name: rows for name in TABLES if (rows := count(home, name))},
        contract_version=contract_version(),
        features=columns,
        measures={name: metrics.as_dict() for name, metrics in found.measured.items()},
        intervals=found.uncertain,
        advantages=found.advantages | ({"champion": trained.champion} if trained.champion else {}),
        unseen={name: metrics.as_dict() for name, metrics in trained.unseen.items()},
        reliability=reliability(y, p),
        months=found.months.reset_index(),
        fairness_verdict=found.fairness.verdict,
        fairness_sentence=found.fairness.sentence,
        fairness_groups=found.fairness.groups,
        nonresponse=trained.sensitivity,
        drivers={str(name): float(value) for name, value in trained.explanation.importance().items()},
        stability=trained.stability,
        additivity_error=trained.additivity_error,
        lead_days=(trained.lead.lower_quartile, trained.lead.median, trained.lead.upper_quartile),
        never_reached=trained.lead.never_reached,
        abstains=(f"Too little history: fewer than {MIN_CONTACTS} contacts in the last 28 days.", *RULES),
        contact=config.contact,
        code_version=version("respite"),
        packages=dict(pin.split("==") for pin in requirements()),
        parameters={name: str(value) for name, value in parameters.items()},
    )
