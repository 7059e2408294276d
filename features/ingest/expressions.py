"""What a mapping's SQL reads: the columns and the JSON paths that it names."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from features.banned import refuse_banned
from features.ingest.mapping import Mapping, TableMapping

__all__ = ["Names", "literal", "names_in", "quoted", "refuse_banned_reading"]


@dataclass(frozen=True)
class Names:
    """Columns that an expression names, and keys of the JSON paths in it."""

    columns: frozenset[str] = frozenset()
    keys: frozenset[str] = frozenset()


def literal(value: object) -> str:
    """A value as a SQL string."""
    return "'" + str(value).replace("'", "''") + "'"


def quoted(name: str) -> str:
    """A name as a SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def names_in(db: Any, sql: str) -> Names:
    """Names in an expression or a query; none where it is not valid SQL, which running it will say."""
    query = sql if re.match(r"\s*(select|with|from)\b", sql, re.IGNORECASE) else f"SELECT {sql}"
    tree = json.loads(db.execute("SELECT json_serialize_sql(?)", [query]).fetchone()[0])
    nodes = list(_nodes(tree))
    columns = {node["column_names"][-1] for node in nodes if node.get("column_names")}
    texts = [str(node["literal"].get("text", "")) for node in nodes if isinstance(node.get("literal"), dict)]
    keys = {key for text in texts if text.startswith("$") for key in re.split(r'[$.\[\]"*]+', text) if key}
    return Names(frozenset(columns), frozenset(keys))


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        yield tree
    for part in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from _nodes(part)


def refuse_banned_reading(db: Any, mapping: Mapping) -> None:
    """Refuse a mapping that reads a signal which must never be ingested, however deep in a record it is.

    Raises
    ------
    BannedInputError
        Names the mapping, the column or key, and the reason.
    """
    for table in mapping.tables.values():
        for way in table.ways():
            for sql in _sql_of(way):
                names = names_in(db, sql)
                refuse_banned(sorted(names.columns | names.keys), f"mapping '{mapping.name}'")


def _sql_of(table: TableMapping) -> Iterable[str]:
    return filter(None, [table.rows, *table.keep_out.values(), *(table.columns or {}).values()])
