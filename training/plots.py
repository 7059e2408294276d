"""Plots of a training run: calibration, lift, decisions, months, groups, SHAP. Each returns a figure, shows nothing."""

from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
import pandas as pd

mpl.use("Agg")

from matplotlib.figure import Figure

from training.evaluate import reliability
from training.explain import Explanation
from training.fairness.groups import FOUR_FIFTHS

__all__ = [
    "decision_curve_plot",
    "lift_plot",
    "months_plot",
    "qini_plot",
    "reliability_plot",
    "selection_plot",
    "summary_plot",
]

Floats = npt.NDArray[np.float64]
_INK, _SOFT, _BAND, _WARN = "#1f6f78", "#8a8f98", "#dfe7e8", "#b4532a"
_BY_JUDGEMENT = {"highest": _INK, "within four-fifths": _INK, "below four-fifths": _WARN}


def reliability_plot(y: Floats, p: Floats, title: str) -> Figure:
    """Does a score of 30 % come true in 30 % of cases? Bins of equal size, with 95 % intervals."""
    table = reliability(y, p)
    half = 1.96 * np.sqrt(table["observed"] * (1 - table["observed"]) / table["rows"])
    figure, axes = _axes(title, "score", "came true")
    top = float(max(table["score"].max(), (table["observed"] + half).max())) * 1.05
    axes.plot([0, top], [0, top], color=_SOFT, linewidth=1, linestyle="--", label="perfect")
    axes.errorbar(table["score"], table["observed"], yerr=half, fmt="o-", color=_INK, capsize=2, label="this model")
    axes.legend(frameon=False)
    return figure


def lift_plot(y: Floats, scores: dict[str, Floats], title: str) -> Figure:
    """What share of those concerned is reached when the highest scores are offered support first."""
    figure, axes = _axes(title, "share of agents reached", "share of those concerned")
    axes.plot([0, 1], [0, 1], color=_SOFT, linewidth=1, linestyle="--", label="at random")
    for width, (name, p) in zip([2.2] + [1.2] * len(scores), scores.items(), strict=False):
        reached = np.cumsum(y[np.argsort(-p, kind="stable")]) / y.sum()
        axes.plot(np.arange(1, len(y) + 1) / len(y), reached, linewidth=width, label=name.replace("_", " "))
    axes.legend(frameon=False)
    return figure


def qini_plot(curves: pd.DataFrame, title: str) -> Figure:
    """What offers bring by whom they go to first: Qini curves (`training.uplift`), with 95 % intervals."""
    figure, axes = _axes(title, "share of people to whom it is offered", "benefit per person of all")
    for (name, curve), color in zip(curves.groupby("order", sort=False), (_INK, _WARN), strict=True):
        axes.plot(curve["share"], curve["gain"], color=color, linewidth=2.2, label=f"by {name}")
        axes.fill_between(curve["share"], curve["low"], curve["high"], color=color, alpha=0.12, linewidth=0)
    axes.plot(curve["share"], curve["at_random"], color=_SOFT, linewidth=1, linestyle="--", label="at random")
    axes.legend(frameon=False)
    return figure


def decision_curve_plot(curve: pd.DataFrame, title: str) -> Figure:
    """Is acting on the score worth it? Net benefit (`decision_curve`) beside offering support to all or to none."""
    figure, axes = _axes(title, "threshold from which support is offered", "net benefit per person")
    axes.plot(curve.index, curve["none"], color=_SOFT, linewidth=1, label="offer to none")
    axes.plot(curve.index, curve["all"], color=_SOFT, linewidth=1, linestyle="--", label="offer to all")
    axes.plot(curve.index, curve["model"], color=_INK, linewidth=2.2, label="this model")
    # offering to all falls far below zero, where nobody would do it: the view stays where models differ
    top = float(max(curve["model"].max(), curve["all"].max(), 0.01))
    axes.set_ylim(max(-top / 2, float(min(curve["all"].min(), curve["model"].min())) - 0.05 * top), top * 1.1)
    axes.legend(frameon=False)
    return figure


def months_plot(months: pd.DataFrame, title: str) -> Figure:
    """Was the score right in every month? Mean score and observed share (`by_month`), with 95 % intervals."""
    figure, axes = _axes(title, "month of the as-of date", "share")
    at, observed = np.arange(len(months)), months["observed"]
    around = np.array([observed - months["low"], months["high"] - observed])
    axes.errorbar(at, observed, yerr=around.clip(min=0), fmt="o", color=_SOFT, capsize=2, label="came true")
    axes.plot(at, months["score"], "o-", color=_INK, linewidth=2.2, markersize=4, label="mean score")
    every = -(-len(months) // 12)
    axes.set_xticks(at[::every], months.index[::every], rotation=45, ha="right")
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False)
    return figure


def selection_plot(groups: pd.DataFrame, title: str) -> Figure:
    """Does outreach reach groups alike? Selection rates of an audit's groups, and four-fifths of each highest one."""
    figure, axes = _axes(title, "share reached (dashed: 4/5 of the highest)", "")
    figure.set_figheight(max(2.5, 1.2 + 0.35 * (len(groups) + groups["attribute"].nunique())))
    place, names = 0, []
    for attribute, table in groups.groupby("attribute", sort=False):
        rows = table.to_dict("records")
        for at, row in enumerate(rows, start=place):
            names.append((at, f"{attribute}: {row['value']} ({row['agents']})"))
            rate, low, high = (row[f"selection_rate{end}"] for end in ("", "_low", "_high"))
            around = np.clip([[rate - low], [high - rate]], 0, None)
            axes.errorbar(rate, at, xerr=around, fmt="o", color=_BY_JUDGEMENT.get(row["judgement"], _SOFT), capsize=2)
            if row["judgement"] == "highest":
                ends = (place - 0.4, place + len(rows) - 0.6)
                axes.vlines(FOUR_FIFTHS * rate, *ends, color=_SOFT, linestyle="--", linewidth=1)
        place += len(rows) + 1
    axes.set_yticks([at for at, _ in names], [name for _, name in names])
    axes.invert_yaxis()
    axes.set_xlim(left=0)
    return figure


def summary_plot(explanation: Explanation, title: str) -> Figure:
    """shap's beeswarm of the 15 features that move scores most; a feature that is never known has no color."""
    import matplotlib.pyplot as plt
    import shap

    plt.close("all")
    known = [place for place, name in enumerate(explanation.names) if explanation.data[name].notna().any()]
    shap.plots.beeswarm(explanation.to_shap()[:, known], max_display=15, show=False, plot_size=(8, 6))
    figure: Figure = plt.gcf()
    figure.axes[0].set_title(title)
    figure.axes[0].set_xlabel("contribution to the log-odds")
    figure.tight_layout()
    plt.close(figure)
    return figure


def _axes(title: str, x: str, y: str) -> tuple[Figure, Any]:
    figure = Figure(figsize=(5.5, 4.5), layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(title)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color=_BAND, linewidth=0.6)
    return figure, axes
