"""Whatever an export holds, ingest answers with a report that adds up, or refuses it in one sentence."""

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features import Home, RespiteError, load_mapping
from features.ingest import IngestReport, ingest
from features.ingest.mapping import sample_of
from features.raw import rows

Generator = np.random.Generator

HEADER = "contact_id,agent_id,queue,channel,started_at,ended_at,talk_s,hold_s,csat,escalated,recorded_at"
AGENTS = (
    "agent_id,valid_from,team_id,manager_id,site_id,timezone,queue,employment_type\n"
    "A1,2025-01-01,T1,M1,S1,Europe/Berlin,billing,full-time\n"
)
CELLS = [
    "", " ", "x", "-1", "1e999", "nan", "inf", "-inf", "NULL", "null", "0x10", "9" * 400, "1,5", "0000-00-00",
    "9999-12-31", "infinity", "-infinity", "epoch", "1969-12-31 23:59:59", "290000-01-01", "2025-02-30", "24:00",
    "2025-03-01 09:12:00+99", "2025-03-01 09:12:00 Mars/Olympus", "true", "ÿþ", "\u202e", "😀" * 30, "\x00", "\x1f",
    "\\", "'", "';--", "{}", "[1]", "=cmd()", "%s%n", "\ufeff", "a\tb", '"', '""', '"a', 'a"b', '"a\nb"', '"a"b',
    "a\rb", "\r", "{{", "$.x", "[/red]",
]  # fmt: skip
PARTS = [
    b'"', b"\n", b"\r\n", b"\r", b",", b",,,,", b"\x00", b"\xff", b"\xc3", b"\xef\xbb\xbf", b";", b"\t", b"\\",
    b"\xed\xa0\x80",
]  # fmt: skip


def good(number: int) -> str:
    return f"G{number},A1,billing,voice,2025-03-01 09:12:00,2025-03-01 09:22:00,600,5,4,true,2025-03-01 09:30:00"


def malformed(number: int, rng: Generator) -> bytes:
    """A line of which one to three cells or bytes are wrong, or too many or too few."""
    cells = good(number).replace("G", "M", 1).split(",")
    for _ in range(rng.integers(1, 4)):
        cells[rng.integers(len(cells))] = str(rng.choice(CELLS))
    line = ",".join(cells).encode()
    match rng.integers(6):
        case 0:
            position = rng.integers(len(line) + 1)
            return line[:position] + PARTS[rng.integers(len(PARTS))] + line[position:]
        case 1:
            return line[: rng.integers(1, len(line) + 1)]
        case 2:
            position = rng.integers(len(line))
            return line[:position] + bytes([rng.integers(256)]) + line[position + 1 :]
    return line


def read(home: Home, folder: Path, mapping: str = "contract") -> IngestReport:
    """Ingest, and see that the report adds up."""
    report = ingest(load_mapping(mapping), folder, home)
    for table in report.tables:
        assert table.read == table.kept + table.duplicates + table.rejected + sum(table.kept_out.values())
        assert table.rejected == sum(table.rejected_by.values())
        assert min(table.read, table.kept, table.duplicates, table.rejected) >= 0
    return report


def answers(home: Home, folder: Path, mapping: str = "contract") -> None:
    """A report that adds up, or one sentence."""
    refusal = ""
    try:
        read(home, folder, mapping)
    except RespiteError as refused:
        refusal = str(refused)
    assert "\n" not in refusal
    assert len(refusal) < 3_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "agents.csv").write_text(AGENTS)
    return folder


@pytest.mark.parametrize("seed", range(40))
def test_malformed_lines_cost_themselves_and_no_good_row(seed: int, folder: Path, home: Home) -> None:
    rng = np.random.default_rng(seed)
    lines: list[bytes] = []
    for number in range(250):
        lines += [malformed(number, rng), good(number).encode()]
    content = b"\n".join([HEADER.encode(), *lines]) + b"\n"
    (folder / "contacts.csv").write_bytes(content)
    report = read(home, folder)
    kept = set(rows(home, "contacts")["contact_id"])
    assert {f"G{number}" for number in range(250)} <= kept
    assert report.tables[-1].read <= content.count(b"\n") + content.count(b"\r")


@pytest.mark.parametrize("seed", range(6))
def test_every_malformed_line_without_quotes_is_counted_and_told_by_its_own_line(
    seed: int, folder: Path, home: Home
) -> None:
    rng = np.random.default_rng(100 + seed)
    lines = [good(number).encode() for number in range(400)]
    for number in range(0, 400, 2):
        line = malformed(number, rng)
        lines[number] = line if not set(line) & set(b'"\r\n') and line.isascii() else b"M,too,few"
    blank = rng.random(400) < 0.05 if seed % 2 else np.zeros(400, dtype=bool)
    content = [
        HEADER.encode(),
        *(part for i, line in enumerate(lines) for part in ([b"", line] if blank[i] else [line])),
    ]
    (folder / "contacts.csv").write_bytes(b"\n".join(content))
    report = read(home, folder).tables[-1]
    assert report.read == len([line for line in content[1:] if line])
    rejected = pd.read_csv(str(report.rejected_file), dtype=str, keep_default_na=False)
    for row in rejected.to_dict("records"):
        line = content[int(row["line"]) - 1].decode()
        assert line.startswith(row["record"] or row["contact_id"])
        assert not line.startswith("G")


