"""A seeded contact centre whose truth is known: for demos, tests and benchmarks, never evidence about people.

A *seat* is a post in a team; who leaves a seat is replaced. *Conditions* are what the work is like in one week for
one seat (load, escalations, abuse, schedule, support, breaks); *strain* is what they do to the person on the seat;
*exhaustion* follows strain slowly. Surveys, absences, exits, shifts and contacts are drawn from these. A *hazard* is
the probability that notice is given in a week. The *truth* is all that no export would show; the *oracle* turns it
into probabilities.
"""

from features.simulation.centre import Centre, Simulated, simulate
from features.simulation.files import write
from features.simulation.oracle import oracle
from features.simulation.programs import Program
from features.simulation.truth import Truth

__all__ = ["Centre", "Program", "Simulated", "Truth", "oracle", "simulate", "write"]
