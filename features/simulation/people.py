"""Who works in the centre: arrays by agent number, drawn in advance, so that hiring takes the next number."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from features.simulation.conditions import CONDITIONS

__all__ = ["People", "agent_ids"]

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]

TRAIT_SD = 0.85
# strain weighs differently on different people: log-normal with mean 1
SUSCEPTIBILITY_SD = 0.35
PAY_SD = 0.08
FRESH, FRESH_SD = -0.3, 0.5
MEAN_TENURE_DAYS, LONGEST_TENURE_DAYS = 800, 4000


@dataclass
class People:
    """Traits that stay, and the state that changes; every array has one entry an agent number.

    `exposure` holds the slow averages of the conditions that exhaustion is made of, shape (people, conditions).
    """

    trait: Floats
    susceptibility: Floats
    performance: Floats
    log_pay: Floats
    gender: npt.NDArray[np.str_]
    exhaustion: Floats
    exposure: Floats
    hired_on: Numbers
    hired: int = field(default=0)

    @classmethod
    def draw(cls, rng: np.random.Generator, number: int) -> "People":
        """People who could be hired, at rest."""
        return cls(
            trait=rng.normal(0, TRAIT_SD, number),
            susceptibility=np.exp(rng.normal(-(SUSCEPTIBILITY_SD**2) / 2, SUSCEPTIBILITY_SD, number)),
            performance=rng.standard_normal(number),
            log_pay=rng.normal(0, PAY_SD, number),
            gender=rng.choice(np.array(["a", "b"]), number, p=[0.6, 0.4]),
            exhaustion=rng.normal(FRESH, FRESH_SD, number),
            exposure=np.zeros((number, len(CONDITIONS) + 1)),
            hired_on=np.zeros(number, dtype=np.int64),
        )

    def first_staff(self, rng: np.random.Generator, number: int) -> Numbers:
        """Hire the staff of the first day, who have been there for a while."""
        who = self.hire(number, 0)
        tenure = np.minimum(rng.exponential(MEAN_TENURE_DAYS, number), LONGEST_TENURE_DAYS)
        self.hired_on[who] = -tenure.astype(np.int64)
        return who

    def hire(self, number: int, day: int) -> Numbers:
        """Hire the next people on a day, counted from the first; their agent numbers."""
        who = np.arange(self.hired, self.hired + number)
        self.hired += number
        self.hired_on[who] = day
        return who

    def come_back(self, rng: np.random.Generator, who: int, day: int) -> None:
        """A former agent starts anew, rested."""
        self.hired_on[who] = day
        self.exhaustion[who] = rng.normal(FRESH, FRESH_SD)
        self.exposure[who] = 0.0


def agent_ids(numbers: Numbers) -> npt.NDArray[np.object_]:
    """The agent_id of agent numbers."""
    found: npt.NDArray[np.object_] = np.array([f"A{number:04d}" for number in numbers.tolist()], dtype=object)
    return found
