"""The steps from one shape of the store to the next; they run when a store is opened.

A step is `versions/NNNN_what.py`, its revision `NNNN`, each after the one before. New tables live in a module called
`tables` of a package of `serving`.
"""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules

from sqlalchemy import Connection, Engine, MetaData, inspect, text

from features.errors import ConfigError

__all__ = ["FORMER", "all_tables", "bring_up_to_date", "head"]

FOLDER = Path(__file__).parent
FORMER = ("reads",)  # the log from before the chain: not written any more, and not thrown away
_BEFORE_STEPS = "0001"
_LOCK = 5_701_913


def bring_up_to_date(engine: Engine) -> None:
    """Run what is missing, in one transaction; several processes at once wait for each other.

    Raises
    ------
    ConfigError
        The store was written by a newer Respite.
    """
    with engine.connect() as connection:
        if _revision(connection) == head():
            return
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        found = _revision(connection)
        if found is not None and found > head():
            raise ConfigError(
                f"The store has version {found}, and this Respite knows up to {head()}: install the newer Respite."
            )
        if found != head():
            _upgrade(connection, found)


def head() -> str:
    """The newest step that this code knows."""
    return max(path.name[:4] for path in (FOLDER / "versions").glob("[0-9]*_*.py"))


def all_tables() -> MetaData:
    """Every table of the store, once all modules that define some are imported."""
    import serving
    from serving.tables import Base

    for module in iter_modules(serving.__path__, "serving."):
        if module.ispkg and find_spec(f"{module.name}.tables"):
            import_module(f"{module.name}.tables")
    return Base.metadata


def _revision(connection: Connection) -> str | None:
    tables = inspect(connection).get_table_names()
    if "alembic_version" in tables:
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None


def _upgrade(connection: Connection, found: str | None) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    if found is None and inspect(connection).has_table("scores"):
        command.stamp(config, _BEFORE_STEPS)  # a store from before there were steps
    command.upgrade(config, "head")
