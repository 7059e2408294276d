"""The quality of a build on the terminal: the worst coverage, then a few lines."""

from features.home import Home
from features.quality.drift import MUCH, Drift, FeatureDrift
from features.quality.report import Quality
from features.quality.words import alike, gap_lines, known, outside_text, percent
from features.terminal import Terminal

__all__ = ["show"]

MOST_ROWS = 12
MOST_DRIFTS = 3
LEAST_SHARE = 0.1


def show(terminal: Terminal, quality: Quality, home: Home) -> None:
    """Print the worst coverage, what is missing, ranges, drift, late records, and where the whole report lies."""
    rows = _worst(quality)
    if rows:
        terminal.table("Worst coverage", ["features", "known", "why not, in how many rows"], rows)
    for line in (*_counts(quality), *gap_lines(quality), _ranges(quality), drift_line(quality.drift), *_late(quality)):
        terminal.say(line)
    terminal.say(f"Quality report: {home.features / 'quality.html'}")


def _worst(quality: Quality) -> list[tuple[str, str, str]]:
    """The features that are known least, with the main reasons."""
    return [
        (
            entries[0].name + (f" and {len(entries) - 1} more" if len(entries) > 1 else ""),
            percent(known(entries[0])),
            said,
        )
        for entries, said in alike(quality.features, LEAST_SHARE)[:MOST_ROWS]
    ]


def _counts(quality: Quality) -> list[str]:
    complete = sum(not entry.null_rows for entry in quality.features)
    never = sum(entry.null_rows == entry.rows for entry in quality.features)
    lines = [
        f"Coverage: of {len(quality.features)} features {complete} are known in every row,"
        f" {len(quality.features) - complete - never} in some, {never} in none."
    ]
    if quality.agents_without_post:
        lines.append(f"Agents with contacts that the table agents does not name: {quality.agents_without_post:,}.")
    return lines


def _ranges(quality: Quality) -> str:
    if not quality.outside:
        return "Ranges: no value is outside what its unit allows."
    named = ", ".join(f"{entry.name} ({outside_text(entry)})" for entry in quality.outside[:MOST_DRIFTS])
    return f"Ranges: {len(quality.outside)} features have values that their unit does not allow: {named}."


def drift_line(drift: Drift) -> str:
    """The drift in one line: what is compared, and the features that moved most."""
    if drift.before is None:
        return f"Drift: {drift.said}"
    if all(entry.psi is None for entry in drift.features):
        return f"Drift: {drift.said} Too few rows for an index."
    much = sum(entry.size > MUCH for entry in drift.features)
    named = [f"{entry.name} ({_moved(entry)})" for entry in drift.features[:MOST_DRIFTS] if entry.size]
    most = f"; most: {', '.join(named)}" if named else ""
    return f"Drift: {drift.said} {much} of {len(drift.features)} features moved much (over {MUCH}){most}."


def _moved(entry: FeatureDrift) -> str:
    """The index, and the share null where that moved too."""
    parts = [f"{entry.psi:.2f}"] if entry.psi is not None else [entry.said]
    if entry.null_share_before is not None and abs(entry.null_share - entry.null_share_before) >= 0.01:
        parts.append(f"null {percent(entry.null_share_before)}, now {percent(entry.null_share)}")
    return "; ".join(parts)


def _late(quality: Quality) -> list[str]:
    return [f"Late records: {' '.join(quality.late.said)}"] if quality.late else []
