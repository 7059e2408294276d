"""The manager whose token it is; tokens from before know their teams alone."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("tokens", sa.Column("manager_id", sa.String))
