"""What the truth of a day says about the months after it: the best that any score could do, give or take.

The state as of a day is that of the last week that was over by then: exhaustion, traits, conditions, manager, what is
going on in the team. From there exhaustion and conditions are linear with normal noise, so their mean and covariance
are carried forward week by week in closed form (`_Forward`). Approximate are: hazards, by the mean of a log-normal;
that who is still there was less exhausted, to first order; days off and colleagues' notices, by their mean; programs,
by those that run already. A wave counts as answered in its middle.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.simulation import conditions, exhaustion, hazards, surveys
from features.simulation.truth import Truth

__all__ = ["oracle"]

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]

_STATE = ("exhaustion", *conditions.CONDITIONS)
# mean weekly inflow of notices per head of a team
_USUAL_NOTICES = 0.006
_MIDDLE_OF_WAVE = surveys.OPEN_DAYS // 2
_GRID = np.linspace(-8, 10, 361)


def oracle(
    truth: Truth, rows: pd.DataFrame, *, points: float = 50.0, gap_days: int = 0, within: Sequence[int] = (30, 90, 180)
) -> pd.DataFrame:
    """Probabilities from the true state.

    Parameters
    ----------
    truth
        Of the simulation.
    rows
        Columns `agent_id` and `as_of`.
    points
        Burnout is a score of at least this at the next wave within 90 days, given that the agent answers it.
    gap_days, within
        Voluntary notice in [as_of + gap, as_of + days), given no notice before, with other exits competing.

    Returns
    -------
    DataFrame
        Columns `burnout` and `voluntary_<days>`, index of `rows`; NaN where an agent had no whole week on the job by
        then, where no wave comes within 90 days, and (voluntary) where notice had been given before that week.
    """
    weeks = truth.weeks
    start = weeks["monday"].min()
    days = (pd.to_datetime(rows["as_of"]) - start).dt.days.to_numpy()
    now = pd.DataFrame({"agent_id": rows["agent_id"].to_numpy(), "week": days // 7 - 1})
    state = now.merge(weeks, on=["agent_id", "week"], how="left").sort_index()
    known = state["exhaustion"].notna().to_numpy()
    found = pd.DataFrame(np.nan, index=rows.index, columns=["burnout", *(f"voluntary_{days}" for days in within)])
    if known.any():
        state = state[known].reset_index(drop=True)
        state["contagion_now"] = _contagion(weeks, state)
        found.loc[known] = _forecast(truth, state, days[known], start, points, gap_days, within)
    return found


def _forecast(
    truth: Truth, state: pd.DataFrame, days: Numbers, start: pd.Timestamp, points: float, gap: int,
    within: Sequence[int],
) -> Floats:  # fmt: skip
    """Columns of the answer, shape (rows, 1 + horizons)."""
    wave = surveys.next_wave(-(-(days - _MIDDLE_OF_WAVE) // 7))
    ahead = wave - state["week"].to_numpy()
    into_week = days % 7
    longest = max(int(ahead.max()), (6 + max(within)) // 7 + 1)
    mean, spread = state["exhaustion"].to_numpy(dtype=float).copy(), np.zeros(len(state))
    alive = {horizon: np.ones(len(state)) for horizon in within}
    quits = {horizon: np.zeros(len(state)) for horizon in within}
    steps = _steps(truth, state, start, longest)
    for week, (at, variance, voluntary, other) in enumerate(steps):
        here = ahead == week + 1
        mean[here], spread[here] = at[here], np.sqrt(variance[here])
        for horizon in within:
            last, first = (np.clip(into_week + edge - 7 * week, 0, 5) for edge in (horizon, gap))
            share = (last - first) / 5
            quits[horizon] += alive[horizon] * share * voluntary
            alive[horizon] *= 1 - share * (voluntary + other)
    burnout = np.where(7 * wave - days < 90, _burnout(mean, spread, points), np.nan)
    staying = state["at_risk"].to_numpy(dtype=bool)
    return np.column_stack([burnout, *(np.where(staying, quits[horizon], np.nan) for horizon in within)])


def _steps(
    truth: Truth, state: pd.DataFrame, start: pd.Timestamp, longest: int
) -> Iterator[tuple[Floats, Floats, Floats, Floats]]:
    """Week by week from the next on: mean and variance of exhaustion, hazards of quitting and of other exits."""
    along = np.array([hazards.VOLUNTARY.get(name, 0.0) for name in _STATE])
    forward, noise = _transition(state["susceptibility"].to_numpy())
    season = conditions.season(pd.DatetimeIndex(state["monday"]))
    mean = state[list(_STATE)].to_numpy(dtype=float).copy()
    mean[:, 1 + conditions.CONDITIONS.index("load")] -= conditions.BUSY * season
    mean[:, 1 + conditions.CONDITIONS.index("support")] -= conditions.MANAGER_SHARE * state["manager"].to_numpy()
    spread = np.zeros_like(noise)
    contagion = state["contagion_now"].to_numpy()
    for ahead in range(1, longest + 1):
        mondays = pd.DatetimeIndex(state["monday"]) + pd.Timedelta(weeks=ahead)
        mean = np.einsum("nij,nj->ni", forward, mean)
        mean[:, 0] += (1 - exhaustion.KEEP) * _usual(state, mondays, _program(truth, state, ahead))
        spread = forward @ spread @ forward.transpose(0, 2, 1) + noise
        drivers = _drivers(state, mondays, ahead) | {"contagion": contagion}
        drivers |= {name: mean[:, i] for i, name in enumerate(_STATE)}
        towards = spread @ along
        voluntary = np.exp(hazards.log_hazard(hazards.VOLUNTARY, drivers) + towards @ along / 2)
        voluntary = np.minimum(voluntary, hazards.LIKELIEST)
        other = hazards.hazard(hazards.INVOLUNTARY, drivers) + hazards.TRANSFER
        yield mean[:, 0].copy(), spread[:, 0, 0], voluntary, other
        mean = mean - towards * voluntary[:, None]  # who is still there
        contagion = hazards.FADES * contagion + _USUAL_NOTICES


def _transition(susceptibility: Floats) -> tuple[Floats, Floats]:
    """How the state moves in a week, and the covariance of what is new; shapes (n, 7, 7)."""
    n, size = len(susceptibility), len(_STATE)
    pulls = np.column_stack(
        [
            susceptibility * exhaustion.DEMANDS[name] if name in exhaustion.DEMANDS
            else np.full(n, -exhaustion.RELIEF[name])
            for name in conditions.CONDITIONS
        ]
    )  # fmt: skip
    pulls = (1 - exhaustion.KEEP) * pulls
    of_manager = np.array([conditions.MANAGER_SHARE if name == "support" else 0.0 for name in conditions.CONDITIONS])
    fresh = (1 - conditions.STAYS**2) * (1 - of_manager**2)
    forward, noise = np.zeros((n, size, size)), np.zeros((n, size, size))
    rest = np.arange(1, size)
    forward[:, 0, 0], forward[:, 0, 1:] = exhaustion.KEEP, conditions.STAYS * pulls
    forward[:, rest, rest], noise[:, rest, rest] = conditions.STAYS, fresh
    noise[:, 0, 1:] = noise[:, 1:, 0] = pulls * fresh
    noise[:, 0, 0] = exhaustion.NOISE_SD**2 + (pulls**2 * fresh).sum(axis=1)
    return forward, noise


def _usual(state: pd.DataFrame, mondays: pd.DatetimeIndex, program: Floats) -> Floats:
    """What weighs on people when every condition is at its mean: trait, season, manager, program."""
    load = (
        exhaustion.DEMANDS["load"] * conditions.BUSY * conditions.season(mondays) * state["susceptibility"].to_numpy()
    )
    manager = exhaustion.RELIEF["support"] * conditions.MANAGER_SHARE * state["manager"].to_numpy()
    found: Floats = state["trait"].to_numpy() + load - manager + program
    return found


def _drivers(state: pd.DataFrame, mondays: pd.DatetimeIndex, ahead: int) -> dict[str, Floats]:
    """Drivers of the hazards that are certain."""
    return {
        "newness": hazards.newness(state["days_employed"].to_numpy() + 7 * ahead),
        "log_pay": state["log_pay"].to_numpy(),
        "quit_season": conditions.season(mondays, hazards.QUIT_PEAK),
        "manager": state["manager"].to_numpy(),
        "performance": state["performance"].to_numpy(),
    }


def _program(truth: Truth, state: pd.DataFrame, ahead: int) -> Floats:
    """Effect of the programs that the agent is in already, while they last."""
    effect = np.zeros(len(state))
    week = state["week"].to_numpy()
    for _, rows in truth.programs.groupby("program"):
        by_team = rows["assignment"].iloc[0] == "staggered"
        key = "team" if by_team else "agent_id"
        member = rows[rows["takes_part"]].drop_duplicates(key).set_index(key)
        begins, ends, change = (state[key].map(member[name]) for name in ("from_week", "until_week", "effect"))
        effect += np.where((begins <= week) & (week + ahead < ends), change, 0.0)
    return effect


def _contagion(weeks: pd.DataFrame, state: pd.DataFrame) -> Floats:
    """Notices of late in the agent's team, those of the last week included."""
    of_team = weeks.groupby(["team", "week"])["contagion"].first()
    at = pd.MultiIndex.from_arrays([state["team"], state["week"] + 1])
    later = of_team.reindex(at).to_numpy()
    return np.where(np.isnan(later), hazards.FADES * state["contagion"].to_numpy() + _USUAL_NOTICES, later)


def _burnout(mean: Floats, spread: Floats, points: float) -> Floats:
    """Probability of at least so many points among those who answer, over what exhaustion may be by then."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(9)
    at = mean[:, None] + spread[:, None] * nodes
    high = np.interp(at, _GRID, surveys.share_at_least(points, _GRID))
    answers = surveys.answer_chance(at) * weights
    found: Floats = (high * answers).sum(axis=1) / answers.sum(axis=1)
    return found
