"""A home with as many agents as asked for, from a home with a few hundred."""

import shutil

import numpy as np
import pandas as pd

from features.frame import frame_dates, load_frame, partition, write_features
from features.home import Home
from features.simulation import Centre, simulate, write

__all__ = ["multiply", "trained"]

SEED = 7
OFF = 0.01  # of a column's standard deviation


def trained(home: Home) -> Home:
    """A simulated centre whose models are in charge."""
    from training.config import OUTCOMES
    from training.outcome import train_outcomes
    from training.release import release

    write(simulate(Centre(agents=400, days=540, seed=SEED)), home)
    write_features(home)
    train_outcomes(home, list(OUTCOMES.values()))
    for outcome in OUTCOMES:
        release(home, outcome, override="a benchmark scores nobody", reviewer="the benchmark")
    return home


def multiply(source: Home, home: Home, agents: int) -> None:
    """The newest rows of a home as those of many agents; counts and flags stay as they are."""
    day = frame_dates(source)[-1]
    frame = load_frame(source, day, day).drop(columns="as_of")
    many = frame.iloc[np.arange(agents) % len(frame)].reset_index(drop=True)
    numbers = [name for name in frame.select_dtypes("float64") if (frame[name].dropna() % 1).any()]
    noise = np.random.default_rng(SEED).normal(size=(agents, len(numbers)))
    many[numbers] += OFF * noise * frame[numbers].std().fillna(0).to_numpy()
    many["agent_id"] = [f"A{number:07d}" for number in range(agents)]
    path = partition(home, day)
    path.parent.mkdir(parents=True)
    pd.DataFrame(many).to_parquet(path)
    shutil.copy(source.features / "build.json", home.features)
