"""The words and numbers that the screen and the page share."""

from collections.abc import Sequence

from features.quality.coverage import OTHER, FeatureQuality, Reason
from features.quality.report import Quality

__all__ = ["alike", "gap_lines", "known", "number", "outside_text", "percent", "why"]

MOST_NAMES = 6
_INSTEAD = {"table shifts": " A day's contacts stand in for working time."}


def percent(share: float) -> str:
    """A share in words; what is not all or nothing never reads so."""
    if 0 < share < 0.001:
        return "< 0.1 %"
    if 0.999 < share < 1:
        return "> 99.9 %"
    return f"{share:.1%}".replace("%", " %")


def known(entry: FeatureQuality) -> float:
    """The share of rows in which a feature is known."""
    return 1 - entry.null_rows / max(entry.rows, 1)


def number(value: float | None) -> str:
    """A value in at most four digits."""
    return "-" if value is None else f"{value:,.4g}" if abs(value) < 10_000 else f"{value:,.0f}"


def why(entry: FeatureQuality, least: float = 0) -> str:
    """The reasons with their rows; those of less than a share of the null rows count as other."""
    named = [reason for reason in entry.reasons if reason.text != OTHER and reason.rows >= least * entry.null_rows]
    rest = entry.null_rows - sum(reason.rows for reason in named)
    return "; ".join(f"{reason.text} ({reason.rows:,})" for reason in [*named, *[Reason(OTHER, rest)] * (rest > 0)])


def alike(features: Sequence[FeatureQuality], least: float = 0) -> list[tuple[list[FeatureQuality], str]]:
    """Features that are null in some rows; those null in as many rows for the same reasons are together."""
    groups: dict[tuple[int, str], list[FeatureQuality]] = {}
    for entry in features:
        if entry.null_rows:
            groups.setdefault((entry.null_rows, why(entry, least)), []).append(entry)
    return [(entries, said) for (_, said), entries in groups.items()]


def outside_text(entry: FeatureQuality) -> str:
    """What is wrong with the range of a feature, or nothing."""
    if entry.outside:
        low, high = number(entry.low), number(entry.high)
        bounds = f"under {low}" if entry.high is None else f"outside {low} to {high}"
        return f"{entry.outside:,} {bounds if entry.low is not None else 'not finite'}"
    return "always the same" if entry.constant else ""


def gap_lines(quality: Quality) -> list[str]:
    """A line for each missing table and empty column with what is null because of it; what nothing needs comes last."""
    gaps = [(f"table {gap.table}", f"Table {gap.table} is not there", gap.nulls) for gap in quality.missing_tables]
    gaps += [
        (f"column {column.name}", f"Column {column.name} is never filled", column.nulls)
        for column in quality.columns
        if not column.filled
    ]
    lines = [f"{said}: {_nulls(nulls)}.{_INSTEAD.get(what, '')}" for what, said, nulls in gaps if nulls]
    unneeded = [what for what, _, nulls in gaps if not nulls]
    return [*lines, f"Without effect on features: {', '.join(unneeded)}."] if unneeded else lines


def _nulls(names: list[str]) -> str:
    rest = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return f"null {'is' if len(names) == 1 else 'are'} {', '.join(names[:MOST_NAMES])}{rest}"
