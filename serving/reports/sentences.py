"""What pages say, sentence by sentence, from numbers and the catalog's words. No other place of the pages has numbers.

Scores speak of work and of chance: something contributed to them, and what would be is what the model expects.
"""

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, NamedTuple

from features.catalog import Feature, feature
from serving.reports.outcomes import Matured

__all__ = [
    "TITLES",
    "Compared",
    "Said",
    "added_up",
    "among_colleagues",
    "contributed",
    "entry_of",
    "expected",
    "expected_of_all",
    "expected_with",
    "hidden_teams",
    "hours_on_record",
    "kpi_of",
    "label_of",
    "matured_of",
    "meaning",
    "offer_rate_of",
    "plain",
    "reliability",
    "standing_out",
    "standing_out_for_you",
    "sum_of_families",
    "trend_of",
]

TITLES = {"burnout": "Exhaustion", "turnover": "Leaving"}
_UNITS = {
    "h/week": ", hours a week",
    "per 100": " in 100",
    "count": " in 28 days",
    "h": ", hours",
    "-1..1": ", -1 to 1",
}


class Compared(NamedTuple):
    """A signal of a group: its mean now, the same people's before, and their queue's."""

    name: str
    now: float
    before: float
    queue: float


def entry_of(name: str) -> Feature:
    """The catalog's entry of a signal that pages show."""
    entry = feature(name)
    if entry is None:
        raise LookupError(f"pages show {name}, which is not in the catalog")
    return entry


def label_of(name: str) -> str:
    """The name of a signal with its unit."""
    entry = entry_of(name)
    return f"{entry.label}{_UNITS.get(entry.unit, '')}"


def plain(name: str, value: float) -> str:
    """A mean in the unit of its signal; a count's mean keeps a decimal.

    Examples
    --------
    >>> plain("quick_returns", 1.26), plain("occupancy", 0.834), plain("overtime", float("nan"))
    ('1.3', '83%', 'not known')
    """
    if not math.isfinite(value):
        return "not known"
    shown = entry_of(name).shown
    return shown[shown.index("{") : shown.index("}") + 1].replace(".0f", ".1f").format(value)


def meaning(outcome: str) -> str:
    """What an outcome is, as something that people do."""
    return "answer a survey in the exhausted range" if outcome == "burnout" else "give notice"


def standing_out(found: Compared) -> str:
    """One signal that is not as it was, or not as on the queue."""
    now, before, queue = (plain(found.name, value) for value in found[1:])
    return f"{_capital(label_of(found.name))}: {now} now, {before} in the three months before, {queue} on the queue."


def expected(outcome: str, mean: float, usual: float, people: int) -> str:
    """How a group's mean score stands to everyone's."""
    near = 0.9 * usual <= mean <= 1.1 * usual or f"{mean:.0%}" == f"{usual:.0%}"
    way = "about at" if near else "above" if mean > usual else "below"
    return (
        f"The mean score is {mean:.0%}: of {people} agents, about {mean * people:.0f} would be expected to"
        f" {meaning(outcome)}. That is {way} the {usual:.0%} of the whole organization."
    )


def sum_of_families(families: Mapping[str, float], everyone: float) -> str:
    """How the families' contributions add up to the group's log-odds; to be read with two decimals."""
    together, usual = round(sum(round(value, 2) for value in families.values()), 2), round(everyone, 2)
    return (
        f"Together {together:+z.2f}: the mean log-odds are {usual + together:z.2f} here and {usual:z.2f} in the whole"
        " organization."
    )


def expected_with(found: Compared, mean: float, then: float) -> str:
    """What the model would expect with one condition as it is on the queue."""
    return (
        f"{_capital(label_of(found.name))}: {plain(found.name, found.now)} here,"
        f" {plain(found.name, found.queue)} on the queue. With the queue's value for everyone here, the model would"
        f" expect a mean score of {then:.0%} instead of {mean:.0%}."
    )


def trend_of(means: Sequence[float], people: int) -> str:
    """Where the mean score of the same people came from."""
    first, last = means[0], means[-1]
    way = "higher" if last - first > 0.015 else "lower" if first - last > 0.015 else "about the same"
    return (
        f"{len(means) - 1} weeks earlier, the mean score of the same {people} people was {first:.0%}; it is {last:.0%}"
        f" now, which is {way}. The least in between was {min(means):.0%}, the most {max(means):.0%}."
    )


