"""The line of a score over time."""

from typing import Any

from markupsafe import Markup

from serving.portal.words import Words

__all__ = ["history_line"]

_WIDE, _HIGH, _ROOM = 420, 96, 8
_FEWEST = 2


def history_line(past: list[dict[str, Any]], words: Words) -> Markup:
    """Scores from 0 to 100 % over their dates, with the interval as a band; nothing where there are fewer than two.

    A score that is missing leaves a gap.
    """
    known = [(index, one) for index, one in enumerate(past) if one["probability"] is not None]
    if len(known) < _FEWEST:
        return Markup("")
    step = (_WIDE - 2 * _ROOM) / (len(past) - 1)

    def at(index: int, share: float) -> str:
        return f"{_ROOM + index * step:.1f},{_HIGH - _ROOM - share * (_HIGH - 2 * _ROOM):.1f}"

    bands = [(i, one["interval"]) for i, one in known if one["interval"]]
    outline = [at(i, band["high"]) for i, band in bands] + [at(i, band["low"]) for i, band in reversed(bands)]
    line = " ".join(at(index, one["probability"]) for index, one in known)
    about = words(
        "person.line", count=len(known), first=words.share(known[0][1]["probability"]),
        last=words.share(known[-1][1]["probability"]), start=words.day(known[0][1]["as_of"]),
    )  # fmt: skip
    return Markup(
        '<svg class="history" viewBox="0 0 {wide} {high}" role="img" aria-label="{about}">'
        '<line class="axis" x1="{room}" x2="{end}" y1="{floor}" y2="{floor}"/>'
        '<polygon class="band" points="{outline}"/><polyline class="own" points="{line}"/></svg>'
    ).format(
        wide=_WIDE, high=_HIGH, about=about, room=_ROOM, end=_WIDE - _ROOM, floor=_HIGH - _ROOM,
        outline=" ".join(outline), line=line,
    )  # fmt: skip
