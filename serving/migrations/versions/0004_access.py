"""Scopes of tokens: what a token opens of what its role may ask."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("tokens", sa.Column("scopes", sa.JSON, nullable=False, server_default="[]"))