def reliability(outcome: str, metrics: Mapping[str, float]) -> str:
    """What the model in charge reached on months that it had not seen."""
    if not metrics:
        return f"For {TITLES[outcome].lower()}, the model that made these scores is not in charge any more."
    return (
        f"For {TITLES[outcome].lower()}, on later months that the model had not seen, a person concerned ranked above"
        f" one not concerned in {metrics['auroc']:.0%} of pairs (50% is chance), and scores of"
        f" {metrics['mean_score']:.0%} on average came true in {metrics['base_rate']:.0%}."
    )


def standing_out_for_you(found: Compared) -> str:
    """The same, to the person themselves."""
    now, before, queue = (plain(found.name, value) for value in found[1:])
    return f"{_capital(label_of(found.name))}: {now} now, {before} in your three months before, {queue} on your queue."


def hours_on_record(days: int, weeks: int, short_rests: Sequence[float]) -> str:
    """Days of work and short rests of some weeks."""
    first = f"Work on {days} days of the last {weeks} weeks is on record."
    if not short_rests:
        return f"{first} No rest between two of them was under 11 hours."
    times = "Once" if len(short_rests) == 1 else f"{len(short_rests)} times"
    return f"{first} {times}, the rest between two of them was under 11 hours; the shortest had {min(short_rests):.1f}."


def among_colleagues(outcome: str, share: float) -> str:
    """A score as a frequency."""
    return (
        f"Among 100 colleagues with weeks like yours, about {share * 100:.0f} would be expected to {meaning(outcome)}."
    )


def added_up(base: float, steps: Sequence[tuple[str, float]], total: float, share: float) -> str:
    """How families' contributions lead from the starting point to the score."""
    added = " ".join(f"{'+' if amount >= 0 else '-'} {abs(amount):.2f} ({family})" for family, amount in steps)
    return (
        f"In log-odds, which add up: {base:z.2f} (starting point) {added} = {total:z.2f}, which is {share:.1%}. To the"
        " right raised the score, to the left lowered it."
    )


def contributed(reason: Mapping[str, Any]) -> str:
    """One reason, and what it did to the score."""
    way, said = "raised" if reason["contribution"] > 0 else "lowered", str(reason["sentence"])
    return f"{_capital(said)} ({reason['family']}; {way} the score by {abs(reason['contribution']):.2f})"


class Said(NamedTuple):
    """A key figure at both ends of its line, and in a sentence."""

    first: str
    last: str
    sentence: str


def expected_of_all(outcome: str, mean: float, people: int) -> str:
    """What the mean score of everyone comes to."""
    return (
        f"The mean score is {mean:.0%}: of {people} agents, about {mean * people:.0f} would be expected to"
        f" {meaning(outcome)}."
    )


def hidden_teams(hidden: int, teams: int, minimum: int) -> str:
    """How many teams have no number, and why."""
    if not hidden:
        return f"All {teams} teams have a number."
    return (
        f"{hidden} of {teams} teams have no number: alone or beside others that were shown, it could be traced to fewer"
        f" than {minimum} people. Their sites have one."
    )


def kpi_of(name: str, shown: str, months: Sequence[str], line: Sequence[float]) -> Said:
    """A key figure by month."""
    known = [(month, value) for month, value in zip(months, line, strict=True) if math.isfinite(value)]
    if not known:
        return Said("not known", "not known", f"{name}: not known.")
    (first_month, first), (last_month, last) = known[0], known[-1]
    ends = shown.format(first), shown.format(last)
    return Said(*ends, f"{name}: {ends[0]} in {first_month}, {ends[1]} in {last_month}.")


def matured_of(found: Matured) -> str:
    """A class of scores whose horizon is over."""
    return (
        f"{found.scores} scores of {found.people} people, {found.expected:.0%} on average, came true in"
        f" {found.actual:.0%} (95% interval {found.low:.0%} to {found.high:.0%})."
    )


def offer_rate_of(row: Mapping[Hashable, Any]) -> str:
    """The rate of offers of one group of a protected attribute."""
    return (
        f"{_capital(str(row['attribute']))} {row['group']}: {row['rate']:.0%} of {row['people']} people were offered"
        f" support (95% interval {row['low']:.0%} to {row['high']:.0%})."
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
