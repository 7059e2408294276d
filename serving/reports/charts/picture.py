"""What all charts share: the frame of a picture, and lines with gaps."""

from collections.abc import Iterable, Sequence
from html import escape
from math import isfinite

from markupsafe import Markup

__all__ = ["DOWN", "UP", "Point", "known", "picture", "polyline", "runs", "text"]

UP, DOWN = "var(--up)", "var(--down)"
Point = tuple[float, float]


def picture(kind: str, width: float, height: float, about: str, parts: Iterable[str]) -> Markup:
    """An SVG of a class, with the sentence that says what is on it."""
    body = "".join(parts)
    return Markup(  # noqa: S704 - numbers and escaped words
        f'<svg class="{kind}" viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{escape(about)}">{body}</svg>'
    )


def text(x: float, y: float, words: str, kind: str = "") -> str:
    look = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{look}>{escape(words)}</text>'


def known(values: Iterable[float | None]) -> list[float]:
    """Those that are numbers."""
    return [float(value) for value in values if value is not None and isfinite(value)]


def runs(values: Sequence[float | None], xs: Sequence[float], height_of: "Scale") -> list[list[Point]]:
    """Points without a gap between them, in runs."""
    found: list[list[Point]] = [[]]
    for x, value in zip(xs, values, strict=True):
        if value is None or not isfinite(value):
            found.append([])
        else:
            found[-1].append((x, height_of(value)))
    return [run for run in found if run]


class Scale:
    """Where a value is drawn, from the bottom up; what all values are the same of is in the middle."""

    def __init__(self, values: Sequence[float], top: float, bottom: float) -> None:
        self.low, self.high = min(values), max(values)
        self.top, self.bottom = top, bottom

    def __call__(self, value: float) -> float:
        if self.high <= self.low:
            return (self.top + self.bottom) / 2
        return self.bottom - (value - self.low) / (self.high - self.low) * (self.bottom - self.top)


def polyline(kind: str, points: Sequence[Point]) -> str:
    return f'<polyline class="{kind}" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}"/>'
