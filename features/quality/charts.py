"""The charts of the report as inline SVG, each with a sentence for those who do not see it.

Blue-green and orange hold for color-blind eyes, and every bar has its number beside it.
"""

from collections.abc import Sequence
from html import escape

from features.quality.drift import LITTLE, MUCH, Drift
from features.quality.late import LateDays
from features.quality.words import percent

__all__ = ["coverage_bar", "drift_bars", "late_histogram"]

MOST_BARS = 15
LONGEST_BAR = 1.0


def coverage_bar(share: float) -> str:
    """A bar of the share known, beside its number; nothing to read out."""
    return (
        '<svg class="bar" viewBox="0 0 100 12" aria-hidden="true"><rect class="track" x="0.5" y="0.5" width="99"'
        f' height="11" rx="2"/><rect class="own" x="0.5" y="0.5" width="{99 * share:.1f}" height="11" rx="2"/></svg>'
    )


def drift_bars(drift: Drift) -> str:
    """A bar per feature that moved most, with the conventional bounds as dashed lines."""
    rows = [entry for entry in drift.features if entry.psi is not None][:MOST_BARS]
    width, left, right, step, top = 720, 250, 70, 24, 22
    height = top + step * len(rows) + 4
    most = min(max(MUCH * 1.2, *(entry.psi or 0.0 for entry in rows)), LONGEST_BAR)
    scale = (width - left - right) / most
    parts = [_bound(left + bound * scale, top, height, f"{bound}") for bound in (LITTLE, MUCH)]
    for i, entry in enumerate(rows):
        value, y = entry.psi or 0.0, top + step * i
        length = min(value, most) * scale
        parts.append(
            f'<text x="{left - 8}" y="{y + 17}" text-anchor="end">{escape(entry.name)}</text>'
            f'<rect class="{"up" if value > MUCH else "own"}" x="{left}" y="{y + 4}" rx="2" height="16"'
            f' width="{max(length, 1):.1f}"/>'
            f'<text x="{left + length + 6:.1f}" y="{y + 17}">{value:.2f}</text>'
        )
    first = f"; most has {rows[0].name}, {rows[0].psi:.2f}" if rows else ""
    return _svg(width, height, parts, f"Stability index of the {len(rows)} features that moved most{first}")


def _bound(x: float, top: float, height: float, text: str) -> str:
    return (
        f'<line class="bound" x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{height}"/>'
        f'<text class="soft" x="{x:.1f}" y="14" text-anchor="middle">{text}</text>'
    )


def late_histogram(days: Sequence[LateDays]) -> str:
    """Two bars per span of days: contacts that became known, and corrections."""
    width, height, base, top = 720, 240, 190, 44
    column = width / max(len(days), 1)
    corrections = sum(part.corrections for part in days)
    parts = [
        f'<line class="axis" x1="0" x2="{width}" y1="{base}" y2="{base}"/>',
        '<rect class="own" x="0" y="4" width="12" height="12" rx="2"/><text x="18" y="15">contacts</text>',
        '<rect class="up" x="110" y="4" width="12" height="12" rx="2"/><text x="128" y="15">corrections</text>',
    ]
    for i, part in enumerate(days):
        shares = (part.share, part.corrections / corrections if corrections else 0.0)
        middle = column * (i + 0.5)
        for share, look, x in zip(shares, ("own", "up"), (middle - 46, middle + 2), strict=True):
            bar = max(min(share, 1), 0) * (base - top)
            parts.append(
                f'<rect class="{look}" x="{x:.1f}" y="{base - bar:.1f}" width="44" height="{bar:.1f}"/>'
                f'<text class="small" x="{x + 22:.1f}" y="{base - bar - 5:.1f}" text-anchor="middle">'
                f"{percent(share)}</text>"
            )
        parts.append(f'<text x="{middle:.1f}" y="{base + 22}" text-anchor="middle">{part.after}</text>')
    parts.append(
        f'<text class="soft" x="{width / 2}" y="{height - 6}" text-anchor="middle">days after the contact\'s own</text>'
    )
    said = ", ".join(f"{part.after} {percent(part.share)}" for part in days)
    return _svg(width, height, parts, f"Share of contacts by when they became known: {said}")


def _svg(width: float, height: float, parts: Sequence[str], about: str) -> str:
    return (
        f'<svg class="chart" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(about)}">'
        f"{''.join(parts)}</svg>"
    )
