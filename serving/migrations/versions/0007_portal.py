"""Sessions of the portal, and what agents say about what is held about them."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "sessions",
        sa.Column("sha256", sa.String, primary_key=True),
        sa.Column("token", sa.String),
        sa.Column("principal", sa.JSON),
        sa.Column("agent_id", sa.String),
        sa.Column("started_at", sa.DateTime, nullable=False),
        sa.Column("seen_at", sa.DateTime, nullable=False),
        sa.Column("ends_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "feedback",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        *(sa.Column(name, sa.String, nullable=False) for name in ("agent_id", "kind", "about", "said", "state")),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("answer", sa.String),
        sa.Column("answered_by", sa.String),
        sa.Column("answered_at", sa.DateTime),
        sqlite_autoincrement=True,
    )
    op.create_index("feedback_by_agent", "feedback", ["agent_id"])
