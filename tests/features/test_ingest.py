"""Exports become tables: every bad row is kept with its line and reason, every bad file is refused in one sentence."""

import csv
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from features import Home, build
from features.errors import BannedInputError, ConfigError, InputError, RespiteError
from features.ingest import TableReport, ingest
from features.ingest.mapping import load_mapping, shipped_mappings
from features.raw import rows
from features.simulation import Centre, simulate
from features.tables import TABLES

Export = Callable[..., Path]

AGENTS = """agent_id,valid_from,team_id,manager_id,site_id,timezone,queue,employment_type
A1,2025-01-01,T1,M1,S1,Europe/Berlin,billing,full-time
"""
CONTACTS = """contact_id,agent_id,queue,channel,started_at,ended_at,talk_s,csat,escalated,recorded_at
"""
GOOD = "C1,A1,billing,voice,2025-03-01 09:12:00,2025-03-01 09:22:00,600,4,true,2025-03-01 09:30:00"


def changed(row: str = GOOD, **cells: str) -> str:
    """A row with some cells changed."""
    values = dict(zip(CONTACTS.strip().split(","), row.split(","), strict=True))
    return ",".join((values | {"contact_id": "C2"} | cells).values())


@pytest.fixture
def read(export: Export, home: Home) -> Callable[..., TableReport]:
    """Ingest a contacts file, beside one agent, and report on it."""

    def run(*rows: str, header: str = CONTACTS, mapping: str | Path = "contract") -> TableReport:
        folder = export({"agents": AGENTS, "contacts": header + "".join(f"{row}\n" for row in rows)})
        return ingest(load_mapping(mapping), folder, home).tables[-1]

    return run


@pytest.fixture
def kept(home: Home) -> Callable[[str], pd.DataFrame]:
    """Read a table of the home."""
    return lambda table: rows(home, table)


def adds_up(report: TableReport) -> bool:
    return report.read == report.kept + report.duplicates + report.rejected + sum(report.kept_out.values())


def test_a_good_row_is_taken_as_it_is(read: Callable[..., TableReport], kept: Callable[[str], pd.DataFrame]) -> None:
    report = read(GOOD)
    assert (report.read, report.kept, report.rejected, report.rejected_file) == (1, 1, 0, None)
    row = kept("contacts").iloc[0]
    assert (row["contact_id"], row["talk_s"], row["csat"], row["escalated"]) == ("C1", 600, 4, True)
    assert row["started_at"] == pd.Timestamp("2025-03-01 09:12")
    assert row["utc_offset_s"] == 3600


NO_TIME = "is not a time such as 2025-03-01 09:12:00 (UTC, or with its offset)"
START, END = "2025-03-01 09:12:00", "2025-03-01 09:22:00"
EARLY, BETWEEN = "2025-03-01 09:10:00", "2025-03-01 09:20:00"
BAD_ROWS = [
    ("text in a number", {"talk_s": "ten"}, "talk_s 'ten' is not a number"),
    ("a decimal comma", {"talk_s": '"600,5"'}, "talk_s '600,5' is not a number"),
    ("a number that is none", {"talk_s": "nan"}, "talk_s 'nan' is not within 0 to 604800 s"),
    ("a wrong time", {"ended_at": "2025-13-01 09:22"}, f"ended_at '2025-13-01 09:22' {NO_TIME}"),
    ("a wrong time of record", {"recorded_at": "yesterday"}, f"recorded_at 'yesterday' {NO_TIME}"),
    ("an endless time", {"recorded_at": "infinity"}, f"recorded_at 'infinity' {NO_TIME}"),
    ("end before start", {"ended_at": EARLY}, f"ended_at {EARLY} is before started_at {START}"),
    ("known before it ended", {"recorded_at": BETWEEN}, f"recorded_at {BETWEEN} is before ended_at {END}"),
    ("an unknown agent", {"agent_id": "A9"}, "agent_id 'A9' is not in the table agents"),
    ("an unknown channel", {"channel": "fax"}, "channel 'fax' is not one of voice, chat, email, social, other"),
    ("a negative duration", {"talk_s": "-1"}, "talk_s '-1' is not within 0 to 604800 s"),
    ("a rating out of range", {"csat": "9"}, "csat '9' is not within 1 to 5"),
    ("neither true nor false", {"escalated": "maybe"}, "escalated 'maybe' is not true or false"),
    ("a required value that is missing", {"queue": ""}, "queue is missing"),
]


