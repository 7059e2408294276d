"""JSON cut into records without trusting it: what is damaged is cut out, up to where the next record begins."""

import codecs
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from features.ingest.csv_lines import opened
from features.ingest.exports import unreadable

__all__ = ["LONGEST_RECORD", "Piece", "split_records"]

LONGEST_RECORD = 16 * 1024 * 1024  # characters; in a file with a record a line, bytes
_BLOCK = 1 << 20
_BETWEEN = re.compile(r"[\s,\ufeff\x1e]*")  # \x1e separates the records of a JSON text sequence
_BRACKETS = re.compile(r"[\s,\ufeff\x1e\[\]]*")
_FIRST_KEY = re.compile(r'\{\s*("(?:[^"\\]|\\.)*")\s*:')
_ANY_RECORD = re.compile(r'\{\s*"')
_decoder = json.JSONDecoder()


@dataclass(frozen=True)
class Piece:
    """The text of one record; with `why`, of what is none."""

    text: str
    why: str = ""


_NOT_CLOSED = Piece("(the end of the file)", "the list of records is not closed, so that the file may be cut off")


def split_records(path: Path, key: str | None = None) -> Iterator[Piece]:
    """Cut a file into records: values one after another, the elements of an array, or of every array under a key.

    Raises
    ------
    InputError
        The file is damaged or cut off as gzip.
    """
    try:
        with opened(path) as file:
            splitter = _Splitter(file)
            if key and splitter.find_array(key):
                yield from splitter.elements()
                while splitter.find_array(key):
                    yield from splitter.elements()
                return
        with opened(path) as file:
            yield from _Splitter(file).values()
    except (EOFError, OSError, zlib.error) as error:
        raise unreadable(path, "it is damaged or cut off") from error


class _Splitter:
    """A window on a file's text: as much as the next record needs."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._decode = file, codecs.getincrementaldecoder("utf-8")("surrogateescape").decode
        self._text, self._at, self._ended = "", 0, False
        self._start = _ANY_RECORD

    def values(self) -> Iterator[Piece]:
        """Values one after another, or the elements of an array."""
        self._skip(_BRACKETS)
        listed = "[" in self._text[: self._at]
        piece = Piece("")
        while not self._is_over():
            yield (piece := self._value())
            self._skip(_BRACKETS)
        if listed and not piece.why and not self._text[: self._at].rstrip().endswith("]"):
            yield _NOT_CLOSED

    def elements(self) -> Iterator[Piece]:
        """The elements of an array that has been opened."""
        self._skip(_BETWEEN)
        piece = Piece("")
        while not self._is_over():
            if self._text[self._at] == "]":
                self._at += 1
                return
            yield (piece := self._value())
            self._skip(_BETWEEN)
        if not piece.why:
            yield _NOT_CLOSED

    def find_array(self, key: str) -> bool:
        """Go behind the bracket that opens the next array under a key."""
        array = re.compile(re.escape(json.dumps(key)) + r"\s*:\s*\[")
        while not (found := array.search(self._text, self._at)):
            self._at = max(self._at, len(self._text) - len(key) - 100)
            if not self._more():
                return False
        self._at = found.end()
        return True

    def _is_over(self) -> bool:
        return self._ended and self._at >= len(self._text)

    def _more(self) -> bool:
        """Take in the next block; a little of what is behind us stays, to be looked back at."""
        if self._ended:
            return False
        block = self._file.read(_BLOCK)
        self._ended = not block
        kept = max(0, self._at - 100)
        self._text, self._at = self._text[kept:] + self._decode(block, self._ended), self._at - kept
        return True

    def _skip(self, pattern: re.Pattern[str]) -> None:
        while True:
            found = pattern.match(self._text, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._text) or not self._more():
                return

    def _value(self) -> Piece:
        """The next value, or what is damaged up to the next one."""
        while True:
            try:
                _, end = _decoder.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if self._may_be_incomplete(error) and self._more():
                    continue
                return self._damaged()
            except RecursionError:
                return self._damaged()
            if end < len(self._text) or not self._more():
                break
        text, self._at = self._text[self._at : end], end
        return self._checked(text)

    def _may_be_incomplete(self, error: json.JSONDecodeError) -> bool:
        seen = len(self._text) - self._at
        return seen < LONGEST_RECORD and (error.msg.startswith("Unterminated") or error.pos >= len(self._text) - 100)

    def _checked(self, text: str) -> Piece:
        try:
            text.encode()
        except UnicodeEncodeError:
            return Piece(_readable(text), "it is not UTF-8 text")
        if self._start is _ANY_RECORD and (first := _FIRST_KEY.match(text)):
            self._start = re.compile(r"\{\s*" + re.escape(first[1]) + r"\s*:")
        return Piece(text)

    def _damaged(self) -> Piece:
        """What is no value, up to where a record begins as the first one did, or to the end."""
        searched = self._at + 1
        while not (found := self._start.search(self._text, searched)):
            if len(self._text) - self._at >= LONGEST_RECORD:
                break
            ahead = max(searched, len(self._text) - 100) - self._at
            if not self._more():
                break
            searched = self._at + ahead
        end = found.start() if found else len(self._text)
        text, self._at = self._text[self._at : end], end
        return Piece(_readable(text.rstrip(" \t\r\n,")), "it is damaged JSON")


def _readable(text: str) -> str:
    return text.encode(errors="surrogateescape").decode(errors="replace")
