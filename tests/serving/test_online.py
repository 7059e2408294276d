"""What-if in the process: later questions are answered another way, and say the same."""

from typing import Any

import pytest

from features import Home, load_frame
from serving.online import Online


def close(one: Any, other: Any) -> bool:
    """The same words and structure, numbers within rounding."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(close(one[name], other[name]) for name in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(close, one, other))
    return bool(one == pytest.approx(other, abs=1e-9)) if isinstance(one, float) else bool(one == other)


@pytest.mark.parametrize("outcome", ["burnout", "turnover"])
def test_later_questions_are_answered_as_the_first_one_was(outcome: str, road: Home) -> None:
    frame = load_frame(road)
    day = frame["as_of"].max()
    known = frame[(frame["as_of"] == day) & frame["contacts_per_hour"].notna() & frame["overtime"].notna()]
    for agent in known["agent_id"].iloc[:3]:
        first = Online(road)
        answers = [first.what_if(agent, day.date(), outcome, {"overtime": hours}).body for hours in (0.0, 1.0)]
        first.settle()
        again = [first.what_if(agent, day.date(), outcome, {"overtime": hours}).body for hours in (0.0, 1.0)]
        alone = Online(road).what_if(agent, day.date(), outcome, {"overtime": 1.0}).body
        assert all(map(close, answers, again))
        assert close(alone, again[1])
        assert again[0]["now"] == again[1]["now"]
