"""Real and standard tables of people with an outcome, and folds of them: rows split freely, or people kept together.

Facts about the tables are in ../shared/data/README.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

__all__ = ["FOLDS", "REPEATS", "SCHEMES", "SHARED", "PeopleTable", "alike", "folds", "people_tables"]

SHARED = Path(__file__).parents[2] / "shared" / "data"
FOLDS, REPEATS, SEED = 5, 2, 7
SCHEMES = ("people apart", "rows freely")

Whole = npt.NDArray[np.int64]
_BIG_FIVE = ["extraversion", "independ", "selfcontrol", "anxiety", "novator"]


@dataclass(frozen=True)
class PeopleTable:
    """Inputs of shape (n, k), outcome 0 or 1, and who each row is about: rows of one person have one number."""

    name: str
    X: pd.DataFrame
    y: Whole
    person: Whole


def people_tables(folder: Path = SHARED) -> Iterator[PeopleTable]:
    """Teachers' burnout, employees' turnover, and HR attrition, which is synthetic.

    A person of the turnover table is known by gender and five personality scores: the table holds people again with
    other jobs. In the other tables, rows with equal inputs count as one person's.
    """
    teachers = pd.read_csv(folder / "teacher_burnout.csv")
    exhaustion = teachers.filter(regex="^EE").mean(axis=1)
    X = teachers.drop(columns=teachers.filter(regex="^(EE|DP|PA)").columns)
    y = (exhaustion >= exhaustion.quantile(0.75)).astype(int).to_numpy()
    yield PeopleTable("teachers", X, y, alike(X))

    turnover = pd.read_csv(folder / "employee_turnover.csv", encoding="latin-1").drop_duplicates(ignore_index=True)
    X = turnover.drop(columns=["event", "stag"])
    yield PeopleTable("turnover", X, turnover["event"].to_numpy(), alike(X[["gender", *_BIG_FIVE]]))

    hr = pd.read_csv(folder / "hr_attrition_synthetic.csv")
    constant = [name for name in hr if len(hr[name].unique()) == 1]
    X = hr.drop(columns=["Attrition", "EmployeeNumber", *constant])
    yield PeopleTable("hr (synthetic)", X, (hr["Attrition"] == "Yes").astype(int).to_numpy(), alike(X))


def alike(X: pd.DataFrame) -> Whole:
    """A number for each row, the same for equal rows, shape (n,)."""
    return np.asarray(X.groupby(list(X.columns), dropna=False, sort=False).ngroup(), dtype=np.int64)


def folds(table: PeopleTable, scheme: str) -> Iterator[tuple[Whole, Whole]]:
    """Rows to fit on and rows to test on, 5 folds twice; "people apart" keeps a person's rows in one fold."""
    for seed in range(SEED, SEED + REPEATS):
        if scheme == "rows freely":
            yield from StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(table.X, table.y)
        else:
            apart = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
            yield from apart.split(table.X, table.y, table.person)
