"""Reasons that are seldom asked for, beside the strongest ones; rows from before have all of theirs in `reasons`."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("scores", sa.Column("more_reasons", sa.JSON))
