"""What a model card says of every model, whatever its numbers are. Facts carry their source."""

__all__ = ["LIMITS", "MEASURES", "PURPOSE", "REFUSED", "SAID_OF"]

PURPOSE = (
    "To tell the people who organize the work, and those who look after the people who do it, where support is needed"
    " and why, so that it can be offered in time. A score is advice: no decision about a person follows from it alone."
)
REFUSED = ("discipline", "pay", "promotion", "termination")

_OF_ALL = (
    "A contribution says what moved the score. It does not say that a condition causes the outcome, nor that changing"
    " it would change the outcome.",
    "The model knows what systems at work have recorded. It knows nothing of life outside work, nor of what people"
    " would say themselves.",
    "Change against one's own past says more than levels (doi.org/10.1080/08839514.2015.1082282): people with a short"
    " history are scored on less.",
    "The score speaks of what comes if nothing is offered. Labels that came about after a recorded offer are left out"
    " of training; where support is offered and not recorded, those who were helped look as if they had never needed"
    " it.",
    "It reads no voice, face, posture or keystrokes: inferring emotions of employees from these is prohibited in the EU"
    " (AI Act, article 5(1)(f)).",
)
LIMITS = {
    "burnout": (
        "Work logs alone predict burnout weakly: AUROC 0.595 in one large study; with the previous survey score 0.829,"
        " little better than that score alone (S-EPMC8901565). Compare the model with the last score only, and with"
        " signals only, above.",
        "What predicts exhaustion over time is mostly weak (correlations below 0.30) and fades"
        " (mdpi.com/1660-4601/19/20/13037): beyond the horizon the score means nothing.",
        "The score estimates a survey score, not anybody's health; it is treated as health data all the same.",
        *_OF_ALL,
    ),
    "turnover": (
        "It estimates whether an agent gives notice, not why; involuntary exits compete and are counted apart.",
        "Transfers, retirements and leave are neither leaving nor staying: people count until then.",
        *_OF_ALL,
    ),
}
SAID_OF = {
    "burnout": "A score of {threshold:g} or more on the next survey ({instrument}, scale {scale}) that is submitted"
    " within {horizon_days} days.",
    "turnover": "Notice given by the agent within {horizon_days} days, days up to day {gap_days} not counted.",
}

MEASURES = {
    "rows": ("Rows", "of the test months"),
    "positives": ("Events", "rows that came true"),
    "base_rate": ("Base rate", "share that came true"),
    "mean_score": ("Mean score", "near the base rate is right"),
    "auroc": ("AUROC", "0.5 is chance, 1 perfect"),
    "auprc": ("AUPRC", "read beside the base rate"),
    "brier": ("Brier score", "lower is better"),
    "brier_skill": ("Brier skill", "saved against the base rate"),
    "log_loss": ("Log-loss", "lower is better"),
    "calibration_slope": ("Calibration slope", "1 is perfect"),
    "calibration_intercept": ("Calibration intercept", "0 is perfect"),
    "lift_top": ("Lift at outreach capacity", "1 is chance"),
    "precision_top": ("Precision at outreach capacity", "of those who are reached"),
}
