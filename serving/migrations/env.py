"""What Alembic runs: the steps over the connection that the store holds."""

from alembic import context

from serving.migrations import all_tables

context.configure(
    connection=context.config.attributes["connection"], target_metadata=all_tables(), transactional_ddl=True
)
with context.begin_transaction():
    context.run_migrations()
