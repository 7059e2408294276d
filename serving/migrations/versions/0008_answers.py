"""The usual answer of a score as it is sent; rows from before have none, and are made into one when asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("scores", sa.Column("answer", sa.String))
