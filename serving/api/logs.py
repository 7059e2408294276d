"""Logs for machines: one JSON object a line, without ids of people, tokens or bodies."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

from bentoml.exceptions import InvalidArgument

__all__ = ["JsonLines", "configure_logging", "write_line"]

_REFUSING = "bentoml._internal.server.http_app"


class JsonLines(logging.Formatter):
    """A record as one line of JSON; of a fault its kind and where, never its values."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        said: dict[str, Any] = {"at": at, "level": record.levelname.lower(), "logger": record.name}
        said["message"] = record.getMessage()
        if hasattr(record, "what"):  # the kind of question, where a fault was one's
            said["what"] = record.what
        if record.exc_info and record.exc_info[0] is not None:
            said |= {"fault": record.exc_info[0].__name__, "where": _where(record)}
        return json.dumps(said)


def write_line(message: str, **said: Any) -> None:
    """A line about a request, written straight away: `logging` would take a tenth of the time of an answer."""
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    sys.stderr.write(json.dumps({"at": at, "level": "info", "logger": "respite", "message": message, **said}) + "\n")


def _where(record: logging.LogRecord) -> list[str]:
    """File and line of every frame, innermost last."""
    trace, found = record.exc_info[2] if record.exc_info else None, []
    while trace is not None:
        code = trace.tb_frame.f_code
        found.append(f"{code.co_filename.rpartition('/')[2]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return found


class _Lines(logging.Handler):
    """Writes where standard error is now."""

    def emit(self, record: logging.LogRecord) -> None:
        sys.stderr.write(self.format(record) + "\n")


def _no_refusals(record: logging.LogRecord) -> bool:
    """BentoML writes a traceback, with what was sent, for every malformed request; the answer says what is wrong."""
    return not (record.exc_info and record.exc_info[0] is not None and issubclass(record.exc_info[0], InvalidArgument))


def configure_logging() -> None:
    """Write Respite's own lines, and no refusals of BentoML's; doing it twice is doing it once."""
    logging.getLogger(_REFUSING).addFilter(_no_refusals)
    log = logging.getLogger("respite")
    if not log.handlers:
        handler = _Lines()
        handler.setFormatter(JsonLines())
        log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
