"""A calendar of weeks: when work began and ended, days off, and nights with a short rest."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from markupsafe import Markup

from serving.reports.charts.picture import picture, text

__all__ = ["CalendarDay", "calendar"]

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_LEFT, _TOP, _WIDTH, _HEIGHT = 60, 22, 80, 34


class CalendarDay(NamedTuple):
    """A day on which somebody worked: hours of their clock, and the rest before it in hours where that is known."""

    day: date
    start: str
    end: str
    rest: float | None = None


def calendar(days: Sequence[CalendarDay], first: date, weeks: int, short: float, about: str) -> Markup:
    """A row for each week from a Monday on. Days of work have their hours; a rest under `short` hours has a wedge."""
    worked = {one.day: one for one in days}
    parts = [text(_LEFT + at * _WIDTH + 4, 14, name, "small") for at, name in enumerate(_DAYS)]
    for week in range(weeks):
        monday, y = first + timedelta(weeks=week), _TOP + week * _HEIGHT
        parts.append(text(0, y + 20, f"{monday.day} {monday:%b}", "small"))
        for at in range(7):
            day = monday + timedelta(days=at)
            parts.append(_cell(_LEFT + at * _WIDTH, y, day, worked.get(day), short))
    return picture("calendar", _LEFT + 7 * _WIDTH, _TOP + weeks * _HEIGHT, about, parts)


def _cell(x: float, y: float, day: date, work: CalendarDay | None, short: float) -> str:
    box = f'x="{x + 1}" y="{y + 1}" width="{_WIDTH - 3}" height="{_HEIGHT - 4}" rx="4"'
    name = f"{day.day} {day:%B}"
    if work is None:
        return f'<g><title>{name}: no work on record</title><rect class="off" {box}/></g>'
    rest = "" if work.rest is None else f", after {work.rest:.0f} hours of rest"
    title = f"<title>{name}: {work.start} to {work.end}{rest}</title>"
    wedge = ""
    if work.rest is not None and work.rest < short:
        wedge = f'<path class="wedge" d="M{x + 1} {y + 1} h14 l-14 14 z"/>'
    hours = text(x + _WIDTH / 2, y + 21, f"{work.start}–{work.end}", "hours")
    return f'<g>{title}<rect class="worked" {box}/>{wedge}{hours}</g>'
