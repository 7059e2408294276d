"""Scores per horizon with intervals; consent, switches, roles of tokens; the audit chain follows the table reads."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_KEPT = (
    "as_of, agent_id, outcome, horizon_days, probability, band, abstained, base, reasons, model_version,"
    " contract_version, team_id, site_id, queue"
)


def upgrade() -> None:
    _scores()
    op.create_table(
        "consent",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        *(sa.Column(name, sa.String, nullable=False) for name in ("agent_id", "what")),
        sa.Column("granted", sa.Boolean, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
    )
    op.create_index("consent_by_agent", "consent", ["agent_id", "what", "number"])
    op.create_table(
        "switches",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("on", sa.Boolean, nullable=False),
        *(sa.Column(name, sa.String, nullable=False) for name in ("reason", "by")),
        sa.Column("at", sa.DateTime, nullable=False),
    )
    op.add_column("tokens", sa.Column("role", sa.String, nullable=False, server_default="hr"))
    op.add_column("tokens", sa.Column("teams", sa.JSON, nullable=False, server_default="[]"))
    op.add_column("tokens", sa.Column("agent_id", sa.String))
    _audit()


def _scores() -> None:
    """The horizon becomes part of the key, which SQLite can only do with a new table."""
    op.drop_index("by_team", "scores")
    op.rename_table("scores", "scores_before")
    op.create_table(
        "scores",
        sa.Column("as_of", sa.Date, nullable=False),
        *(sa.Column(name, sa.String, nullable=False) for name in ("agent_id", "outcome")),
        sa.Column("horizon_days", sa.Integer, nullable=False),
        sa.Column("main", sa.Boolean, nullable=False, server_default=sa.true()),
        *(sa.Column(name, sa.Double) for name in ("probability", "low", "high")),
        *(sa.Column(name, sa.String) for name in ("band", "abstained")),
        sa.Column("base", sa.Double),
        sa.Column("reasons", sa.JSON, nullable=False),
        sa.Column("families", sa.JSON, nullable=False, server_default="{}"),
        *(
            sa.Column(name, sa.String, nullable=False)
            for name in ("model_version", "contract_version", "team_id", "site_id", "queue")
        ),
        sa.Column("scored_at", sa.DateTime),
        sa.PrimaryKeyConstraint("as_of", "agent_id", "outcome", "horizon_days", name="scores_key"),
    )
    op.execute(f"INSERT INTO scores ({_KEPT}) SELECT {_KEPT} FROM scores_before")  # noqa: S608 - our own names
    op.drop_table("scores_before")
    op.create_index("by_team", "scores", ["as_of", "team_id"])
    op.create_index("by_agent", "scores", ["agent_id", "outcome"])


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", sa.DateTime, nullable=False),
        *(sa.Column(name, sa.String, nullable=False) for name in ("who", "what", "whom", "purpose", "model")),
        sa.Column("status", sa.Integer, nullable=False),
        *(sa.Column(name, sa.String, nullable=False) for name in ("previous", "sha256")),
    )
    op.create_table(
        "audit_head",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("sha256", sa.String, nullable=False),
    )
