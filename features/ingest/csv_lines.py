"""CSV read line by line: slower than DuckDB's reader, and never at a loss.

It takes over where a file is damaged: a quote that is never closed costs one line here, and not the rest of the file.
"""

import csv
import gzip
import io
import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, NamedTuple

from features.ingest.exports import NOT_A_ROW, NOT_UTF8, Broken, unreadable

__all__ = ["LEAST_TELLING_WIDTH", "Line", "Record", "Records", "count_lines", "opened", "physical_lines"]

LONGEST_LINE = 2_000_000  # bytes, as in DuckDB's reader
MOST_LINES_OF_A_RECORD = 1_000
LEAST_TELLING_WIDTH = (
    7  # a line within quotes that has as many cells as the header, so many at least, is a row by itself
)

Line = tuple[int, bytes]


class Record(NamedTuple):
    """A row: the line that it begins in, and its cells."""

    line: int
    cells: list[str]


def opened(path: Path) -> IO[bytes]:
    """A file's bytes, unpacked where it is gzip, whatever its name."""
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    return gzip.open(path) if packed else path.open("rb")  # type: ignore[return-value]


def physical_lines(path: Path) -> Iterator[Line]:
    r"""Numbered lines without their ends, which are \n, \r\n, or \r in a file that has no \n.

    Raises
    ------
    InputError
        The file is damaged or cut off.
    """
    try:
        with opened(path) as file:
            start = file.read(65_536)
        with opened(path) as file:
            lines = _split_at_returns(file) if b"\n" not in start and b"\r" in start else _split(file)
            for number, line in enumerate(lines, start=1):
                yield number, line.rstrip(b"\r\n")
    except (EOFError, OSError, zlib.error) as error:
        raise unreadable(path, "it is damaged or cut off") from error


def _split(file: IO[bytes]) -> Iterator[bytes]:
    while line := file.readline(LONGEST_LINE):
        rest = line
        while len(rest) == LONGEST_LINE and not rest.endswith(b"\n"):
            rest = file.readline(LONGEST_LINE)
        yield line


def _split_at_returns(file: IO[bytes]) -> Iterator[bytes]:
    return (line.encode("latin-1") for line in io.TextIOWrapper(file, encoding="latin-1", newline="\r"))


def count_lines(path: Path) -> int:
    """How many lines a file has, blank ones included."""
    total, end, newline = 0, b"\n", b"\n"
    with opened(path) as file:
        while block := file.read(1 << 22):
            if not total and newline not in block and b"\r" in block:
                newline = b"\r"
            total += block.count(newline)
            end = block[-1:]
    return total + (end != newline)


class Records:
    """Rows of CSV lines and what is no row; blank lines are neither.

    Parameters
    ----------
    width
        How many cells a row has.
    aligned
        Whether a line with fewer cells is no row; else its last cells are empty.
    """

    def __init__(self, lines: Iterable[Line], delimiter: str, width: int, aligned: bool) -> None:
        self._lines, self._again = iter(lines), deque[Line]()
        self._delimiter, self._width, self._aligned = delimiter, width, aligned

    def __iter__(self) -> Iterator[Record | Broken]:
        while line := self._next():
            if line[1]:
                yield self._record(line)

    def _next(self) -> Line | None:
        return self._again.popleft() if self._again else next(self._lines, None)

    def _record(self, first: Line) -> Record | Broken:
        if b'"' not in first[1] and first[1].isascii():  # nearly every line of nearly every file
            return self._fitted(first, first[1].decode().split(self._delimiter))
        if len(first[1]) >= LONGEST_LINE:
            return _broken(first, f"longer than {LONGEST_LINE:,} bytes")
        following: list[Line] = []
        try:
            while (cells := self._cells([first, *following])) is None:
                if not self._take_quoted(following):
                    self._again.extendleft(reversed(following))
                    return _broken(first, "a quote is opened and never closed")
        except UnicodeDecodeError:
            self._again.extendleft(reversed(following))
            return _broken(first, NOT_UTF8, NOT_UTF8)
        except csv.Error as error:
            self._again.extendleft(reversed(following))
            return _broken(first, f"not CSV ({error})")
        return self._fitted(first, cells)

    def _cells(self, lines: list[Line]) -> list[str] | None:
        """The cells of one row; None where it ends within quotes."""
        texts = [text.decode() + "\n" for _, text in lines[:-1]] + [lines[-1][1].decode()]
        try:
            return next(csv.reader(texts, delimiter=self._delimiter, strict=True), [])
        except csv.Error as error:
            if "unexpected end" in str(error):
                return None
            raise

    def _take_quoted(self, following: list[Line]) -> bool:
        """Take lines up to the next that has a quote; False where none comes, or one that is a row by itself."""
        while len(following) < MOST_LINES_OF_A_RECORD and (line := self._next()):
            following.append(line)
            if b'"' in line[1]:
                return True
            if self._is_row(line):
                return False
        return False

    def _is_row(self, line: Line) -> bool:
        if self._width < LEAST_TELLING_WIDTH or line[1].count(self._delimiter.encode()) < self._width - 1:
            return False
        try:
            return len(self._cells([line]) or []) == self._width
        except (csv.Error, UnicodeDecodeError):
            return False

    def _fitted(self, first: Line, cells: list[str]) -> Record | Broken:
        if len(cells) == self._width:
            return Record(first[0], cells)
        while len(cells) > self._width and not cells[-1]:
            cells.pop()
        if len(cells) > self._width:
            return _broken(first, "more cells than the header has columns")
        if len(cells) < self._width and self._aligned:
            return _broken(first, "fewer cells than the header has columns")
        return Record(first[0], cells + [""] * (self._width - len(cells)))


def _broken(line: Line, reason: str, rule: str = NOT_A_ROW) -> Broken:
    return Broken(line[0], rule, reason, line[1].decode(errors="replace"))
