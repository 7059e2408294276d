"""Effects where a lot decided who is offered support: of the offer, and of accepting it."""

import numpy as np
import numpy.typing as npt
import statsmodels.api as sm
from linearmodels.iv import IV2SLS
from scipy import stats

from training.effects.effect import Estimate

__all__ = ["LEAST_ARM", "LEAST_F", "complier_effect", "first_stage", "intention_to_treat"]

Floats = npt.NDArray[np.float64]
LEAST_ARM = 20  # people with an outcome in the smaller arm
LEAST_F = 10.0  # Staiger and Stock (1997): below, an instrument is weak


def intention_to_treat(y: Floats, offered: Floats, before: Floats | None = None, level: float = 0.95) -> Estimate:
    """Mean difference between who was offered support and who was held out, whether or not they accepted.

    Parameters
    ----------
    y, offered
        Outcome and arm (1 offered, 0 held out) of each person, shape (n,).
    before
        The same outcome before the program, NaN where unknown: it takes noise away and no bias in.

    Notes
    -----
    Regression on arm, centered covariates and their products, with HC3 variance. Source: Lin (2013), Agnostic notes on
    regression adjustments to experimental data.
    """
    covariates = _covariates(before, len(y))
    # whether the value before is unknown has no product: in a small arm everyone's may be known
    design = np.column_stack([np.ones(len(y)), offered, covariates, covariates[:, :1] * offered[:, None]])
    fitted = sm.OLS(y, design).fit(cov_type="HC3", use_t=True)
    reach = stats.t.ppf(0.5 + level / 2, fitted.df_resid) * fitted.bse[1]
    middle = float(fitted.params[1])
    arms = int(offered.sum()), int((1 - offered).sum())
    return Estimate(
        middle, float(fitted.bse[1]), middle - reach, middle + reach, *arms, "regression adjusted as Lin (2013), HC3"
    )


def complier_effect(
    y: Floats, offered: Floats, accepted: Floats, before: Floats | None = None, level: float = 0.95
) -> Estimate:
    """Effect on those who accept where it is offered, by two-stage least squares with the lot as instrument.

    It holds where an offer works through being accepted alone, and nobody accepts who was held out.
    Source: Angrist, Imbens and Rubin (1996), Identification of causal effects using instrumental variables.
    """
    exogenous = np.column_stack([np.ones(len(y)), _covariates(before, len(y))])
    fitted = IV2SLS(y, exogenous, accepted, offered).fit(cov_type="robust", debiased=True)
    middle, se = float(fitted.params.iloc[-1]), float(fitted.std_errors.iloc[-1])
    reach = float(stats.t.ppf(0.5 + level / 2, len(y) - exogenous.shape[1] - 1)) * se
    arms = int(offered.sum()), int((1 - offered).sum())
    return Estimate(middle, se, middle - reach, middle + reach, *arms, "two-stage least squares, robust variance")


def first_stage(offered: Floats, accepted: Floats) -> float:
    """F statistic of how much an offer moves acceptance."""
    one, other = accepted[offered == 1], accepted[offered == 0]
    spread = one.var(ddof=1) / len(one) + other.var(ddof=1) / len(other)
    return float((one.mean() - other.mean()) ** 2 / spread) if spread > 0 else np.inf


def _covariates(before: Floats | None, n: int) -> Floats:
    """The value before, centered, and whether it is unknown (centered too); columns without variance are left out."""
    if before is None:
        return np.zeros((n, 0))
    unknown = np.isnan(before)
    filled = np.where(unknown, np.nan if unknown.all() else np.nanmean(before), before)
    columns = np.column_stack([np.nan_to_num(filled), unknown.astype(float)])
    kept = columns[:, columns.std(axis=0) > 1e-12]
    return np.asarray(kept - kept.mean(axis=0))