@pytest.mark.parametrize(("cells", "reason"), [case[1:] for case in BAD_ROWS], ids=[case[0] for case in BAD_ROWS])
def test_a_bad_row_is_kept_apart_with_its_line_and_reason_and_the_others_are_in(
    cells: dict[str, str],
    reason: str,
    read: Callable[..., TableReport],
    kept: Callable[[str], pd.DataFrame],
) -> None:
    report = read(GOOD, changed(**cells), changed(contact_id="C3"))
    assert [rejection.reason for rejection in report.first_rejections] == [f"row 3: {reason}"]
    assert (report.read, report.kept, report.rejected) == (3, 2, 1)
    assert adds_up(report)
    assert kept("contacts")["contact_id"].tolist() == ["C1", "C3"]
    with Path(str(report.rejected_file)).open(newline="") as file:
        [line] = csv.DictReader(file)
    assert (line["line"], line["reason"], line["contact_id"]) == ("3", reason, "C2")


def test_a_row_with_more_cells_than_the_header_is_rejected(read: Callable[..., TableReport]) -> None:
    header = "contact_id,agent_id,queue,channel,started_at,ended_at,talk_s\n"
    good = "C1,A1,billing,voice,2025-03-01 09:12:00,2025-03-01 09:22:00,600"
    report = read(good, good.replace("C1", "C2") + ",5", header=header)
    assert (report.kept, report.rejected) == (1, 1)


def test_lines_count_on_behind_a_line_that_is_no_row(read: Callable[..., TableReport]) -> None:
    report = read(
        GOOD,
        changed() + ",one more",
        'C3,A1,"bil"ling,voice',
        changed(contact_id="C4") + ",one more",
        changed(talk_s="x"),
    )
    assert sorted(str(rejection.line) for rejection in report.first_rejections) == ["3", "4", "5", "6"]
    assert (report.read, report.kept, report.rejected) == (5, 1, 4)


def test_an_endless_date_is_rejected(export: Export, home: Home) -> None:
    exits = "agent_id,notice_on,last_day,kind\nA1,2025-03-01,infinity,voluntary\n"
    report = ingest(
        load_mapping("contract"), export({"agents": AGENTS, "contacts": CONTACTS + GOOD, "exits": exits}), home
    )
    sentence = "row 2: last_day 'infinity' is not a date such as 2025-03-01"
    assert [rejection.reason for rejection in report.tables[-1].first_rejections] == [sentence]


def test_a_row_with_fewer_cells_than_the_header_misses_a_value(read: Callable[..., TableReport]) -> None:
    report = read(GOOD, "C2,A1,billing")
    assert [rejection.reason for rejection in report.first_rejections] == ["row 3: channel is missing"]


def test_each_rule_counts_its_rows_and_the_numbers_add_up(read: Callable[..., TableReport]) -> None:
    rows = [changed(contact_id=f"C{number}", talk_s="x" if number % 3 else "60") for number in range(30)]
    report = read(*rows, changed(contact_id="C30", channel="fax"), rows[0])
    assert report.rejected_by == {"talk_s is not a number": 20, "channel not valid": 1}
    assert (report.read, report.kept, report.duplicates, report.rejected) == (32, 10, 1, 21)
    assert adds_up(report)


WITHOUT_CHANNEL = CONTACTS.replace("channel,", "") + GOOD.replace("voice,", "")
BAD_FILES = [
    ("a required column is missing", WITHOUT_CHANNEL, "contacts.csv: column 'channel' is missing; found contact_id, "),
    ("an empty file", "", "contacts.csv is empty"),
    ("a header alone", CONTACTS, "contacts.csv has a header and no rows"),
]


@pytest.mark.parametrize(("text", "sentence"), [case[1:] for case in BAD_FILES], ids=[case[0] for case in BAD_FILES])
def test_a_file_that_cannot_be_a_table_is_refused(text: str, sentence: str, export: Export, home: Home) -> None:
    folder = export({"agents": AGENTS, "contacts": text})
    with pytest.raises(InputError) as refused:
        ingest(load_mapping("contract"), folder, home)
    assert str(refused.value).startswith(sentence)
    assert not home.table("contacts").exists()


