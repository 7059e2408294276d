"""What agents say about what is held about them, and what they were answered.

A *contest* disputes a score or a reason, a *correction* names a record that is wrong, an *annotation* adds what the
numbers do not show. Each is *open* until the wellbeing partner has *answered* it. Managers never read any of it.

A *suggestion* is about the work and carries no name: it is kept apart, is answered to nobody, and says by its *origin*
which team or site it comes from where enough people are there.
"""

from serving.feedback.log import KINDS, STATES, answer, give, listed, of_agent

__all__ = ["KINDS", "STATES", "answer", "give", "listed", "of_agent"]
