"""Offers of support, what was said afterwards, and notices that wait to be delivered."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "offers",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("uid", sa.String, nullable=False, unique=True),
        *(sa.Column(name, sa.String, nullable=False) for name in ("agent_id", "manager_id", "team_id", "site_id")),
        sa.Column("program", sa.String, nullable=False),
        sa.Column("week", sa.Date, nullable=False),
        sa.Column("arm", sa.String, nullable=False),
        sa.Column("action", sa.String, nullable=False),
        sa.Column("also", sa.JSON, nullable=False),
        *(sa.Column(name, sa.String) for name in ("state", "offered_by", "recorded_by", "response", "outcome")),
        sa.Column("offered_at", sa.DateTime, nullable=False),
        sa.Column("due_on", sa.Date),
        *(sa.Column(name, sa.DateTime) for name in ("responded_at", "done_at", "outcome_at")),
        sa.UniqueConstraint("program", "week", "agent_id", name="one_turn_a_week"),
        sqlite_autoincrement=True,
    )
    op.create_index("offers_by_agent", "offers", ["agent_id"])
    op.create_index("offers_by_team", "offers", ["team_id", "week"])
    op.create_table(
        "offer_notes",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("offer", sa.Integer, sa.ForeignKey("offers.number"), nullable=False),
        *(sa.Column(name, sa.String, nullable=False) for name in ("agent_id", "note", "by")),
        sa.Column("at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "outbox",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("offer", sa.Integer, sa.ForeignKey("offers.number"), nullable=False),
        sa.Column("agent_id", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("due_on", sa.Date, nullable=False),
        sa.Column("notice", sa.JSON, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("sent_at", sa.DateTime),
        sa.Column("error", sa.String),
        sa.UniqueConstraint("offer", "kind", "due_on", name="one_notice_a_step"),
    )