@pytest.mark.parametrize("column", ["voice_pitch", "VoicePitch", "webcam on", "keystrokes", "home-postcode"])
def test_a_banned_column_is_refused_with_its_reason(column: str, export: Export, home: Home) -> None:
    folder = export({"agents": AGENTS, "contacts": CONTACTS.replace("csat", column) + GOOD})
    with pytest.raises(BannedInputError, match=rf"^contacts\.csv: column '{column}' is never ingested: .+\. Remove it"):
        ingest(load_mapping("contract"), folder, home)
    assert not home.table("contacts").exists()


def test_a_file_that_is_not_utf_8_says_so(export: Export, home: Home) -> None:
    folder = export({"agents": AGENTS})
    (folder / "contacts.csv").write_bytes((CONTACTS + GOOD.replace("billing", "Kündigung")).encode("latin-1"))
    with pytest.raises(InputError, match=r"(?i)^contacts\.csv.*utf-8"):
        ingest(load_mapping("contract"), folder, home)


def test_a_source_that_is_not_there_is_named(home: Home, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^--from .*nowhere: no such file or folder\.$"):
        ingest(load_mapping("contract"), tmp_path / "nowhere", home)


def test_a_folder_without_the_required_files_names_the_one_that_is_missing(export: Export, home: Home) -> None:
    with pytest.raises(InputError, match=r"holds no contacts\.csv, which is required"):
        ingest(load_mapping("contract"), export({"agents": AGENTS}), home)


def test_a_folder_for_a_mapping_that_reads_one_file_is_refused_in_words(
    mapping: Callable[[str], Path], export: Export, home: Home
) -> None:
    with pytest.raises(InputError) as refused:
        ingest(load_mapping(mapping("name: mine\nabout: x\ntables: {agents: {}}\n")), export({"agents": AGENTS}), home)
    assert "None" not in str(refused.value)
    assert "file" in str(refused.value)


def test_contacts_before_agents_say_that_agents_come_first(export: Export, home: Home, tmp_path: Path) -> None:
    mapping = tmp_path / "mine.yaml"
    mapping.write_text("name: mine\nabout: contacts alone\ntables:\n  contacts: {file: contacts.csv}\n")
    with pytest.raises(InputError, match="the table 'agents' has not been ingested yet"):
        ingest(load_mapping(mapping), export({"contacts": CONTACTS + GOOD}), home)


def test_an_unknown_time_zone_rejects_that_agent(export: Export, home: Home) -> None:
    bad = AGENTS.splitlines()[1].replace("A1", "A2").replace("Europe/Berlin", "Mars/Olympus")
    report = ingest(load_mapping("contract"), export({"agents": AGENTS + bad, "contacts": CONTACTS + GOOD}), home)
    sentence = "row 3: timezone 'Mars/Olympus' is not an IANA time zone such as Europe/Berlin"
    assert [rejection.reason for rejection in report.tables[0].first_rejections] == [sentence]
    assert [(table.kept, table.rejected) for table in report.tables] == [(1, 1), (1, 0)]
    assert report.first_reason() == f"agents.csv, {sentence}"


# The same rows again, and versions


def test_the_same_file_twice_is_all_duplicates(
    read: Callable[..., TableReport], kept: Callable[[str], pd.DataFrame]
) -> None:
    rows = [GOOD, changed()]
    read(*rows)
    before = kept("contacts")
    again = read(*rows)
    assert (again.read, again.kept, again.duplicates, again.rejected) == (2, 0, 2, 0)
    assert_frame_equal(kept("contacts"), before)


def test_the_same_key_with_other_content_is_rejected_and_what_was_there_stays(
    read: Callable[..., TableReport], kept: Callable[[str], pd.DataFrame]
) -> None:
    read(GOOD)
    report = read(changed(contact_id="C1", talk_s="5"))
    [rejection] = report.first_rejections
    assert "C1 2025-03-01 09:30:00 is there already with other content" in rejection.reason
    assert "later recorded_at" in rejection.reason
    assert adds_up(report)
    assert kept("contacts")["talk_s"].tolist() == [600]


def test_a_correction_with_a_later_recorded_at_is_kept_as_a_version(
    read: Callable[..., TableReport], kept: Callable[[str], pd.DataFrame]
) -> None:
    read(GOOD)
    report = read(changed(contact_id="C1", talk_s="5", recorded_at="2025-03-04 08:00:00"))
    assert (report.kept, report.rejected) == (1, 0)
    assert kept("contacts").sort_values("recorded_at")["talk_s"].tolist() == [600, 5]


def test_a_contact_without_recorded_at_was_known_when_it_ended(
    read: Callable[..., TableReport], kept: Callable[[str], pd.DataFrame]
) -> None:
    read(changed(recorded_at=""))
    assert kept("contacts")["recorded_at"].tolist() == [pd.Timestamp("2025-03-01 09:22")]


def test_a_time_with_an_offset_becomes_utc(
    read: Callable[..., TableReport], kept: Callable[[str], pd.DataFrame]
) -> None:
    read(changed(started_at="2025-03-01T10:12:00+01:00"))
    assert kept("contacts")["started_at"].tolist() == [pd.Timestamp("2025-03-01 09:12")]


def test_columns_that_the_contract_does_not_have_are_named_and_not_read(
    read: Callable[..., TableReport], kept: Callable[[str], pd.DataFrame]
) -> None:
    report = read(GOOD, header=CONTACTS.replace("csat", "mood"))
    assert report.columns_not_read == ["mood"]
    assert list(kept("contacts").columns) == [*(column.name for column in TABLES["contacts"].columns), "utc_offset_s"]


# Mappings

MINE = """name: mine
about: a ticket export of our own
tables:
  agents: {file: agents.csv}
  contacts:
    file: contacts.csv
    columns:
      contact_id: contact_id
      agent_id: agent_id
      queue: upper(queue)
      channel: channel
      started_at: started_at
      ended_at: ended_at
      talk_s: talk_s::DOUBLE / 60
"""


@pytest.fixture
def mapping(tmp_path: Path) -> Callable[[str], Path]:
    """Write a mapping of one's own."""

    def write(text: str) -> Path:
        path = tmp_path / "mine.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_mapping_of_ones_own_is_one_expression_a_column(
    mapping: Callable[[str], Path], read: Callable[..., TableReport], kept: Callable[[str], pd.DataFrame]
) -> None:
    read(GOOD, mapping=mapping(MINE))
    assert kept("contacts").loc[0, ["queue", "talk_s"]].tolist() == ["BILLING", 10]


