"""The store as it was before there were steps: scores, tokens, reads."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "scores",
        sa.Column("as_of", sa.Date, primary_key=True),
        *(sa.Column(name, sa.String, primary_key=True) for name in ("agent_id", "outcome")),
        sa.Column("horizon_days", sa.Integer, nullable=False),
        sa.Column("probability", sa.Float),
        sa.Column("band", sa.String),
        sa.Column("abstained", sa.String),
        sa.Column("base", sa.Float),
        sa.Column("reasons", sa.JSON, nullable=False),
        *(
            sa.Column(name, sa.String, nullable=False)
            for name in ("model_version", "contract_version", "team_id", "site_id", "queue")
        ),
    )
    op.create_index("by_team", "scores", ["as_of", "team_id"])
    op.create_table(
        "tokens",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("sha256", sa.String, nullable=False, unique=True),
        sa.Column("expires_at", sa.DateTime, nullable=False),
        sa.Column("revoked", sa.Boolean, nullable=False),
    )
    op.create_table(
        "reads",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at", sa.DateTime, nullable=False),
        *(sa.Column(name, sa.String, nullable=False) for name in ("who", "what")),
        sa.Column("status", sa.Integer, nullable=False),
    )
