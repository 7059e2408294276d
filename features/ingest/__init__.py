"""Exports become tables of the contract; a row that does not fit is kept beside them, with the reason.

A mapping says what a row is and has one SQL expression per column. An export is read once: every cell as text, typed
and judged as it goes by, so that text in a number rejects that one row, by its line, and not the file.
"""

from pathlib import Path

from features.at_work import at_work
from features.home import Home
from features.ingest.expressions import refuse_banned_reading
from features.ingest.mapping import Mapping
from features.ingest.reader import TableReader
from features.ingest.reports import IngestReport, Rejection, TableReport
from features.ingest.sources import Library, plan, workspace

__all__ = ["IngestReport", "Rejection", "TableReport", "ingest"]


def ingest(
    mapping: Mapping, source: Path, home: Home, *, keep_text: bool = False, scorer: str | Path | None = None
) -> IngestReport:
    """Read every table of a mapping from `source` into `home`; nothing is dropped without being counted.

    Rows with the key of a row that is there already are versions of it if `recorded_at` differs, duplicates
    if nothing differs, and rejected otherwise.

    Parameters
    ----------
    keep_text
        Whether what customers wrote is stored. By default it is scored where a contact has no sentiment, and goes
        nowhere: neither into tables nor into the rejected rows.
    scorer
        As for `features.text.load_scorer`; without it, that function's default.

    Raises
    ------
    InputError
        The source, one of its files or a column is missing, a file is empty or cannot be read, or an expression is
        not SQL.
    BannedInputError
        The export or the mapping holds a signal that is never ingested.
    """
    report = IngestReport(mapping.name)
    steps = plan(mapping, source, home)
    with at_work(home), workspace() as db:
        refuse_banned_reading(db, mapping)
        library = Library(db, mapping, steps, keep_text)
        for step in steps:
            db.execute("CREATE SCHEMA work; SET schema = 'work'")
            report.tables.append(TableReader(db, library, step, home, scorer).run())
            db.execute("SET schema = 'main'; DROP SCHEMA work CASCADE")
    return report