def test_rows_that_a_mapping_keeps_out_are_counted_by_reason(
    mapping: Callable[[str], Path], read: Callable[..., TableReport]
) -> None:
    text = MINE.replace("    columns:", "    keep_out: {shorter than a minute: talk_s::DOUBLE < 60}\n    columns:")
    report = read(GOOD, changed(talk_s="59"), changed(contact_id="C3", channel="fax"), mapping=mapping(text))
    assert report.kept_out == {"shorter than a minute": 1}
    assert (report.read, report.kept, report.rejected) == (3, 1, 1)
    assert adds_up(report)


def test_rejected_rows_of_one_export_do_not_replace_those_of_another(
    mapping: Callable[[str], Path], export: Export, home: Home
) -> None:
    bad = CONTACTS + changed(channel="fax")
    folder = export({"agents": AGENTS, "contacts": bad, "february": bad})
    for text in (MINE, MINE.replace("contacts.csv", "february.csv"), MINE):
        report = ingest(load_mapping(mapping(text)), folder, home)
        assert Path(str(report.tables[-1].rejected_file)).exists()
    assert len(list(home.rejected.iterdir())) == 2


def test_an_expression_that_fails_on_a_row_rejects_that_row(
    mapping: Callable[[str], Path], read: Callable[..., TableReport]
) -> None:
    report = read(GOOD, changed(talk_s="x"), mapping=mapping(MINE))
    [rejection] = report.first_rejections
    assert rejection.reason == "row 3: talk_s: the mapping's expression failed on talk_s 'x'"
    assert report.kept == 1


NOT_VALID = "mine.yaml is not a valid mapping: "
BAD_MAPPINGS = [
    (
        "an unknown table",
        MINE.replace("  contacts:", "  calls:"),
        "mine.yaml: 'calls' is not a table of the contract; ",
    ),
    (
        "an unknown column",
        MINE + "      speed: speed\n",
        "mine.yaml: contacts has no column 'speed'; those are abusive, ",
    ),
    (
        "no expression",
        MINE.replace("      channel: channel\n", ""),
        "mine.yaml: contacts.channel is required and has no ",
    ),
    ("a banned column", MINE + "      voice_pitch: pitch\n", "mine.yaml: column 'voice_pitch' is never ingested"),
    ("broken YAML", MINE + "  - ][", NOT_VALID),
    ("an unknown key", MINE + "sheet: 1\n", f"{NOT_VALID}sheet"),
    ("a list", "- contacts\n", NOT_VALID),
    ("nothing", "", NOT_VALID),
]


