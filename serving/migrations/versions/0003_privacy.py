"""Pseudonyms' salts, and the memory of aggregates that were shown."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "identities",
        sa.Column("agent_id", sa.String, primary_key=True),
        sa.Column("salt", sa.String, nullable=False),
    )
    op.create_table(
        "release_cohorts",
        sa.Column("digest", sa.String, primary_key=True),
        sa.Column("people", sa.JSON, nullable=False),
    )
    op.create_table(
        "releases",
        sa.Column("quantity", sa.String, primary_key=True),
        sa.Column("as_of", sa.Date, primary_key=True),
        sa.Column("grouping", sa.String, primary_key=True),
        sa.Column("digest", sa.String, sa.ForeignKey("release_cohorts.digest"), primary_key=True),
    )