@pytest.mark.parametrize("seed", range(8))
def test_no_damage_lets_a_text_of_a_customer_out(seed: int, folder: Path, home: Home) -> None:
    rng = np.random.default_rng(200 + seed)
    lines = [f"{HEADER},customer_text".encode()]
    for number in range(150):
        text = str(
            rng.choice(["I hate zorblatt, really", "Two lines\nof zorblatt here", 'The "zorblatt" thing is bad'])
        )
        spoiled = malformed(number, rng) + b',"' + text.replace('"', '""').encode() + b'"'
        position = rng.integers(len(spoiled))
        lines += [
            spoiled[:position] + spoiled[position + (number % 2) :],
            f'{good(number)},"zorblatt is fine"'.encode(),
        ]
    (folder / "contacts.csv").write_bytes(b"\n".join(lines))
    report = read(home, folder)
    assert "zorblatt" not in str(report)
    assert "zorblatt" not in Path(str(report.tables[-1].rejected_file)).read_text()
    kept = rows(home, "contacts")
    assert not kept.astype(str).apply(lambda column: column.str.contains("zorblatt")).any(axis=None)
    assert {f"G{number}" for number in range(150)} <= set(kept["contact_id"])


def damaged(content: bytes, rng: Generator) -> bytes:
    """A file that went through bad hands."""
    match rng.integers(12):
        case 0:
            return content[: rng.integers(len(content))]
        case 1:
            return content[rng.integers(len(content)) :]
        case 2 | 3:
            spoiled = bytearray(content)
            for position in rng.integers(len(content), size=rng.integers(1, 30)):
                spoiled[position] = rng.integers(256)
            return bytes(spoiled)
        case 4:
            return content.decode(errors="replace").encode(
                str(rng.choice(["utf-16", "utf-32", "utf-16-le", "utf-8-sig"]))
            )
        case 5:
            return content.replace(b"\n", PARTS[rng.integers(1, 4)])
        case 6:
            first, _, rest = content.partition(b"\n")
            return (first + PARTS[rng.integers(len(PARTS))] + first + b"\n" + rest)[: rng.integers(1, len(content))]
        case 7:
            first, _, rest = content.partition(b"\n")
            position = rng.integers(len(first) + 1)
            return first[:position] + PARTS[rng.integers(len(PARTS))] + first[position:] + b"\n" + rest
        case 8:
            return gzip.compress(content)[: rng.integers(1, 400)]
        case 9:
            return rng.bytes(rng.integers(1, 3000))
        case 10:
            position = rng.integers(len(content))
            return content[:position] + PARTS[rng.integers(len(PARTS))] * int(rng.integers(1, 300)) + content[position:]
    positions = sorted(rng.integers(len(content), size=3))
    return content[: positions[0]] + content[positions[1] : positions[2]] + content[positions[0] : positions[1]]


@pytest.mark.parametrize("seed", range(120))
def test_a_damaged_csv_file_is_read_or_refused_in_one_sentence(seed: int, folder: Path, home: Home) -> None:
    rng = np.random.default_rng(1000 + seed)
    content = "\n".join([HEADER, *(good(number) for number in range(20))]).encode() + b"\n"
    (folder / "contacts.csv").write_bytes(damaged(content, rng))
    answers(home, folder)


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("mapping", ["amazon_connect", "genesys_cloud", "zendesk"])
def test_a_damaged_json_file_is_read_or_refused_in_one_sentence(
    mapping: str, seed: int, tmp_path: Path, home: Home
) -> None:
    rng = np.random.default_rng(2000 + seed)
    for path in sample_of(mapping).iterdir():
        (tmp_path / path.name).write_bytes(damaged(path.read_bytes(), rng))
    answers(home, tmp_path, mapping)


JUNK = [
    None,
    True,
    -1,
    0,
    1e300,
    10**40,
    "",
    "x",
    "2025-13-45T99:99:99Z",
    "9999-12-31T00:00:00Z",
    [],
    {},
    [[]],
    [None],
    {"a": {"b": []}},
]


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a record."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at] * bool(at) + [place for key, part in inner for place in paths(part, (*at, key))]


def disturbed(record: dict[str, Any], rng: Generator) -> dict[str, Any]:
    """A record in which some places hold something else, or nothing."""
    copy: dict[str, Any] = json.loads(json.dumps(record))
    for _ in range(rng.integers(1, 4)):
        *outer, last = (places := paths(copy))[rng.integers(len(places))] if paths(copy) else ("x",)
        spot: Any = copy
        for key in outer:
            spot = spot[key]
        if rng.random() < 0.3 and isinstance(spot, dict):
            del spot[last]
        else:
            spot[last] = json.loads(json.dumps(JUNK[rng.integers(len(JUNK))]))
    return copy


def sample_records(path: Path, key: str | None) -> list[dict[str, Any]]:
    """The records of a sample export, but for the damaged one."""
    text = path.read_text()
    lines = text.splitlines() if not key else [line.rstrip(",") for line in text.splitlines()[1:-1]]
    found = []
    for line in lines:
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found


RECORDS = [
    ("amazon_connect", "contact_records.json", None),
    ("genesys_cloud", "conversations.json", "conversations"),
    ("zendesk", "tickets.json", "tickets"),
]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("mapping", "file", "key"), RECORDS, ids=[case[0] for case in RECORDS])
def test_a_record_that_says_strange_things_costs_itself(
    mapping: str, file: str, key: str | None, seed: int, tmp_path: Path, home: Home
) -> None:
    rng = np.random.default_rng(3000 + seed)
    whole = sample_records(sample_of(mapping) / file, key)
    strange = [disturbed(whole[rng.integers(len(whole))], rng) for _ in range(150)]
    for other in sample_of(mapping).iterdir():
        (tmp_path / other.name).write_bytes(other.read_bytes())
    agents = read(Home(tmp_path / "before"), tmp_path, mapping).tables[0]
    content = {key: [*whole, *strange]} if key else [*whole, *strange]
    (tmp_path / file).write_text(json.dumps(content))
    report = read(home, tmp_path, mapping)
    assert report.tables[0].kept >= agents.kept
    assert report.tables[-1].read >= len(whole) + len(strange)
