"""Figures show what their tables say."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from training.evaluation.decision_curve import decision_curve
from training.evaluation.over_time import by_month
from training.fairness.comparison import audit
from training.plots import decision_curve_plot, months_plot, qini_plot, selection_plot
from training.uplift.ranking import qini_curve

RNG = np.random.default_rng(0)
P = RNG.beta(2, 6, 1200)
Y = (RNG.random(1200) < P).astype(float)


def line(figure: Figure, label: str) -> np.ndarray:
    (found,) = [drawn for drawn in figure.axes[0].lines if drawn.get_label() == label]
    return np.asarray(found.get_xydata())


def test_the_decision_curve_shows_the_model_and_both_defaults() -> None:
    curve = decision_curve(Y, P)
    figure = decision_curve_plot(curve, "turnover")
    for label, column in (("this model", "model"), ("offer to all", "all"), ("offer to none", "none")):
        np.testing.assert_allclose(line(figure, label), np.column_stack([curve.index, curve[column]]))
    low, high = figure.axes[0].get_ylim()
    assert low < curve["model"].min()
    assert high > curve[["model", "all"]].max(axis=None)


def test_both_orders_are_drawn_with_their_intervals_beside_offers_at_random() -> None:
    scores = RNG.normal(5, 10, 200)
    curves = [qini_curve(scores, rank, 0).assign(order=name) for name, rank in (("benefit", scores), ("risk", -scores))]
    figure = qini_plot(pd.concat(curves), "benefit")
    for curve, name in zip(curves, ("benefit", "risk"), strict=True):
        np.testing.assert_allclose(line(figure, f"by {name}"), curve[["share", "gain"]])
    np.testing.assert_allclose(line(figure, "at random")[-1], [1, scores.mean()])
    assert len(figure.axes[0].collections) == 2


@pytest.mark.parametrize("days", [20, 400, 1100])
def test_months_are_named_and_all_of_them_drawn(days: int) -> None:
    as_of = pd.Timestamp("2024-03-04") + pd.to_timedelta(RNG.integers(0, days, 1200), "D")
    months = by_month(Y, P, as_of)
    figure = months_plot(months, "turnover")
    np.testing.assert_allclose(line(figure, "mean score")[:, 1], months["score"])
    names = [text.get_text() for text in figure.axes[0].get_xticklabels()]
    assert names[0] == "2024-03"
    assert len(names) <= 12


def test_every_group_that_is_shown_has_its_rate_and_each_attribute_its_line() -> None:
    agents = np.arange(1200) // 4
    values = RNG.choice(["f", "m", "d"], 300, p=[0.5, 0.45, 0.05])
    bands = RNG.choice(["under 30", "30 or more"], 300)
    table = pd.DataFrame({"agent_id": np.tile(np.arange(300), 2), "attribute": np.repeat(["gender", "age band"], 300)})
    found = audit(table.assign(value=[*values, *bands]), Y, P, agents, repeats=5)
    figure = selection_plot(found.groups, "turnover")
    axes = figure.axes[0]
    names = [text.get_text() for text in axes.get_yticklabels()]
    shown = found.groups.to_dict("records")
    assert names == [f"{row['attribute']}: {row['value']} ({row['agents']})" for row in shown]
    points = [container.lines[0].get_xdata()[0] for container in axes.containers]
    assert points == pytest.approx([row["selection_rate"] for row in shown])
    dashed = [path.vertices[0][0] for drawn in axes.collections for path in drawn.get_paths()]
    highest = [row["selection_rate"] for row in shown if row["judgement"] == "highest"]
    assert {round(float(at), 6) for at in dashed} >= {round(0.8 * rate, 6) for rate in highest}
