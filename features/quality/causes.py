"""Why a feature is null: for each the causes in the order in which the code meets them, the first that holds counts.

A cause shows in the frame's own columns. `long_stretch` is null where a window has no contacts, `quick_returns` where
it has no working day, and four workload signals are all null where it has fewer than 30 contacts. What is left after
those is what the formula's last condition says.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from features.catalog import MIN_CONTACTS, Feature, feature, peer_usual
from features.quality.inputs import Inputs
from features.signals.context import MANAGER_DAYS, SURVEY_DAYS
from features.signals.schedule import MIN_DAYS
from features.signals.sentiment import MIN_ANSWERS, MIN_WEEKS
from features.snapshot import MIN_PEERS
from features.weeks import SLOPE_WEEKS

__all__ = ["Cause", "causes", "no_table", "not_filled"]


@dataclass(frozen=True)
class Cause:
    """A reason in words, and where it holds: in rows in which all of `null` are null and `as_of` is up to `until`."""

    text: str
    null: tuple[str, ...] = ()
    until: date | None = None


@dataclass(frozen=True)
class _Needs:
    """What a raw signal is null without.

    `columns` are optional columns in groups, of each of which the signal needs one; `causes` are seen in columns
    of the same window; of the table `known` nothing may be known yet; `last` is what remains.
    """

    last: str
    causes: tuple[Cause, ...] = ()
    columns: tuple[tuple[str, ...], ...] = ()
    table: str = ""
    known: str = ""


_GATED = ("contacts_per_hour", "log_aht_z", "occupancy_excess", "gap_median")  # null under 30 contacts, all of them
_FEW_TEXT = f"fewer than {MIN_CONTACTS} contacts in the window"
_NONE = Cause("no contacts in the window", ("long_stretch",))
_FEW = Cause(_FEW_TEXT, _GATED)
_OFF = Cause("no working day in the window", ("quick_returns",))
_IDLE = Cause("no logged time in the window", ("occupancy",))
_UNSCORED_TEXT = f"fewer than {MIN_CONTACTS} contacts with a score"
_UNSCORED = Cause(_UNSCORED_TEXT, ("sentiment_mean",))


def _of_contacts(last: str = _FEW_TEXT, *causes: Cause) -> _Needs:
    return _Needs(last, (_NONE, *causes))


def _flag(column: str) -> _Needs:
    last = f"fewer than {MIN_CONTACTS} contacts of which contacts.{column} is known"
    return _Needs(last, (_NONE, _FEW), columns=((f"contacts.{column}",),))


def _answers(column: str) -> _Needs:
    last = f"fewer than {MIN_ANSWERS} contacts of which contacts.{column} is known"
    return _Needs(last, (_NONE,), columns=((f"contacts.{column}",),))


def _slope(column: str) -> _Needs:
    last = f"fewer than {MIN_WEEKS} of {SLOPE_WEEKS} weeks with a known contacts.{column}"
    return _Needs(last, columns=((f"contacts.{column}",),))


def _scored(last: str = _UNSCORED_TEXT, *causes: Cause) -> _Needs:
    return _Needs(last, (_NONE, _FEW, *causes), columns=(("contacts.sentiment",),))


def _worked(last: str = _OFF.text) -> _Needs:
    return _Needs(last, (_OFF,), columns=(("shifts.actual_start",),))


def _shifts(last: str, *columns: str) -> _Needs:
    return _Needs(last, columns=tuple((column,) for column in columns), table="shifts", known="shifts")


def _context(table: str, last: str) -> _Needs:
    return _Needs(last, table=table, known=table)


_NO_SHIFT = "no shift in the window"
_SPREAD = f"fewer than {MIN_DAYS} working days in the window"
_NEEDS: dict[str, _Needs] = {
    "contacts_per_hour": _of_contacts(_FEW_TEXT, _IDLE),
    "occupancy": _of_contacts(_IDLE.text),
    "occupancy_excess": _of_contacts("no worked half-hour in the window", _FEW),
    "utilization": _of_contacts("no paid time in the window"),
    "log_aht_z": _of_contacts("no handling time, or no spread of it, on the contact queues", _FEW),
    "acw_share": _of_contacts("no handling time in the window", _FEW),
    "gap_median": _of_contacts("no day with two contacts in the window", _FEW),
    "concurrency": _of_contacts("no busy time in the window", _FEW),
    "team_load_share": _of_contacts(),
    "overtime": _Needs("no contracted hours on record", (Cause("neither contacts nor a working day in the window",
                       _NONE.null + _OFF.null),), columns=(("agents.contracted_h_week",),)),
    "escalation_rate": _flag("escalated"),
    "escalation_excess": _flag("escalated"),
    "transfer_rate": _flag("transferred"),
    "complaint_rate": _flag("complaint"),
    "abuse_per_100": _flag("abusive"),
    "quick_returns": _worked(),
    "start_sd": _worked(_SPREAD),
    "schedule_regularity": _worked("a week without work among the last four"),
    "load_cv": _worked(_SPREAD),
    "late_change_rate": _shifts(_NO_SHIFT),
    "late_change_rate_14": _shifts(_NO_SHIFT),
    "notice_days": _shifts(_NO_SHIFT),
    "backward_rotations": _worked(),
    "night_share": _worked("no worked time in the window"),
    "weekend_share": _worked(),
    "max_consecutive_days": _worked(),
    "split_days": _worked(),
    "missed_break_rate": _shifts("no worked shift in the window with known breaks", "shifts.break_entitled_s",
                                 "shifts.break_taken_s"),
    "long_stretch": _of_contacts(_NONE.text),
    "adherence": _shifts("no worked shift in the window", "shifts.actual_start"),
    "after_hours_share": _shifts("no worked shift in the window", "shifts.actual_start"),
    "sentiment_mean": _scored(),
    "negative_share": _scored(),
    "emotional_load": _scored(_IDLE.text, _UNSCORED),
    "hard_run": _Needs(f"fewer than {MIN_CONTACTS} contacts with a score or a known contacts.abusive", (_NONE, _FEW),
                       columns=(("contacts.sentiment", "contacts.abusive"),)),
    "sentiment_slope": _slope("sentiment"),
    "csat": _answers("csat"),
    "csat_slope": _slope("csat"),
    "nps": _answers("nps"),
    "nps_slope": _slope("nps"),
    "fcr": _answers("resolved"),
    "fcr_slope": _slope("resolved"),
    "ces": _answers("ces"),
    "ces_slope": _slope("ces"),
    "agent_sentiment": _flag("agent_sentiment"),
    "tenure": _Needs("no hire date on record", columns=(("agents.hire_date",),)),
    "new_hire": _Needs("no hire date on record", columns=(("agents.hire_date",),)),
    "one_to_one_gap": _context("check_ins", "no check-in on record"),
    "unplanned_spells": _context("absences", "no absence on record"),
    "bradford": _context("absences", "no absence on record"),
    "team_quit_rate": _context("exits", "nobody else in the team"),
    "manager_change": _Needs(f"not on the roster {MANAGER_DAYS} days before"),
    "span": _Needs("no manager on record"),
    "team_size": _Needs("no team on record"),
    "remote_share": _Needs("no remote hours on record in the window", (_OFF,), (("shifts.remote",),), "shifts",
                           "shifts"),
    "last_survey_score": _context("surveys", f"no answer within {SURVEY_DAYS} days"),
}  # fmt: skip


def no_table(name: str) -> str:
    """The cause in words: a table is missing."""
    return f"table {name} is not there"


def not_filled(columns: Sequence[str]) -> str:
    """The cause in words: the columns that would do are null in every row."""
    if len(columns) == 1:
        return f"column {columns[0]} is never filled"
    return f"columns {' and '.join(columns)} are never filled"


def causes(entry: Feature, inputs: Inputs) -> list[Cause]:
    """Why a feature is null where it is; the first cause that holds is the reason of a row.

    Parameters
    ----------
    entry
        The feature; for a version against the own past or against peers, the causes of its basis come first.
    inputs
        What the tables hold.
    """
    if entry.version in ("raw", "window"):
        suffix = f"_{entry.window_days}d" if entry.version == "window" else ""
        return list(_plain(_NEEDS[entry.basis or entry.name], suffix, inputs))
    basis = feature(str(entry.basis))
    assert basis is not None  # noqa: S101 - the catalog derives every version from an entry of its own
    found = [replace(cause, null=(basis.name, *cause.null)) for cause in causes(basis, inputs)]
    if entry.version == "peer_z":
        few = Cause(f"fewer than {MIN_PEERS} peers with a value", (peer_usual(basis.name),))
        return [*found, few, Cause("all peers have the same value")]
    short = "too little history for an own past"
    if entry.version == "change":
        return [*found, Cause(short)]
    return [*found, Cause(short, (f"{basis.name}_change",)), Cause("no change between windows on the queue")]


def _plain(needs: _Needs, suffix: str, inputs: Inputs) -> Iterator[Cause]:
    if needs.table in inputs.missing_tables:
        yield Cause(no_table(needs.table))
    for group in needs.columns:
        if set(group) <= inputs.never_filled:
            yield Cause(not_filled(group))
    if needs.known:
        yield _known(needs.known, inputs)
    for cause in needs.causes:
        yield Cause(cause.text, tuple(f"{name}{suffix}" for name in cause.null))
    yield Cause(needs.last)


def _known(table: str, inputs: Inputs) -> Cause:
    first = inputs.known_from.get(table)
    if first is None:
        return Cause(f"table {table} has no row that counts")
    return Cause(f"nothing of table {table} was known yet", until=first)
