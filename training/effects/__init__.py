"""Did a program help: effects by designs that can answer, and refusals where none can."""

from training.effects.effect import DESIGNS, OUTCOMES, Analysis, Design, Effect, Refused
from training.effects.study import read_analysis, study

__all__ = ["DESIGNS", "OUTCOMES", "Analysis", "Design", "Effect", "Refused", "read_analysis", "study"]
