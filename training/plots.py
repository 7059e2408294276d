"""Plots of a training run: reliability, lift, and the SHAP summary. Each returns a figure and shows nothing."""

from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt

mpl.use("Agg")

from matplotlib.figure import Figure

from training.evaluate import reliability
from training.explain import Explanation

__all__ = ["lift_plot", "reliability_plot", "summary_plot"]

Floats = npt.NDArray[np.float64]
_INK, _SOFT, _BAND = "#1f6f78", "#8a8f98", "#dfe7e8"


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


def summary_plot(explanation: Explanation, title: str) -> Figure:
    """shap's beeswarm of the 15 features that move scores most."""
    import matplotlib.pyplot as plt
    import shap

    plt.close("all")
    shap.plots.beeswarm(explanation.to_shap(), max_display=15, show=False, plot_size=(8, 6))
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
