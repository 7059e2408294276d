"""Did a program help: effects by designs that can answer, and refusals where none can.

`training.effects.study` makes a study; it is not imported here, because who reads one needs none of its libraries.
"""

from training.effects.effect import DESIGNS, OUTCOMES, Analysis, Design, Effect, Refused
from training.effects.kept import read_analysis

__all__ = ["DESIGNS", "OUTCOMES", "Analysis", "Design", "Effect", "Refused", "read_analysis"]
