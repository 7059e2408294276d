"""A heat map of hours: on which days and at which hours there was work."""

from collections.abc import Sequence

from markupsafe import Markup

from serving.reports.charts.picture import picture, text

__all__ = ["heat"]

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_LEFT, _TOP, _SIDE = 44, 6, 20


def heat(hours: Sequence[Sequence[float]], about: str) -> Markup:
    """Seven rows of 24 shares from 0 to 1; the larger and darker a square, the more often there was work."""
    parts = []
    for row, (name, shares) in enumerate(zip(_DAYS, hours, strict=True)):
        y = _TOP + row * _SIDE
        parts.append(text(0, y + 15, name, "small"))
        for hour, share in enumerate(shares):
            x, side = _LEFT + hour * _SIDE, (_SIDE - 3) * (0.35 + 0.65 * share)
            middle = (_SIDE - 1 - side) / 2
            if share > 0:
                parts.append(
                    f'<rect class="hour" x="{x + middle:.1f}" y="{y + middle:.1f}" width="{side:.1f}"'
                    f' height="{side:.1f}" rx="2" style="opacity:{0.3 + 0.7 * share:.2f}">'
                    f"<title>{name} {hour}:00: work in {share:.0%} of weeks</title></rect>"
                )
            else:
                parts.append(f'<circle class="none" cx="{x + 9.5:.1f}" cy="{y + 9.5:.1f}" r="1.2"/>')
    bottom = _TOP + 7 * _SIDE
    parts += [text(_LEFT + hour * _SIDE, bottom + 14, f"{hour}", "small") for hour in (0, 6, 12, 18)]
    return picture("heat", _LEFT + 24 * _SIDE, bottom + 20, about, parts)
