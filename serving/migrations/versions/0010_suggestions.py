"""Suggestions that carry no name, and how many a day came from one person, whoever that was.

The order of rows tells nothing: SQLite keeps them by a random key, without a number of its own.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "suggestions",
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("week", sa.Date, nullable=False),
        sa.Column("team_id", sa.String),
        sa.Column("site_id", sa.String),
        sa.Column("said", sa.String, nullable=False),
        sa.Column("shared", sa.Boolean, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "suggestion_counts",
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("person", sa.String, primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
