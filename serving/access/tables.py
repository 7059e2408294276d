"""The table of sessions: who is signed in to the portal, and until when."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON
from sqlalchemy.orm import Mapped, mapped_column

from serving.tables import Base

__all__ = ["SessionRow"]


class SessionRow(Base):
    """One sign-in: the hash of its id, which the browser alone holds, and what it was opened with.

    `token` is the hash of a token of Respite's own, asked anew at every request; `principal` is who an identity
    provider vouched for, until its token ends. `agent_id` is there for erasure, too. Times are UTC without a zone.
    """

    __tablename__ = "sessions"

    sha256: Mapped[str] = mapped_column(primary_key=True)
    token: Mapped[str | None]
    principal: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    agent_id: Mapped[str | None]
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ends_at: Mapped[datetime]
