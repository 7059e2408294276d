"""What goes in: one schema per table, with units and valid ranges.

Times are UTC. `recorded_at` is when the row became known; a feature as of T sees a row only when it had
happened *and* was known before T. Rows that share a table's `version_of` are versions of one fact.
"""

from dataclasses import dataclass
from typing import Literal

__all__ = ["TABLES", "Column", "Table"]

Kind = Literal["id", "text", "zone", "time", "date", "number", "flag", "whole"]


@dataclass(frozen=True)
class Column:
    """One column of a table: its kind, unit, range, and the SQL that fills it where it is missing."""

    name: str
    kind: Kind
    required: bool = True
    unit: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    default: str | None = None


@dataclass(frozen=True)
class Table:
    """A table of the contract. `order` holds pairs of columns of which the first may not be after the second."""

    name: str
    about: str
    columns: tuple[Column, ...]
    version_of: tuple[str, ...]
    order: tuple[tuple[str, str], ...] = ()
    required: bool = False
    offset_at: str | None = None

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    @property
    def versioned(self) -> bool:
        return any(column.name == "recorded_at" for column in self.columns)

    @property
    def stored(self) -> dict[str, Kind]:
        """Columns as they are stored: the contract's, and for events what an ingest adds.

        `utc_offset_s` is the distance to the agent's clock, `day` the agent's local day. In contacts, `sign` is 1,
        -1 where a row takes an earlier version back from its `recorded_at` on, and 2 where it puts one back.
        """
        stored: dict[str, Kind] = {column.name: column.kind for column in self.columns}
        if self.offset_at:
            stored |= {"utc_offset_s": "whole", "day": "date"}
        return stored | ({"sign": "whole"} if self.ledger else {})

    @property
    def ledger(self) -> bool:
        """Whether corrections are stored as rows that take the earlier version back."""
        return self.name == "contacts"

    @property
    def key(self) -> tuple[str, ...]:
        """What tells two rows apart; versions of one fact differ in `recorded_at`."""
        return (*self.version_of, "recorded_at") if self.versioned else self.version_of


def _optional(name: str, kind: Kind, **more: object) -> Column:
    return Column(name, kind, required=False, **more)  # type: ignore[arg-type]


def _seconds(name: str, required: bool = True) -> Column:
    return Column(name, "number", required, unit="s", low=0, high=7 * 86_400)


def _recorded(default: str) -> Column:
    return _optional("recorded_at", "time", default=default)


_AGENT = Column("agent_id", "id")
_EXIT_KINDS = ("voluntary", "involuntary", "transfer", "retirement", "other")

_ALL = (
    Table(
        "contacts",
        "one row per contact that an agent served",
        (
            Column("contact_id", "id"),
            _AGENT,
            Column("queue", "text"),
            Column("channel", "text", choices=("voice", "chat", "email", "social", "other")),
            Column("started_at", "time"),
            Column("ended_at", "time"),
            _seconds("talk_s"),
            _seconds("hold_s", required=False),
            _seconds("acw_s", required=False),
            _optional("escalated", "flag"),
            _optional("transferred", "flag"),
            _optional("complaint", "flag"),
            _optional("abusive", "flag"),
            _optional("resolved", "flag"),
            _optional("csat", "number", unit="1..5", low=1, high=5),
            _optional("nps", "number", unit="0..10", low=0, high=10),
            _optional("ces", "number", unit="1..7", low=1, high=7),
            _optional("customer_text", "text"),
            _optional("sentiment", "number", unit="-1..1", low=-1, high=1),
            _optional("agent_sentiment", "number", unit="-1..1", low=-1, high=1),
            _recorded("ended_at"),
        ),
        version_of=("contact_id",),
        order=(("started_at", "ended_at"), ("ended_at", "recorded_at")),
        required=True,
        offset_at="started_at",
    ),
    Table(
        "agents",
        "one row per agent and period in which nothing about the post changed",
        (
            _AGENT,
            Column("valid_from", "time"),
            _optional("valid_to", "time"),
            Column("team_id", "id"),
            Column("manager_id", "id"),
            Column("site_id", "id"),
            Column("timezone", "zone"),
            Column("queue", "text"),
            Column("employment_type", "text"),
            _optional("contracted_h_week", "number", unit="h", low=0, high=80),
            _optional("hire_date", "date"),
            _optional("pay_ratio", "number", unit="pay / median of the role", low=0.1, high=10),
            _recorded("valid_from"),
        ),
        version_of=("agent_id", "valid_from"),
        order=(("valid_from", "valid_to"),),
        required=True,
    ),
    Table(
        "shifts",
        "one row per version of a shift",
        (
            Column("shift_id", "id"),
            _AGENT,
            Column("scheduled_start", "time"),
            Column("scheduled_end", "time"),
            Column("published_at", "time"),
            _optional("actual_start", "time"),
            _optional("actual_end", "time"),
            _seconds("break_entitled_s", required=False),
            _seconds("break_taken_s", required=False),
            _seconds("aux_s", required=False),
            _optional("remote", "flag"),
            _optional("cancelled", "flag"),
            _recorded("greatest(published_at, coalesce(actual_end, published_at))"),
        ),
        version_of=("shift_id",),
        order=(("scheduled_start", "scheduled_end"), ("actual_start", "actual_end")),
        offset_at="scheduled_start",
    ),
    Table(
        "absences",
        "one row per spell of absence",
        (
            _AGENT,
            Column("start_on", "date"),
            Column("end_on", "date"),
            Column("planned", "flag"),
            _recorded("end_on::timestamp + interval 1 day"),
        ),
        version_of=("agent_id", "start_on"),
        order=(("start_on", "end_on"),),
    ),
    Table(
        "surveys",
        "one row per answered burnout survey and scale",
        (
            _AGENT,
            Column("wave", "id"),
            Column("submitted_at", "time"),
            Column("instrument", "text"),
            Column("scale", "text"),
            Column("score", "number", unit="points", low=0, high=100),
        ),
        version_of=("agent_id", "wave", "instrument", "scale"),
    ),
    Table(
        "exits",
        "one row per agent who left",
        (
            _AGENT,
            Column("notice_on", "date"),
            Column("last_day", "date"),
            Column("kind", "text", choices=_EXIT_KINDS),
            _recorded("notice_on::timestamp"),
        ),
        version_of=("agent_id", "notice_on"),
        order=(("notice_on", "last_day"),),
    ),
    Table(
        "check_ins",
        "one row per talk between agent and team lead",
        (_AGENT, Column("held_at", "time")),
        version_of=("agent_id", "held_at"),
    ),
    Table(
        "outreach",
        "one row per offer of support, or per holdout",
        (
            _AGENT,
            Column("offered_at", "time"),
            Column("action", "text"),
            Column("arm", "text", choices=("offer", "holdout")),
            _optional("response", "text"),
            _optional("responded_at", "time"),
        ),
        version_of=("agent_id", "offered_at", "action"),
        order=(("offered_at", "responded_at"),),
    ),
    Table(
        "protected",
        "attributes that the fairness audit alone reads",
        (_AGENT, Column("attribute", "text"), Column("value", "text")),
        version_of=("agent_id", "attribute"),
    ),
)
TABLES: dict[str, Table] = {table.name: table for table in _ALL}
