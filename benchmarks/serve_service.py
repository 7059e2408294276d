"""The service with one bare endpoint more, which no gate guards and which does nothing: what BentoML itself costs."""

from typing import Any

import bentoml

from serving.api.gate import Gate
from serving.service import APPLICATION, SETTINGS, RespiteScores, desk

__all__ = ["Measured"]


@bentoml.service(**SETTINGS | {"name": "measured"})
@bentoml.asgi_app(APPLICATION, path="/")
class Measured(RespiteScores.inner):  # type: ignore[misc,name-defined] # the decorator made it a Service
    """The service and a bare endpoint."""

    @bentoml.api(route="/bare")
    def bare(self, number: int = 1) -> dict[str, int]:
        """Nothing."""
        return {"number": number}


class _Gate(Gate):
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"] == "/bare":
            await self.app(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


Measured.add_asgi_middleware(_Gate, desk=desk, mounted=APPLICATION)  # type: ignore[attr-defined] # as above