@pytest.mark.parametrize(
    ("text", "sentence"), [case[1:] for case in BAD_MAPPINGS], ids=[case[0] for case in BAD_MAPPINGS]
)
def test_a_mapping_that_is_not_valid_is_refused_in_one_line(
    text: str, sentence: str, mapping: Callable[[str], Path]
) -> None:
    with pytest.raises(RespiteError) as refused:
        load_mapping(mapping(text))
    assert str(refused.value).startswith(sentence)
    assert "\n" not in str(refused.value)
    assert ": :" not in str(refused.value)


def test_broken_yaml_says_on_which_line(mapping: Callable[[str], Path]) -> None:
    with pytest.raises(ConfigError, match="line 3"):
        load_mapping(mapping("name: mine\nabout: x\ntables: ][\n"))


def test_a_mapping_that_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_bytes(b"name: \xff\xfe\n")
    with pytest.raises(ConfigError, match=r"^mine\.yaml is not a valid mapping"):
        load_mapping(tmp_path / "mine.yaml")


def test_a_mapping_that_does_not_exist_lists_the_shipped_ones() -> None:
    with pytest.raises(ConfigError, match=r"^--mapping zendusk: .* bank_calls, contract.* or a YAML file\.$"):
        load_mapping("zendusk")


COLUMNS = "    columns:"
BROKEN_SQL = [
    ("an expression", MINE.replace("upper(queue)", "upper(queue"), "expression for contacts.queue"),
    ("an unknown column", MINE.replace("upper(queue)", "ticket_queue"), "expression for contacts.queue"),
    (
        "a condition",
        MINE.replace(COLUMNS, "    keep_out: {short: talk_s <<< 3}\n" + COLUMNS),
        "keep_out 'short' for table 'contacts'",
    ),
    ("the rows", MINE.replace(COLUMNS, "    rows: SELEC 1\n" + COLUMNS), "rows for table 'contacts'"),
]


@pytest.mark.parametrize(("text", "part"), [case[1:] for case in BROKEN_SQL], ids=[case[0] for case in BROKEN_SQL])
def test_sql_that_is_not_valid_is_blamed_on_its_part_of_the_mapping(
    text: str, part: str, mapping: Callable[[str], Path], read: Callable[..., TableReport]
) -> None:
    with pytest.raises(InputError) as refused:
        read(GOOD, mapping=mapping(text))
    assert str(refused.value).startswith(f"contacts.csv: the mapping's {part} failed: ")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", sorted(shipped_mappings()))
def test_every_shipped_mapping_is_valid_and_says_what_it_reads(name: str) -> None:
    found = load_mapping(name)
    assert found.name == name
    assert len(found.about) > 40
    assert found.tables


# The whole road


def test_a_simulated_centre_through_csv_gives_the_same_frame(export: Export, home: Home) -> None:
    frames = simulate(Centre(agents=14, days=60, seed=5)).frames()
    report = ingest(load_mapping("contract"), export(frames), home)
    assert report.rejected == 0
    assert {table.table: table.kept for table in report.tables} == {name: len(frame) for name, frame in frames.items()}
    dates = [date(2025, 5, 12), date(2025, 5, 26)]
    assert_frame_equal(build(home, dates), build(frames, dates), rtol=1e-9, atol=1e-9)


def test_an_export_that_comes_in_parts_gives_the_same_tables(export: Export, home: Home, tmp_path: Path) -> None:
    frames = simulate(Centre(agents=10, days=28, seed=5)).frames()
    whole, parts = home, Home(tmp_path / "parts")
    ingest(load_mapping("contract"), export(frames), whole)
    middle = len(frames["contacts"]) // 2
    for name, part_of in (("one", slice(None, middle)), ("two", slice(middle - 100, None))):
        part: dict[str, Any] = {**frames, "contacts": frames["contacts"].iloc[part_of]}
        ingest(load_mapping("contract"), export(part, name), parts)
    assert_frame_equal(rows(parts, "contacts"), rows(whole, "contacts"))
