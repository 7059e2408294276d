"""What an audit comes to, in words that claim no more than was looked at. It never says "fair"."""

from typing import Any, Literal

from training.fairness.groups import LEAST_JUDGED

__all__ = ["Verdict", "verdict"]

Group = dict[str, Any]
Verdict = Literal["not audited", "too few to judge", "below four-fifths", "no group below four-fifths"]
_WORDS = {
    "true_positive_rate": "the share reached of those concerned",
    "false_positive_rate": "the share reached of those not concerned",
    "precision": "the share concerned of those reached",
    "auroc": "AUROC",
    "calibration_in_the_large": "mean score minus observed share",
    "calibration_slope": "calibration slope",
}


def verdict(groups: list[Group], gaps: list[Group], audited: bool) -> tuple[Verdict, str]:
    """The verdict, and a sentence or two for a person, of the rows of an `Audit`."""
    if not audited:
        return "not audited", (
            "Not audited: no table of protected attributes names these agents, so nothing is known about any group."
        )
    below = [row for row in groups if row["judgement"] == "below four-fifths"]
    highest = {row["attribute"]: row for row in groups if row["judgement"] == "highest"}
    if not highest:
        return "too few to judge", (
            f"Not judged: no attribute has two groups of {LEAST_JUDGED} agents or more, so nothing is known."
        )
    more = _differences(gaps) + _not_judged(groups)
    if below:
        said = "; ".join(_shortfall(row, highest[row["attribute"]]) for row in below)
        return (
            "below four-fifths",
            f"Outreach reaches some groups less than four-fifths as often as others: {said}.{more}",
        )
    judged = [row for row in groups if row["judgement"] in ("highest", "within four-fifths")]
    lowest = min(judged, key=lambda row: row["impact_ratio"])
    return "no group below four-fifths", (
        f"No judged group of {', '.join(highest)} is reached less than four-fifths as often as another; the lowest"
        f" impact ratio is {lowest['impact_ratio']:.2f} ({lowest['attribute']}: {lowest['value']})."
        f" This is no proof of equal treatment.{more}"
    )


def _shortfall(row: Group, highest: Group) -> str:
    chance = "more than chance explains" if row["beyond_chance"] else "chance could explain it"
    return (
        f"{row['attribute']}: {row['value']} {100 * row['selection_rate']:.1f} % against"
        f" {100 * highest['selection_rate']:.1f} % of {highest['value']}"
        f" (impact ratio {row['impact_ratio']:.2f}; {chance})"
    )


def _differences(gaps: list[Group]) -> str:
    """Measures of the score, other than the rates of selection and outcome, that differ beyond chance."""
    said = [
        f"{_WORDS[gap['measure']]} ({gap['attribute']}: {gap['highest']} {gap['highest_at']:.2f},"
        f" {gap['lowest']} {gap['lowest_at']:.2f})"
        for gap in gaps
        if gap["measure"] in _WORDS and gap["low"] > 0
    ]
    return f" Beyond chance differ: {'; '.join(said)}." if said else ""


def _not_judged(groups: list[Group]) -> str:
    names = [
        f"{row['attribute']}: {row['value']}"
        for row in groups
        if row["judgement"] in ("too few", "nothing to compare with")
    ]
    return f" Not judged: {'; '.join(names)}." if names else ""
