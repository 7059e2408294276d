"""Delete what has been kept long enough. What was said of it (counts, days) is returned; a dry run only says it."""

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.fact_files import KINDS, Facts, monday
from features.home import Home
from features.raw import reach, remember_reach
from features.workdays import DAYS_BACK
from serving.audit import forget_before
from serving.feedback.suggestions import forget_suggestions
from serving.privacy.keys import Keys
from serving.privacy.memory import forget_old
from serving.privacy.old_rows import forget_feedback, forget_offers, forget_scores
from serving.privacy.policy import DEFAULT, PrivacyPolicy
from serving.privacy.rewrite import facts_follow, write_rows
from serving.store import Store

__all__ = ["Deleted", "retain"]

_MONTH = re.compile(r"\d{4}-\d{2}")


@dataclass(frozen=True)
class Deleted:
    """One kind of data: how much of it is older than its day, in the unit that is named."""

    what: str
    before: date
    count: int
    unit: str


def retain(home: Home, today: date, policy: PrivacyPolicy = DEFAULT, dry_run: bool = False) -> list[Deleted]:
    """Delete what is older than the policy says, or only say it.

    Sums per agent and day stay as long as features need them; features up to `feature_days` can be built again.
    """
    kept = policy.retention
    days = {
        "contacts": today - timedelta(days=kept.raw_contact_days),
        "features": today - timedelta(days=kept.feature_days),
        "scores": today - timedelta(days=kept.score_days),
        "reports": today - timedelta(days=kept.report_days),
        "offers": today - timedelta(days=kept.offer_days),
        "feedback": today - timedelta(days=kept.feedback_days),
        "suggestions": today - timedelta(days=kept.suggestion_days),
        "audit": today - timedelta(days=kept.audit_days),
    }
    old_reports = _older(home.reports, days["reports"])
    old_rejects = _older(home.rejected, days["contacts"])
    facts_day = days["features"] - timedelta(days=DAYS_BACK)
    found = [
        Deleted("raw contacts", days["contacts"], _contacts(home, days["contacts"], days["features"], dry_run), "rows"),
        Deleted("rejected rows", days["contacts"], _files(old_rejects, dry_run), "files"),
        Deleted("agent-day facts", facts_day, _facts(home, facts_day, dry_run), "files"),
        Deleted("features", days["features"], _features(home, days["features"], dry_run), "dates"),
        Deleted("reports", days["reports"], _files(old_reports, dry_run), "files"),
    ]
    return found + _of_store(home, days, today, policy, dry_run)


def _contacts(home: Home, before: date, features_from: date, dry_run: bool) -> int:
    """Rows of local days before a day; the reach of what was there is remembered, as features come from facts."""
    old = [(path, rows) for path in home.batches("contacts") if (rows := _days_before(path, before))]
    if dry_run or not old:
        return sum(rows for _, rows in old)
    first, _ = reach(home, "contacts", "started_at", "ended_at") or (None, None)
    if first is not None:
        least = datetime.combine(features_from, datetime.min.time())
        remember_reach(home, "contacts", "started_at", max(first, least))

    def rewrite() -> int:
        for path, _ in old:
            rows = pq.read_table(path)
            write_rows(path, rows.filter(pc.greater_equal(rows.column("day"), before)))
        return sum(rows for _, rows in old)

    return facts_follow(home, rewrite)


def _days_before(path: Path, before: date) -> int:
    days = pq.read_table(path, columns=["day"]).column("day")
    return int(pc.sum(pc.less(days, before)).as_py() or 0)


def _facts(home: Home, before: date, dry_run: bool) -> int:
    """Files of weeks that end before a day."""
    if not (home.facts / "manifest.json").exists():
        return 0
    facts = Facts.load(home)
    old = {kind: [week for week in facts.files[kind] if monday(int(week) + 1) <= before] for kind in KINDS}
    found = sum(map(len, old.values()))
    if found and not dry_run:
        for kind, weeks in old.items():
            for week in weeks:
                del facts.files[kind][week]
        facts.save(home)
    return found


def _features(home: Home, before: date, dry_run: bool) -> int:
    old = [
        path for path in home.features.glob("as_of=*") if date.fromisoformat(path.name.removeprefix("as_of=")) < before
    ]
    return _each(old, shutil.rmtree, dry_run)


def _files(old: list[Path], dry_run: bool) -> int:
    return _each(old, Path.unlink, dry_run)


def _each(old: list[Path], remove: Callable[[Path], object], dry_run: bool) -> int:
    for path in [] if dry_run else old:
        remove(path)
    return len(old)


def _older(folder: Path, before: date) -> list[Path]:
    """Files that were last written before a day."""
    end = datetime.combine(before, datetime.min.time(), UTC).timestamp()
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and path.stat().st_mtime < end]


def _of_store(home: Home, days: dict[str, date], today: date, policy: PrivacyPolicy, dry_run: bool) -> list[Deleted]:
    """Rows of the store, the log of accesses, and keys of periods of which no entry is left."""
    store = Store(home)
    try:
        with store.writing() as session:
            scores = forget_scores(session, days["scores"])
            offers = forget_offers(session, days["offers"])
            feedback = forget_feedback(session, days["feedback"])
            releases = forget_old(session, today, policy)
            suggestions = forget_suggestions(session, days["suggestions"], today, dry_run)
            keys = Keys.of(session)
            periods = [p for p in keys.periods() if _MONTH.fullmatch(p) and p < f"{days['audit']:%Y-%m}"]
            if dry_run:
                session.rollback()
            else:
                for period in periods:
                    keys.destroy(period)
        end = datetime.combine(days["audit"], datetime.min.time(), UTC)
        entries = forget_before(store, end, datetime.now(UTC), dry_run)
    finally:
        store.close()
    memory = today - timedelta(days=policy.memory_days)
    return [
        Deleted("scores", days["scores"], scores, "rows"),
        Deleted("offers", days["offers"], offers, "rows"),
        Deleted("answered feedback", days["feedback"], feedback, "rows"),
        Deleted("releases", memory, releases, "rows"),
        Deleted("suggestions", days["suggestions"], suggestions, "rows"),
        Deleted("audit log", days["audit"], entries, "entries"),
        Deleted("pseudonym keys", days["audit"], len(periods), "periods"),
    ]
