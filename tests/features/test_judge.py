"""How rows are typed and judged: native types, time limits, conditions that fail, and the order of large files."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from features import Home, load_mapping
from features.ingest import TableReport, ingest
from features.raw import rows

Read = Callable[..., TableReport]

AGENTS = "agent_id,valid_from,valid_to,team_id,manager_id,site_id,timezone,queue,employment_type,hire_date\n"
ADA = "A1,2025-01-01,,T1,M1,S1,Europe/Berlin,billing,full-time,1971-05-01\n"
HEADER = "contact_id,agent_id,queue,channel,started_at,ended_at,talk_s\n"
GOOD = "C1,A1,billing,voice,2025-03-01 09:12:00,2025-03-01 09:22:00,600\n"

MINE = """name: mine
about: contacts, of which some columns are not texts
tables:
  agents: {file: agents.csv}
  contacts:
    file: contacts.csv
    columns:
      contact_id: contact_id
      agent_id: agent_id
      queue: queue
      channel: channel
      started_at: started_at
      ended_at: ended_at
      talk_s: talk_s
"""


@pytest.fixture
def read(tmp_path: Path, home: Home) -> Read:
    """Ingest contacts, beside one agent, by a mapping of one's own."""

    def run(contacts: str, agents: str = AGENTS + ADA, mapping: str = MINE) -> TableReport:
        (tmp_path / "agents.csv").write_text(agents)
        (tmp_path / "contacts.csv").write_text(contacts)
        (tmp_path / "mine.yaml").write_text(mapping)
        report = ingest(load_mapping(tmp_path / "mine.yaml"), tmp_path, home)
        return report.tables[-1]

    return run


def mine(**columns: str) -> str:
    """A mapping with some expressions of its own."""
    lines = [line for line in MINE.splitlines() if line.strip().partition(":")[0] not in columns]
    return "\n".join([*lines, *(f'      {name}: "{sql}"' for name, sql in columns.items())])


NATIVE = [
    ("a zoned time", "started_at", "timezone('Asia/Manila', started_at::TIMESTAMP)", pd.Timestamp("2025-03-01 01:12")),
    ("a plain time", "started_at", "started_at::TIMESTAMP - INTERVAL 1 DAY", pd.Timestamp("2025-02-28 09:12")),
    ("a date", "started_at", "started_at::DATE", pd.Timestamp("2025-03-01")),
    ("a whole number", "talk_s", "talk_s::INTEGER // 7", 85),
    ("a decimal", "talk_s", "talk_s::DECIMAL(9, 2) / 8", 75),
    ("a truth", "escalated", "talk_s::INTEGER > 599", True),
    ("a truth as a number", "escalated", "CASE WHEN queue = 'billing' THEN 0 END", False),
    ("JSON", "queue", "json_object('of', queue)->'of'", "billing"),
]  # fmt: skip


@pytest.mark.parametrize(("column", "sql", "value"), [case[1:] for case in NATIVE], ids=[case[0] for case in NATIVE])
def test_an_expression_may_give_more_than_text(column: str, sql: str, value: Any, read: Read, home: Home) -> None:
    assert read(HEADER + GOOD, mapping=mine(**{column: sql})).kept == 1
    assert rows(home, "contacts").loc[0, column] == value


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("talk_s::INTEGER", "row 3: talk_s: the mapping's expression failed on talk_s 'x'"),
        ("CASE WHEN talk_s = 'x' THEN -1.5 ELSE 1 END", "row 3: talk_s '-1.5' is not within 0 to 604800 s"),
        ("TRY_CAST(talk_s AS INTEGER)", "row 3: talk_s is missing"),
    ],
)
def test_a_value_that_is_no_text_is_judged_like_one(sql: str, reason: str, read: Read) -> None:
    report = read(HEADER + GOOD + GOOD.replace("C1", "C2").replace("600", "x"), mapping=mine(talk_s=sql))
    assert [one.reason for one in report.first_rejections] == [reason]
    assert (report.kept, report.rejected) == (1, 1)


YEARS = [
    ("9999-12-31 00:00:00", "ended_at '9999-12-31 00:00:00' is not between 1970 and 2100"),
    ("1899-12-31 09:22:00", "ended_at '1899-12-31 09:22:00' is not between 1970 and 2100"),
    ("0000-00-00 00:00:00", "ended_at '0000-00-00 00:00:00' is not a time such as 2025-03-01 09:12:00"),
]  # fmt: skip


@pytest.mark.parametrize(("ended_at", "reason"), YEARS)
def test_a_time_that_stands_for_something_else_is_no_time(ended_at: str, reason: str, read: Read) -> None:
    report = read(HEADER + GOOD + GOOD.replace("C1", "C2").replace("2025-03-01 09:22:00", ended_at))
    [rejection] = report.first_rejections
    assert rejection.reason.startswith(f"row 3: {reason}")


@pytest.mark.parametrize(("valid_to", "kept"), [("9999-12-31", True), ("", True), ("2024-01-01", False)])
def test_a_post_that_ends_in_9999_has_no_end(valid_to: str, kept: bool, read: Read, home: Home) -> None:
    agents = AGENTS + ADA + ADA.replace("A1", "A2").replace("01-01,,", f"01-01,{valid_to},")
    read(HEADER + GOOD, agents)
    found = rows(home, "agents").set_index("agent_id")
    assert ("A2" in found.index) == kept
    assert found["valid_to"].isna().all()


def test_a_condition_that_fails_on_a_row_does_not_keep_it_out(read: Read) -> None:
    mapping = MINE.replace("    columns:", "    keep_out: {short: talk_s::DOUBLE < 60}\n    columns:")
    report = read(HEADER + GOOD + GOOD.replace("C1", "C2").replace("600", "x"), mapping=mapping)
    assert (report.kept, report.kept_out, report.rejected_by) == (1, {"short": 0}, {"talk_s is not a number": 1})


def test_columns_of_the_contract_are_known_in_any_case(read: Read, home: Home) -> None:
    mapping = "name: m\nabout: x\ntables: {agents: {file: agents.csv}, contacts: {file: contacts.csv}}\n"
    assert read(HEADER.upper() + GOOD, mapping=mapping).kept == 1


IN = "CASE WHEN channel IN ('voice', 'phone', 'call', 'telephone', 'dial') THEN 'voice' END"


@pytest.mark.parametrize("expression", ["channel", IN], ids=["straight", "with a join"])
def test_rejected_rows_of_a_large_file_are_told_by_their_own_lines(expression: str, read: Read, tmp_path: Path) -> None:
    contacts = tmp_path / "large.csv"
    with duckdb.connect() as db:
        start = "TIMESTAMP '2025-03-01' + to_seconds(i)"
        times = f"{start} AS started_at, {start} + to_seconds(60) AS ended_at"
        columns = f"i + 2 AS contact_id, 'A1' AS agent_id, 'q' AS queue, 'voice' AS channel, {times}"
        bad = "CASE WHEN i % 9001 = 7 THEN 'x' ELSE '60' END AS talk_s"
        rows = f"SELECT {columns}, {bad}, repeat('z', 60) AS filler FROM range(250000) t(i)"
        db.execute(f"COPY ({rows}) TO '{contacts}' (HEADER)")
    report = read(contacts.read_text(), mapping=mine(channel=expression))
    rejected = pd.read_csv(str(report.rejected_file))
    assert len(rejected) == report.rejected == 28
    assert (rejected["line"] == rejected["contact_id"]).all()
