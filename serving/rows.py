"""What models say of rows of the feature frame, as rows of the store: one for each row and horizon."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import repeat
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.catalog import contract_version
from serving.privacy.opt_out import OPTED_OUT
from serving.reasons import Ranked, Sentences, ranked, reasons
from serving.tables import STRONGEST, USUAL
from training.explain import Explanation
from training.task import Model
from training.turnover import TurnoverModel

__all__ = [
    "THIN_HISTORY",
    "UNLIKE",
    "Answers",
    "Row",
    "ask",
    "band",
    "horizons",
    "opted_out",
    "score_frame",
    "told",
    "unscored",
]

THIN_HISTORY = "too little history: fewer than 30 contacts in the last 28 days"
UNLIKE = "unlike anything seen in training"
ELEVATED, HIGH = 1.3, 2.0
POST = ["as_of", "agent_id", "team_id", "site_id", "queue"]
Row = dict[str, Any]
Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
Speak = Callable[[Explanation, Places, bool], Iterable[tuple[Any, ...]]]
_NOTHING: Row = dict.fromkeys(("probability", "low", "high", "band", "base"))
_WORDS, _NO_TEXT = ("reasons", "more_reasons", "families", "answer"), ("[]", "[]", "{}", None)


@dataclass(frozen=True)
class Answers:
    """What a model found for rows of a frame, before any word: why it is silent, and for each horizon two arrays."""

    silent: list[str | None]
    within: Sequence[int]  # days, one for each of `found`
    found: list[tuple[Explanation, Floats]]  # explanation and interval (n, 2)


def score_frame(
    model: Model, version: str, frame: pd.DataFrame, within: Sequence[int] | None = None, top: int | None = None
) -> list[Row]:
    """Rows like those of the store without who and where, reasons one by one; one per row of the frame and horizon.

    `within` names horizons in days, `top` how many reasons; all that the model has where it is None.
    """
    if frame.empty:
        return []

    def spoken_of(explanation: Explanation, spoken: Places, _: bool) -> Iterator[tuple[Any, ...]]:
        families, every = explanation.family_sums(), reasons(explanation, frame, top)
        values = np.column_stack(list(families.values()))[spoken].tolist()
        sums = (dict(zip(families, one, strict=True)) for one in values)
        return (
            ([dict(vars(reason)) for reason in every[row]], [], found, None)
            for row, found in zip(spoken, sums, strict=True)
        )

    return list(
        _rows(
            model,
            version,
            [{}] * len(frame),
            ask(model, frame, within),
            datetime.now(UTC),
            spoken_of,
            ([], [], {}, None),
        )
    )


def ask(model: Model, frame: pd.DataFrame, within: Sequence[int] | None = None) -> Answers:
    """Ask a model about every row of a frame, for all its horizons or for some."""
    ends = within or horizons(model)
    found = model.tell(frame, ends) if isinstance(model, TurnoverModel) else model.tell(frame)
    return Answers(_silent(frame, found.unlike), ends, list(zip(found.explanations, found.intervals, strict=True)))


def told(
    model: Model, version: str, frame: pd.DataFrame, answers: Answers, sentences: Sentences, at: datetime
) -> Iterator[Row]:
    """Answers as rows of the store, one horizon after another; reasons and families are JSON already.

    Parameters
    ----------
    sentences
        Of the frame; the same for every model.
    at
        When they were scored.
    """

    def spoken_of(explanation: Explanation, spoken: Places, main: bool) -> Iterator[tuple[Any, ...]]:
        found, families = ranked(explanation), explanation.family_sums()
        names = [json.dumps(name) for name in families]
        sums = [
            f"{{{', '.join([f'{name}: {value!r}' for name, value in zip(names, values, strict=True)])}}}"
            for values in np.column_stack(list(families.values()))[spoken].tolist()
        ]
        strongest, others = found.places(0, STRONGEST), found.places(STRONGEST, None)
        ends = _ends(found, sentences, spoken, sums) if main else repeat(None, len(spoken))
        return zip(sentences.as_json(strongest, spoken), sentences.as_json(others, spoken), sums, ends, strict=True)

    return _rows(model, version, _posts(frame), answers, at, spoken_of, _NO_TEXT)


def _rows(
    model: Model, version: str, posts: list[Row], answers: Answers, at: datetime, speak: Speak,
    nothing: tuple[Any, ...],
) -> Iterator[Row]:  # fmt: skip
    """Rows of the store, each with what `posts` has of it.

    `speak` gives the columns `_WORDS` of those with a score, the others have `nothing` there. Of the answer it gives
    the end, where there is to be one.
    """
    details = cast("Any", model).details_
    spoken = np.flatnonzero([why is None for why in answers.silent])
    for shared, (explanation, interval) in zip(_shared(model, version, at, answers.within), answers.found, strict=True):
        # a band compares with what is usual within the horizon that the base rate was counted for
        rate = details["base_rate"] if shared["main"] else None
        words_of = speak(explanation, spoken, shared["main"])
        said = zip(_numbers(explanation, interval, spoken, rate), words_of, strict=True)
        for post, why in zip(posts, answers.silent, strict=True):
            numbers, words = next(said) if why is None else (_NOTHING, nothing)
            row = {**post, **shared, **numbers, **dict(zip(_WORDS, words, strict=True)), "abstained": why}
            yield row if words[-1] is None else row | {"answer": _begin(row) + words[-1]}


def _begin(row: Row) -> str:
    """The usual answer of a row with a score, up to its reasons, as `serving.shown` would have it."""
    return (
        f'{{"agent_id": {json.dumps(row["agent_id"])}, "probability": {row["probability"]!r}, "interval": {{"low":'
        f' {row["low"]!r}, "high": {row["high"]!r}}}, "band": {json.dumps(row["band"])}, "abstained": null,'
        f' "base_log_odds": {row["base"]!r}, '
    )


def _ends(found: Ranked, sentences: Sentences, spoken: Places, families: list[str]) -> Iterator[str]:
    """The rest of the usual answers: their reasons, what the others add up to, and the families."""
    listed = sentences.as_answer(found.places(0, USUAL), spoken)
    others = np.round(found.contributions[spoken, USUAL:].sum(axis=1), 12) + 0.0
    for reasons_, other, family in zip(listed, others.tolist(), families, strict=True):
        yield f'"reasons": {reasons_}, "other_reasons_log_odds": {other!r}, "families": {family}}}'


def unscored(model: Model, version: str, frame: pd.DataFrame, at: datetime) -> Iterator[Row]:
    """Rows of those who opted out, whom no model sees; as many as the others have."""
    posts = _posts(frame)
    for shared in _shared(model, version, at, horizons(model)):
        yield from (opted_out(post | shared) for post in posts)


def opted_out(row: Row) -> Row:
    """A row as it is where the agent opted out."""
    return {**row, **_NOTHING, **dict(zip(_WORDS, _NO_TEXT, strict=True)), "abstained": OPTED_OUT}


def _posts(frame: pd.DataFrame) -> list[Row]:
    """Who, when and where."""
    days = [moment.date() for moment in frame["as_of"]]
    return [
        dict(zip(POST, post, strict=True))
        for post in zip(days, *(frame[name].tolist() for name in POST[1:]), strict=True)
    ]


def _shared(model: Model, version: str, at: datetime, within: Sequence[int]) -> Iterator[Row]:
    """What all rows of a horizon have in common."""
    main = cast("Any", model).details_["config"]["horizon_days"]
    for horizon in within:
        yield {
            "outcome": model.outcome,
            "horizon_days": horizon,
            "main": horizon == main,
            "model_version": version,
            "contract_version": contract_version(),
            "scored_at": at.astimezone(UTC).replace(tzinfo=None),
        }


def _numbers(explanation: Explanation, interval: Floats, spoken: Places, rate: float | None) -> Iterator[Row]:
    """What a model says of the rows that it speaks about, but for words."""
    probability = explanation.probability[spoken].tolist()
    bands = [None if rate is None else band(p, rate) for p in probability]
    ends, base = interval[spoken].T.tolist(), explanation.base[spoken].tolist()
    for one in zip(probability, *ends, bands, base, strict=True):
        yield dict(zip(_NOTHING, one, strict=True))


def horizons(model: Model) -> list[int]:
    """Within how many days a model predicts."""
    if isinstance(model, TurnoverModel):
        return list(model.bands.ends)
    return [int(model.details_["config"]["horizon_days"])]


def _silent(frame: pd.DataFrame, unlike: list[str | None]) -> list[str | None]:
    """Why there is no score for a row, or None."""
    thin = np.isnan(frame["contacts_per_hour"].to_numpy(dtype=float))
    return [THIN_HISTORY if few else why and f"{UNLIKE}: {why}" for few, why in zip(thin, unlike, strict=True)]


def band(probability: float, base_rate: float) -> str:
    """How a score stands to what was usual for everyone: a fixed ruler, so that bands can all be low.

    Examples
    --------
    >>> band(0.05, 0.10), band(0.14, 0.10), band(0.25, 0.10)
    ('usual', 'elevated', 'high')
    """
    if probability >= HIGH * base_rate:
        return "high"
    return "elevated" if probability >= ELEVATED * base_rate else "usual"
