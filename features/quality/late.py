"""Late records: how long after its day a contact becomes known, and how often one is corrected.

From the increments of the facts: a correction takes the earlier version back and adds the later one on the same day,
so it leaves the sum of that day as it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from features.home import Home
from features.quality.inputs import fact_files

__all__ = ["LateDays", "LateRecords", "late_records"]

_BUCKETS: tuple[tuple[str, int | None], ...] = (
    ("the same day", 0), ("1 day", 1), ("2-3 days", 3), ("4-7 days", 7), ("8-28 days", 28), ("over 28 days", None),
)  # fmt: skip
LONGEST = 28


@dataclass(frozen=True)
class LateDays:
    """Contacts that became known so many days after their own day, and corrections that did."""

    after: str
    contacts: int
    share: float
    corrections: int


@dataclass(frozen=True)
class LateRecords:
    """When contacts became known, over the days up to `until`.

    `whole` says that 28 days have passed for all of those days; where none is so old, all days count.
    `newest_rows` and `newest_reaches` are the rows of the newest of several ingests of contacts and the oldest day that
    they touch. `said` is what it means.
    """

    until: str
    whole: bool
    contacts: int
    corrections: int
    days: list[LateDays]
    newest_rows: int | None
    newest_reaches: str | None
    said: list[str]


def late_records(db: Any, home: Home) -> LateRecords | None:
    """Statistics of late records of a home; None where it holds no facts of contacts.

    Parameters
    ----------
    db
        A DuckDB connection.
    """
    files = fact_files(home, "increments")
    if not files:
        return None
    db.read_parquet(files).create_view("increments", replace=True)
    first, last, last_day = db.execute(
        "SELECT min(day)::DATE, max(known_on)::DATE, max(day)::DATE FROM increments"
    ).fetchall()[0]
    whole = first + timedelta(days=LONGEST) <= last
    until = min(last - timedelta(days=LONGEST), last_day) if whole else last_day
    days = _days(db, until)
    contacts, corrections = sum(part.contacts for part in days), sum(part.corrections for part in days)
    rows, reaches = _newest(db, home.batches("contacts"))
    said = _said(days, contacts, corrections, whole)
    if rows and reaches:
        said.append(f"The newest ingest of contacts ({rows:,} rows) reaches back to {reaches}.")
    return LateRecords(str(until), whole, contacts, corrections, days, rows, reaches, said)


def _days(db: Any, until: date) -> list[LateDays]:
    steps = " ".join(f"WHEN late <= {most} THEN {i}" for i, (_, most) in enumerate(_BUCKETS) if most is not None)
    found = db.execute(
        f"SELECT CASE {steps} ELSE {len(_BUCKETS) - 1} END AS bucket, sum(contacts)::BIGINT,"
        " coalesce(-sum(contacts) FILTER (contacts < 0), 0)::BIGINT"
        " FROM (SELECT date_diff('day', day, known_on) AS late, contacts FROM increments"
        f" WHERE day <= DATE '{until}') GROUP BY 1"
    ).fetchall()
    by_bucket = {bucket: (contacts, corrections) for bucket, contacts, corrections in found}
    total = sum(contacts for contacts, _ in by_bucket.values()) or 1
    counts = [(after, *by_bucket.get(i, (0, 0))) for i, (after, _) in enumerate(_BUCKETS)]
    return [LateDays(after, contacts, round(contacts / total, 6), taken_back) for after, contacts, taken_back in counts]


def _newest(db: Any, batches: Sequence[Path]) -> tuple[int | None, str | None]:
    """Rows of the newest of several batches, and the oldest day in it."""
    if len(batches) < 2:
        return None, None
    rows, day = db.execute("SELECT count(*), min(day) FROM read_parquet(?)", [str(batches[-1])]).fetchall()[0]
    return rows, str(day) if rows else None


def _said(days: Sequence[LateDays], contacts: int, corrections: int, whole: bool) -> list[str]:
    week = sum(part.contacts for part in days[4:])
    later = contacts - days[0].contacts - days[1].contacts
    if later:
        said = [f"{_percent(later, contacts, 'Under')} of contacts become known two days after their own day or later."]
    else:
        said = [
            "No contact became known later than the day after its own. If the export does not say when rows were"
            " recorded (recorded_at), late records cannot be seen."
        ]
    if week:
        said.append(
            f"{_percent(week, contacts, 'Under')} become known after a week:"
            " a snapshot of last week still misses those."
        )
    if corrections:
        after = sum(part.corrections for part in days[4:])
        said.append(
            f"{corrections:,} times ({_percent(corrections, contacts)} of contacts) an earlier version was taken back,"
            f" {_percent(after, corrections)} of them after a week; a snapshot between the two versions holds the"
            " earlier one."
        )
    if not whole:
        said.append(f"The facts are younger than {LONGEST} days, so what comes later than that is not seen yet.")
    return said


def _percent(part: int, whole: int, under: str = "under") -> str:
    share = part / max(whole, 1)
    return f"{under} 0.1 %" if 0 < share < 0.001 else f"{share:.1%}".replace("%", " %")
