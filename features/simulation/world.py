"""Everything that changes from week to week in a centre, and what is written down of it: truth and tables."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.simulation.absences import corrected_absences
from features.simulation.exits import recorded_exits
from features.simulation.people import People, agent_ids
from features.simulation.programs import ASSIGNED, Running
from features.simulation.roster import recorded
from features.simulation.seats import Seats
from features.simulation.teams import Teams
from features.simulation.truth import Truth, coefficients

__all__ = ["World"]

_SURVEY = {"instrument": "cbi", "scale": "work"}


@dataclass
class World:
    """The state, the sources of chance (programs have their own), and the rows written week by week."""

    rng: np.random.Generator
    for_programs: np.random.Generator
    start: pd.Timestamp
    people: People
    seats: Seats
    teams: Teams
    conditions: dict[str, npt.NDArray[np.float64]]
    programs: list[Running]
    written: dict[str, list[pd.DataFrame]] = field(default_factory=dict)

    def write(self, name: str, rows: pd.DataFrame) -> None:
        """Keep rows of a table or of the truth."""
        if len(rows):
            self.written.setdefault(name, []).append(rows)

    def truth(self) -> Truth:
        """The truth of all weeks so far."""
        weeks = self._gathered("weeks")
        weeks.insert(2, "agent_id", agent_ids(weeks.pop("agent").to_numpy()))
        assigned = [rows for one in self.programs for rows in one.assigned]
        programs = pd.concat(assigned, ignore_index=True) if assigned else pd.DataFrame(columns=list(ASSIGNED))
        return Truth(weeks, self._gathered("waves"), programs, coefficients())

    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables of the contract as records show them, but for shifts and contacts."""
        number = np.arange(self.people.hired)
        groups = self.people.gender[: self.people.hired]
        tables = {
            "agents": recorded(self.rng, self._gathered("agents"), self.start),
            "check_ins": self._gathered("check_ins"),
            "protected": pd.DataFrame({"agent_id": agent_ids(number), "attribute": "gender", "value": groups}),
        }
        if "absences" in self.written:
            tables["absences"] = corrected_absences(self.rng, self._gathered("absences"))
        if "exits" in self.written:
            tables["exits"] = recorded_exits(self.rng, self._gathered("exits"))
        if "waves" in self.written:
            tables["surveys"] = _submitted(self._gathered("waves"))
        told = [rows for one in self.programs for rows in one.told]
        if told:
            tables["outreach"] = pd.concat(told, ignore_index=True)
        return tables

    def _gathered(self, name: str) -> pd.DataFrame:
        found = self.written.get(name)
        return pd.concat(found, ignore_index=True) if found else pd.DataFrame()


def _submitted(waves: pd.DataFrame) -> pd.DataFrame:
    """Rows of the `surveys` table: answered, with enough items for a score."""
    scored = waves[waves["answered"] & waves["score"].notna()]
    return scored[["agent_id", "wave", "submitted_at", "score"]].assign(**_SURVEY).reset_index(drop=True)
