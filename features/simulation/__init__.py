"""A seeded contact centre whose truth is known: for demos, tests and notebooks, never evidence about people.

A *seat* is a post in a team; who leaves a seat is replaced. *Conditions* are what the work is like in one week for
one seat (load, escalations, abuse, schedule); *exhaustion* follows them slowly; events are drawn from both.
"""

from features.simulation.centre import Centre, Simulated, simulate, write

__all__ = ["Centre", "Simulated", "simulate", "write"]
