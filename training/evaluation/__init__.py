"""What can be said of a score beside its measures (`training.evaluate`): how sure, how early, when, and worth what.

*Intervals* and *advantages* come from drawing agents with all their rows. *Lead time* is how long before an event its
agent was first among those to be reached. A *decision curve* says whether acting on a score beats acting on nobody or
on everyone.
"""

__all__: list[str] = []
