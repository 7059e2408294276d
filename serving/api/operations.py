"""Which kind of question every path of the service is. A path that is not here is not there."""

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

from serving.access.principal import Operation
from serving.api.routes import ROUTES

__all__ = ["BENTOML", "OPEN", "OPEN_PREFIX", "PATHS", "PURPOSE_HEADER", "PURPOSE_QUERY", "SIGN_IN", "Paths", "Question",
           "question_of", "refused_when_stopped"]  # fmt: skip

# they hold nothing about anyone: probes, the page that documents the API, and its files
OPEN = ("/", "/docs.json", "/schema.json", "/healthz", "/livez", "/readyz")
OPEN_PREFIX = "/static_content/"
PURPOSE_HEADER, PURPOSE_QUERY = b"respite-purpose", "purpose"
# what BentoML answers; everything else is answered by the application that is mounted
BENTOML: dict[tuple[str, str], Operation] = {("POST", "/v1/score_rows"): "score_rows"}
PATHS: dict[tuple[str, str], Operation] = {
    **{(r.method, r.path): r.operation for r in ROUTES},
    **BENTOML,
    ("GET", "/metrics"): "metrics",
}
_GO_ON = frozenset({"models", "consent", "log", "metrics", "feedback", "suggest", "portal"})
SIGN_IN = "sign_in"  # whoever asks it is nobody yet


class Question(NamedTuple):
    """A path without anyone's id in it, and what kind of question it is; None where only other methods are known."""

    template: str
    operation: Operation | Literal["sign_in"] | None
    methods: tuple[str, ...]


class Paths:
    """Questions by method and path; a path's template has names in braces."""

    def __init__(self, known: Mapping[tuple[str, str], Operation | Literal["sign_in"]]) -> None:
        self._known = [
            (_pattern(template), template, {method: op for (method, path), op in known.items() if path == template})
            for template in dict.fromkeys(path for _, path in known)
        ]

    def question(self, method: str, path: str) -> Question | None:
        """What a request asks, or None where there is no such path."""
        for pattern, template, methods in self._known:
            if pattern.fullmatch(path):
                return Question(template, methods.get(method), tuple(methods))
        return None


def _pattern(template: str) -> "re.Pattern[str]":
    found = "".join(
        "[^/]+" if part.startswith("{") else re.escape(part) for part in re.split(r"(\{[a-z_]+\})", template)
    )
    return re.compile(found)


_API = Paths(PATHS)


def question_of(method: str, path: str) -> Question | None:
    """What a request to the API asks, or None where there is no such path.

    Examples
    --------
    >>> question_of("GET", "/v1/agents/A0007/score")
    Question(template='/v1/agents/{agent_id}/score', operation='scores', methods=('GET',))
    """
    return _API.question(method, path)


def refused_when_stopped(operation: str) -> bool:
    """Whether the stop switch stops it. Decisions about oneself, the log and the state of the service go on."""
    return operation not in _GO_ON
