"""What a program saved: by hand, by its properties, and what is not counted."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.errors import ConfigError
from training.effects import Analysis, Effect, Refused
from training.savings import Costs, compare, load_costs, savings

WINDOW = (date(2026, 1, 5), date(2026, 7, 4))


def effect(outcome: str, estimate: float, half: float) -> Effect:
    return Effect(outcome, "share", estimate, estimate - half, estimate + half, 0.95, "randomized",
                  "those who were held out by lot", 100, 50, None, "", WINDOW)  # fmt: skip


def analysis(exits: float = -0.05, half: float = 1e-9, absence: Effect | Refused | None = None) -> Analysis:
    other = absence or Refused("absence_days", "randomized", "It was not measured.", "Measure it.")
    return Analysis("talks", "randomized", WINDOW[1], "voluntary_exits",
                    (effect("voluntary_exits", exits, half), other), {"offered": 100}, days=180)  # fmt: skip


def costs(**more: Any) -> Costs:
    given_ = {"annual_pay": 30_000, "absence_per_day": 150, "replacement_parts": {"all": 6_000},
              "programs": {"talks": {"fixed": 1_000, "per_person": 90, "uncertainty": 0}}}  # fmt: skip
    return Costs.model_validate(given_ | more)


def test_without_doubt_the_return_is_the_formula() -> None:
    found = savings(analysis(), costs())
    assert found.cost == 1_000 + 90 * 100
    # 100 people, 5 notices fewer, 6,000 each; (30,000 - 10,000) / 10,000
    assert (found.saved, found.low, found.median, found.high) == pytest.approx((30_000, 2, 2, 2), rel=1e-6)
    assert found.sentence.startswith("Every EUR spent on talks brought back at least 3.00")


def test_days_of_absence_count_over_the_time_that_was_studied() -> None:
    found = savings(analysis(absence=effect("absence_days", -0.28, 1e-9)), costs())
    assert found.saved == pytest.approx(30_000 + 100 * 0.28 / 28 * 180 * 150, rel=1e-6)


def test_what_was_not_measured_counts_nothing_and_is_said() -> None:
    found = savings(analysis(), costs())
    assert found.not_counted == ("days of absence avoided: It was not measured.",)
    assert "those who were held out by lot" in found.counted[0]
    nothing = replace(analysis(), effects=())
    assert savings(nothing, costs()).median == -1


@settings(max_examples=30, deadline=None)
@given(exits=st.floats(-0.1, 0.05), half=st.floats(0.001, 0.1), pay=st.floats(15_000, 60_000), price=st.floats(5, 200))
def test_the_lower_bound_is_lower_and_a_dearer_program_never_returns_more(
    exits: float, half: float, pay: float, price: float
) -> None:
    def at(per_person: float) -> Any:
        given_ = costs(annual_pay=pay, replacement_parts={}, programs={"talks": {"per_person": per_person}})
        return savings(analysis(min(exits, -0.001), half), given_)

    found, dearer = at(price), at(2 * price)
    assert found.low <= found.median <= found.high
    assert dearer.median <= found.median + 1e-9 or found.median < -1
    assert [abs(float(r["at_high"]) - float(r["at_low"])) for r in found.tornado] == sorted(
        (abs(float(r["at_high"]) - float(r["at_low"])) for r in found.tornado), reverse=True
    )


def test_the_same_seed_gives_the_same_return() -> None:
    one, other = (savings(analysis(half=0.04), costs(replacement_parts={}), seed=3) for _ in range(2))
    assert one == other


def test_programs_stand_side_by_side_the_best_lower_bound_first() -> None:
    dear = replace(analysis(), program="retreat")
    both = costs(programs={"talks": {"per_person": 90}, "retreat": {"per_person": 900}})
    table = compare([(one, savings(one, both)) for one in (dear, analysis())])
    assert list(table["program"]) == ["talks", "retreat"]
    assert set(table["evidence"]) == {"randomized"}


def test_the_example_of_the_documentation_is_valid() -> None:
    assert load_costs(Path(__file__).parents[2] / "docs" / "costs.yaml").currency == "EUR"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("annual_pay: -1\nabsence_per_day: 1\nprograms: {}", "annual_pay"),
        ("annual_pay: 1\nabsence_per_day: 1\nprograms: {}\nbonus: 3", "bonus"),
        ("annual_pay: 1\nabsence_per_day: 1\nprograms: {}\nreplacement: {low: 0.5}", "low, mode and high have to rise"),
        ("annual_pay: [", "cannot be read"),
    ],
)
def test_prices_that_are_none_are_refused_by_place(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "costs.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=said):
        load_costs(file)


def test_a_program_without_a_price_is_named() -> None:
    with pytest.raises(ConfigError, match=r"programs.talks is missing; there are walks"):
        savings(analysis(), costs(programs={"walks": {}}))
