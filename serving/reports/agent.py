"""The page of an agent, for that agent: what is on record, what was computed, and how it adds up."""

from typing import Any

from markupsafe import Markup

from features.errors import InputError
from serving.reports.charts import waterfall
from serving.reports.material import NOTHING, TITLES, WORK, Material, meaning, render, work_row
from serving.store import Score
from training.calibration import sigmoid
from training.explain import FAMILIES

__all__ = ["agent_report"]


def agent_report(material: Material, agent: str, *, header: Markup = NOTHING, forms: Markup = NOTHING) -> str:
    """The page of one agent for that agent: what is on record, what was computed, and how it adds up."""
    weeks = material.weeks[material.weeks["agent_id"] == agent]
    found = {o: next((s for s in scores if s.agent_id == agent), None) for o, scores in material.scores.items()}
    if weeks.empty or not any(found.values()):
        raise InputError(f"--agent {agent}: no post on {material.as_of:%Y-%m-%d}; ids are those of the table agents.")
    return render(
        "agent.html",
        material,
        header=header,
        forms=forms,
        title="Respite: your page",
        agent_id=agent,
        work=[work_row(name, weeks, material) for name in WORK],
        scores=[_agent_score(score) for score in found.values() if score],
    )


def _agent_score(score: Score) -> dict[str, Any]:
    title = f"{TITLES[score.outcome]} within {score.horizon_days} days"
    if score.probability is None or score.base is None:
        return {"title": title, "abstained": score.abstained}
    total = round(float(score.base + sum(reason["contribution"] for reason in score.reasons)), 2)
    sums = {f: round(sum(r["contribution"] for r in score.reasons if r["family"] == f), 2) for f in FAMILIES}
    # what is read must add up as it is read: the starting point takes what rounding left over
    base = round(total - sum(sums.values()), 2)
    steps = [(family, amount) for family, amount in sums.items() if amount]
    added = " ".join(f"{'+' if amount >= 0 else '-'} {abs(amount):.2f} ({family})" for family, amount in steps)
    return {
        "title": title,
        "abstained": None,
        "sentence": f"Among 100 colleagues with weeks like yours, about {float(sigmoid(total)) * 100:.0f} would be"
        f" expected to {meaning(score.outcome)}.",
        "chart": Markup(waterfall(base, steps, total, f"{title}: from the starting point to your score")),  # noqa: S704 - numbers and fixed words, escaped
        "sum": f"In log-odds, which add up: {base:.2f} (starting point) {added} = {total:.2f}, which is"
        f" {float(sigmoid(total)):.1%}. To the right raised the score, to the left lowered it.",
        "reasons": [_line(reason) for reason in score.reasons[:5]],
    }


def _line(reason: dict[str, Any]) -> str:
    way = "raised" if reason["contribution"] > 0 else "lowered"
    return f"{reason['sentence']} ({reason['family']}; {way} the score by {abs(reason['contribution']):.2f})"
