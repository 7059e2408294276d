"""The audit against counting by hand, and where it must keep silent."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.evaluate import selected
from training.evaluation.proportion import wilson
from training.evaluation.resampling import intervals
from training.fairness.comparison import MEASURES_COMPARED, Audit, audit

SHARE = 0.2


def centre(sizes: dict[str, int], boost: dict[str, float] | None = None, dates: int = 4, seed: int = 0) -> pd.DataFrame:
    """Agents of named groups, each with a risk and a score on some dates; `boost` lifts the scores of a group."""
    rng = np.random.default_rng(seed)
    groups = np.repeat(list(sizes), list(sizes.values()))
    risk = rng.normal(-1, 1, len(groups))
    rows = pd.DataFrame({"agent": np.repeat([f"A{number}" for number in range(len(groups))], dates)})
    odds = np.repeat(risk, dates)
    lift = pd.Series(np.repeat(groups, dates)).map(boost or {}).fillna(0).to_numpy()
    rows["group"], rows["as_of"] = np.repeat(groups, dates), np.tile(np.arange(dates), len(groups))
    rows["y"] = (rng.random(len(rows)) < 1 / (1 + np.exp(-odds))).astype(float)
    rows["p"] = 1 / (1 + np.exp(-(odds + lift + rng.normal(0, 0.3, len(rows)))))
    return rows


def protected_of(rows: pd.DataFrame, attribute: str = "gender") -> pd.DataFrame:
    people = rows.drop_duplicates("agent")
    return pd.DataFrame({"agent_id": people["agent"], "attribute": attribute, "value": people["group"]})


def audited(rows: pd.DataFrame, protected: pd.DataFrame | None = None, repeats: int = 20) -> Audit:
    table = protected_of(rows) if protected is None else protected
    y, p = rows["y"].to_numpy(), rows["p"].to_numpy()
    return audit(table, y, p, rows["agent"], SHARE, rows["as_of"], repeats=repeats)


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 1000), st.integers(30, 60), st.integers(5, 29))
def test_numbers_are_those_of_counting_by_hand(seed: int, large: int, small: int) -> None:
    rows = centre({"f": 60, "m": large, "d": small}, {"m": -1.0}, seed=seed)
    found = audited(rows).groups.set_index("value")
    rows["chosen"] = selected(rows["p"].to_numpy(), SHARE, rows["as_of"])
    rates = {}
    for group, own in rows.groupby("group"):
        line = found.loc[group]
        concerned, others, chosen = own[own["y"] == 1], own[own["y"] == 0], own[own["chosen"]]
        rates[group] = len(chosen) / len(own)
        assert (line["agents"], line["rows"]) == (own["agent"].nunique(), len(own))
        for name, among, hits in (
            ("base_rate", own, own["y"].sum()),
            ("selection_rate", own, own["chosen"].sum()),
            ("true_positive_rate", concerned, concerned["chosen"].sum()),
            ("false_positive_rate", others, others["chosen"].sum()),
            ("precision", chosen, chosen["y"].sum()),
        ):
            rate = hits / len(among) if len(among) else np.nan
            low, high = wilson(rate, among["agent"].nunique())
            expected = pytest.approx((rate, float(low), float(high)), nan_ok=True)
            assert (line[name], line[f"{name}_low"], line[f"{name}_high"]) == expected, name
        assert line["calibration_in_the_large"] == pytest.approx(own["p"].mean() - own["y"].mean())
    highest = max(rates["f"], rates["m"])
    for group in ("f", "m"):
        assert found.loc[group, "impact_ratio"] == pytest.approx(rates[group] / highest)
    assert found.loc["d", "judgement"] == "too few"
    assert np.isnan(found.loc["d", "impact_ratio"])


def test_measures_of_the_score_have_the_intervals_of_drawn_agents() -> None:
    rows = centre({"f": 60, "m": 50})
    found = audited(rows).groups.set_index("value")
    own = rows[rows["group"] == "f"]
    expected = intervals(own["y"].to_numpy(), own["p"].to_numpy(), own["agent"], ["auroc"], repeats=20)["auroc"]
    assert tuple(found.loc["f", ["auroc", "auroc_low", "auroc_high"]]) == expected


def test_a_group_that_is_reached_less_is_named_with_its_numbers() -> None:
    found = audited(centre({"f": 200, "m": 200}, {"m": -1.5}))
    assert found.verdict == "below four-fifths"
    assert "gender: m" in found.sentence
    assert "more than chance explains" in found.sentence
    by_value = found.groups.set_index("value")
    assert list(by_value.loc[["f", "m"], "judgement"]) == ["highest", "below four-fifths"]
    assert by_value.loc["m", "impact_ratio"] < 0.8
    assert by_value.loc["m", "beyond_chance"]


@pytest.mark.parametrize(
    ("top", "reached", "judgement"),
    [(50, 45, "within four-fifths"), (50, 40, "within four-fifths"), (50, 39, "below four-fifths"),
     (75, 60, "within four-fifths"), (75, 59, "below four-fifths")],
)  # fmt: skip
def test_four_fifths_of_the_highest_rate_is_the_line(top: int, reached: int, judgement: str) -> None:
    """Of 100 and 100 people, as many of either group as said have the highest scores."""
    rows = centre({"f": 100, "m": 100}, dates=1)
    place = np.r_[np.arange(100), np.arange(100)]
    rows["p"] = np.where(place < np.repeat([top, reached], 100), 0.9, 0.1) + np.arange(200) / 1e4
    found = audit(protected_of(rows), rows["y"].to_numpy(), rows["p"].to_numpy(), rows["agent"], (top + reached) / 200)
    by_value = found.groups.set_index("value")
    assert by_value.loc["m", "impact_ratio"] == pytest.approx(reached / top)
    assert list(by_value.loc[["f", "m"], "judgement"]) == ["highest", judgement]
    assert (found.verdict == "below four-fifths") == (judgement == "below four-fifths")


def test_groups_that_are_alike_are_below_four_fifths_by_chance_at_most() -> None:
    """The same people twice, under two names of the group: equal rates, and no word of "fair"."""
    once = centre({"f": 80})
    twice = pd.concat([once, once.assign(agent=once["agent"] + "x", group="m")], ignore_index=True)
    found = audited(twice)
    assert found.verdict == "no group below four-fifths"
    assert found.groups["impact_ratio"].min() == pytest.approx(1, abs=0.05)
    assert "no proof of equal treatment" in found.sentence
    assert "fair" not in found.sentence
    assert ((found.gaps["low"] <= 0) & (found.gaps["high"] >= 0)).all()


def test_a_shortfall_that_chance_could_explain_is_still_reported() -> None:
    shortfalls = [audited(centre({"f": 35, "m": 35}, seed=seed)) for seed in range(12)]
    reported = [found for found in shortfalls if found.verdict == "below four-fifths"]
    assert len(reported) >= 3
    assert sum("chance could explain it" in found.sentence for found in reported) >= len(reported) - 1


NOBODY = pd.DataFrame({"agent_id": ["Z"], "attribute": ["gender"], "value": ["f"]})


@pytest.mark.parametrize("table", [None, NOBODY, NOBODY.head(0)])
def test_without_a_table_that_names_the_agents_nothing_is_audited(table: pd.DataFrame | None) -> None:
    rows = centre({"f": 60})
    found = audit(table, rows["y"].to_numpy(), rows["p"].to_numpy(), rows["agent"], SHARE)
    assert (found.verdict, found.hidden, len(found.groups), len(found.gaps)) == ("not audited", {}, 0, 0)
    assert found.sentence.startswith("Not audited")


def test_groups_too_small_to_judge_are_shown_and_not_judged() -> None:
    found = audited(centre({"f": 100, "m": 29}))
    assert found.verdict == "too few to judge"
    assert list(found.groups["judgement"]) == ["nothing to compare with", "too few"]
    assert found.groups["impact_ratio"].isna().all()
    assert len(found.gaps) == 0


def test_a_handful_is_not_shown_and_neither_is_what_would_give_it_away() -> None:
    rows = centre({"f": 100, "m": 90, "x": 40, "d": 4})
    found = audited(rows)
    assert set(found.groups["value"]) == {"f", "m"}
    assert found.hidden == {"gender": 2}
    named = found.groups.to_csv() + found.gaps.to_csv() + found.sentence
    assert ",x," not in named
    assert ",d," not in named
    assert " d" not in found.sentence.replace(" differ", "")
    nothing = audited(centre({"f": 100, "d": 2}))
    assert (nothing.verdict, nothing.hidden, len(nothing.groups)) == ("too few to judge", {"gender": 2}, 0)


def test_who_did_not_say_is_shown_and_not_judged() -> None:
    rows = centre({"f": 100, "m": 90, "unsaid": 60}, {"unsaid": 3.0})
    told = protected_of(rows)
    found = audited(rows, told[told["value"] != "unsaid"]).groups.set_index("value")
    assert found.loc["not stated", "judgement"] == "not stated"
    assert found.loc["not stated", "agents"] == 60
    assert found.loc[["f", "m"], "impact_ratio"].max() == 1


def test_attributes_are_audited_apart_and_gaps_span_the_outermost_judged_groups() -> None:
    rows = centre({"f": 80, "m": 70, "x": 12}, {"x": -4.0})
    both = pd.concat([protected_of(rows), protected_of(rows.assign(group=rows["agent"].str[-1]), "last digit")])
    found = audited(rows, both)
    assert set(found.groups["attribute"]) == {"gender"} | {"last digit"}
    gender = found.gaps[found.gaps["attribute"] == "gender"]
    assert list(gender["measure"]) == list(MEASURES_COMPARED)
    assert set(gender["highest"]) | set(gender["lowest"]) == {"f", "m"}
    assert (gender["gap"] == gender["highest_at"] - gender["lowest_at"]).all()
    assert ((gender["low"] <= gender["gap"]) & (gender["gap"] <= gender["high"])).all()
    # sixteen agents a digit: too few
    assert "last digit" not in set(found.gaps.get("attribute", []))


def test_a_rate_of_nobody_is_unknown() -> None:
    rows = centre({"f": 60, "m": 60})
    rows.loc[rows["group"] == "m", "y"] = 0.0
    rows.loc[rows["group"] == "m", "p"] = 0.001
    found = audited(rows).groups.set_index("value")
    for name in ("true_positive_rate", "precision", "auroc", "calibration_slope"):
        assert np.isnan(found.loc["m", name]) or (name == "calibration_slope" and found.loc["m", name] == 0), name
    assert found.loc["m", "selection_rate"] == 0
    assert found.loc["m", "selection_rate_high"] > 0
    assert found.loc["m", "impact_ratio"] == 0


def test_the_order_of_rows_does_not_matter() -> None:
    rows = centre({"f": 60, "m": 40, "d": 10}, {"m": -1.0})
    shuffled = rows.sample(frac=1, random_state=3)
    one, other = audited(rows, repeats=0), audited(shuffled, protected_of(rows), repeats=0)
    columns = [name for name in one.groups if "auroc" not in name and "calibration" not in name]
    pd.testing.assert_frame_equal(
        one.groups[columns].sort_values("value", ignore_index=True),
        other.groups[columns].sort_values("value", ignore_index=True),
    )
    assert one.sentence == other.sentence
