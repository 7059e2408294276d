"""Who may ask what, about whom, and what for.

A *principal* is whoever asks: a name, a role, and what the role is bound to (teams of a manager, the agent's own id). A
*role* is hr, manager, agent, data_scientist, auditor or service. An *operation* is a kind of question, such as
`explanation`. *Reach* is about whom a role may ask. A *purpose* is what the answer is for. The policy file says which
role may ask what; this package never speaks HTTP.
"""

from serving.access.people import may_read, refuse_person
from serving.access.policy import AccessPolicy, load_policy
from serving.access.principal import Principal
from serving.access.tokens import check, grant, list_tokens, revoke

__all__ = [
    "AccessPolicy",
    "Principal",
    "check",
    "grant",
    "list_tokens",
    "load_policy",
    "may_read",
    "refuse_person",
    "revoke",
]
