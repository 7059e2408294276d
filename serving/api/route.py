"""What a route is: a question, what kind it is, and who answers it."""

from collections.abc import Callable
from dataclasses import dataclass

from pydantic import BaseModel

from serving.access.principal import Operation
from serving.scoring import Answer

__all__ = ["JSON", "Route"]

JSON = "application/json"


@dataclass(frozen=True)
class Route:
    """`answer` takes the desk, who asks, the question from path and address, and the body where there is one.

    `computes`: it does more than look up, and must not hold up the others. `media` is what it answers with; where that
    is no JSON there is no `response`, and the text is the `content` of the answer's body.
    """

    method: str
    path: str
    operation: Operation
    question: type[BaseModel]
    response: type[BaseModel] | None
    answer: Callable[..., Answer]
    body: type[BaseModel] | None = None
    computes: bool = False
    media: str = JSON
