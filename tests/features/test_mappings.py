"""Every shipped mapping reads its sample export: the counts, and some contacts field by field."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from features import Home, load_mapping
from features.errors import BannedInputError, ConfigError, InputError
from features.ingest import IngestReport, ingest
from features.ingest.mapping import sample_of, shipped_mappings
from features.raw import rows
from features.tables import TABLES

Sample = Callable[[str], tuple[IngestReport, pd.DataFrame]]


@pytest.fixture
def sample(home: Home) -> Sample:
    """Ingest the sample of a mapping; its report, and the contacts by their id."""

    def run(mapping: str) -> tuple[IngestReport, pd.DataFrame]:
        report = ingest(load_mapping(mapping), sample_of(mapping), home)
        return report, rows(home, "contacts").set_index("contact_id")

    return run


NOT_A_ROW = {"not a row": 1}
COUNTS = {
    "amazon_connect": (4, 35, 30, 1, {"no agent was connected": 3, "not over yet": 0}, NOT_A_ROW),
    "bank_calls": (
        4, 40, 34, 0, {"not served by a person": 4, "no service time in the log": 1}, {"talk_s is not a number": 1},
    ),
    "contract": (4, 36, 33, 1, {}, {"ended_at before started_at": 1, "unknown agent": 1}),
    "generic_csv": (5, 37, 33, 0, {"no agent": 2}, NOT_A_ROW | {"talk_s is not a number": 1}),
    "genesys_cloud": (
        3, 31, 27, 0,
        {"no agent took part": 1, "offered to an agent who did not answer": 1, "not over yet": 1}, NOT_A_ROW,
    ),
    "it_incidents": (5, 35, 20, 0, {"done by the incident system itself": 14}, NOT_A_ROW),
    "zendesk": (4, 29, 25, 0, {"deleted": 1, "not solved yet": 1, "solved by nobody": 1}, NOT_A_ROW),
}  # fmt: skip


def test_every_shipped_mapping_has_a_sample() -> None:
    assert set(COUNTS) == set(shipped_mappings())
    assert all(sample_of(name).is_dir() for name in shipped_mappings())


@pytest.mark.parametrize("mapping", sorted(COUNTS))
def test_every_row_of_a_sample_is_accounted_for(mapping: str, sample: Sample) -> None:
    agents, read, kept, duplicates, kept_out, rejected_by = COUNTS[mapping]
    report, contacts = sample(mapping)
    assert report.tables[0].kept == agents
    found = next(table for table in report.tables if table.table == "contacts")
    assert (found.read, found.kept, found.duplicates) == (read, kept, duplicates)
    assert (found.kept_out, found.rejected_by) == (kept_out, rejected_by)
    assert found.read == found.kept + found.duplicates + found.rejected + sum(found.kept_out.values())
    assert contacts["agent_id"].nunique() == agents


@pytest.mark.parametrize("mapping", sorted(COUNTS))
def test_a_sample_twice_adds_nothing(mapping: str, sample: Sample) -> None:
    _, before = sample(mapping)
    report, after = sample(mapping)
    assert [(table.kept, table.table) for table in report.tables if table.kept] == []
    pd.testing.assert_frame_equal(after.sort_values(list(after)), before.sort_values(list(after)))


@pytest.mark.parametrize("mapping", sorted(COUNTS))
def test_no_text_of_a_customer_stays(mapping: str, sample: Sample, home: Home) -> None:
    report, contacts = sample(mapping)
    assert contacts["customer_text"].isna().all()
    if any(table.scored for table in report.tables):
        assert contacts["sentiment"].notna().any()
        assert "invoice" not in "".join(path.read_text() for path in home.rejected.glob("*"))


def fields(contacts: pd.DataFrame, contact_id: str, **expected: Any) -> None:
    """A contact says this, and of everything else nothing, but for what every contact says."""
    row = contacts.loc[contact_id]
    found = {name: row[name] for name in expected}
    assert found == {k: pd.Timestamp(v) if k.endswith("_at") else v for k, v in expected.items()}
    optional = {column.name for column in TABLES["contacts"].columns if not column.required}
    silent = optional - set(expected) - {"recorded_at", "sentiment"}
    assert row[sorted(silent)].isna().all()


def uid(kind: str, number: int) -> str:
    return f"{kind:0>8}-0000-4000-8000-{number:012d}"


def test_a_transferred_call_of_amazon_connect_is_one_contact_for_each_agent(sample: Sample) -> None:
    _, contacts = sample("amazon_connect")
    fields(
        contacts, uid("c", 101), agent_id="ines.marsh", queue="Billing", channel="voice",
        started_at="2025-03-04 14:00:20", ended_at="2025-03-04 14:04:30", talk_s=185, hold_s=65, acw_s=12,
        escalated=True, transferred=True, recorded_at="2025-03-04 14:05:42",
    )  # fmt: skip
    fields(
        contacts, uid("c", 102), agent_id="ruth.lake", queue="Technical", channel="voice",
        started_at="2025-03-04 14:05:00", ended_at="2025-03-04 14:11:50", talk_s=410, hold_s=0, acw_s=55,
        escalated=False, transferred=False,
    )  # fmt: skip


def test_a_survey_after_a_call_is_no_transfer_and_a_call_to_another_number_is_one(sample: Sample) -> None:
    _, contacts = sample("amazon_connect")
    assert not contacts.loc[uid("c", 105), "transferred"]
    assert contacts.loc[uid("c", 108), "transferred"]
    assert contacts.loc[uid("c", 107), "channel"] == "other"


def test_a_contact_record_that_comes_again_with_more_is_a_correction(sample: Sample) -> None:
    _, contacts = sample("amazon_connect")
    versions = contacts.loc[uid("c", 6)].sort_values("recorded_at")
    assert versions["complaint"].replace({float("nan"): None}).tolist() == [None, True]
    assert versions["recorded_at"].iloc[1] == pd.Timestamp("2025-03-07 08:00")


def test_agents_of_amazon_connect_have_their_groups(sample: Sample, home: Home) -> None:
    sample("amazon_connect")
    agent = rows(home, "agents").set_index("agent_id").loc["tomas.hill"]
    assert agent[["team_id", "site_id", "queue"]].tolist() == ["Technical team", "Dublin", "Technical"]
    assert agent["valid_from"] == pd.Timestamp("2025-03-03 09:16:17")


def test_a_transferred_conversation_of_genesys_is_one_contact_for_each_agent(sample: Sample) -> None:
    _, contacts = sample("genesys_cloud")
    fields(
        contacts, f"{uid('c', 31)}/{uid('9', 313)}", agent_id=uid("e", 1), queue=uid("b", 1), channel="voice",
        started_at="2025-03-04 15:00:34.250", ended_at="2025-03-04 15:03:49.250", talk_s=150, hold_s=45, acw_s=10,
        transferred=True,
    )  # fmt: skip
    fields(
        contacts, f"{uid('c', 31)}/{uid('9', 315)}", agent_id=uid("e", 3), queue=uid("b", 2), channel="voice",
        started_at="2025-03-04 15:04:18.250", ended_at="2025-03-04 15:09:38.250", talk_s=320, hold_s=0, acw_s=40,
        transferred=False,
    )  # fmt: skip


def test_channels_of_genesys_are_those_of_the_contract(sample: Sample) -> None:
    _, contacts = sample("genesys_cloud")
    assert contacts["channel"].value_counts().to_dict() == {"voice": 24, "chat": 2, "email": 1}


def test_a_zendesk_ticket_is_in_hand_while_its_clock_of_agent_work_runs(sample: Sample) -> None:
    _, contacts = sample("zendesk")
    in_hand = (25 + 48) * 60  # 10:16 to 10:41, and 23:41 to 00:29
    fields(
        contacts, "41009", agent_id="70002", queue="801", channel="email", started_at="2025-03-04 10:16",
        ended_at="2025-03-05 00:29", talk_s=in_hand, escalated=True, transferred=True, resolved=False,
        recorded_at="2025-03-09 00:29",
    )  # fmt: skip
    fields(
        contacts, "41005", agent_id="70002", queue="801", channel="email", started_at="2025-03-03 22:33",
        ended_at="2025-03-04 03:16", talk_s=283 * 60, escalated=False, transferred=False, resolved=True, csat=5,
    )  # fmt: skip


def test_only_what_the_requester_wrote_is_scored(sample: Sample) -> None:
    report, contacts = sample("zendesk")
    assert contacts["sentiment"].isna().to_dict() == {name: name == "41007" for name in contacts.index}
    assert report.tables[-1].scored == 24


def test_a_stretch_of_work_on_an_incident(sample: Sample) -> None:
    _, contacts = sample("it_incidents")
    fields(
        contacts, "9-1012/2", agent_id="R9003", queue="G2 2nd", channel="other", started_at="2012-04-04 14:36",
        ended_at="2012-04-04 15:26", talk_s=50 * 60, escalated=True, transferred=True, resolved=False,
    )  # fmt: skip
    fields(
        contacts, "9-1001/1", agent_id="R9002", queue="G1", channel="other", started_at="2012-04-03 07:01",
        ended_at="2012-04-03 07:47", talk_s=46 * 60, escalated=False, transferred=False, resolved=True,
    )  # fmt: skip


def test_a_bank_call_over_midnight_ends_on_the_next_day(sample: Sample) -> None:
    _, contacts = sample("bank_calls")
    fields(
        contacts, "AA0100-80030", agent_id="X03", queue="PS", channel="voice", started_at="1999-02-03 21:58:10",
        ended_at="1999-02-03 22:03:40", talk_s=330,
    )  # fmt: skip


def test_a_line_of_the_generic_csv(sample: Sample, home: Home) -> None:
    _, contacts = sample("generic_csv")
    fields(
        contacts, "K004", agent_id="A5", queue="Billing", channel="chat", started_at="2025-03-03 09:39",
        ended_at="2025-03-03 09:44:42", talk_s=326, hold_s=16, acw_s=49, escalated=False, transferred=False,
    )  # fmt: skip
    agents = rows(home, "agents").set_index("agent_id")
    assert agents.loc["A5", ["team_id", "timezone"]].tolist() == ["South", "Europe/Lisbon"]


def test_a_roster_is_read_instead_of_agents_made_of_contacts(tmp_path: Path, home: Home) -> None:
    for path in sample_of("generic_csv").iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "agents.csv").write_bytes((sample_of("contract") / "agents.csv").read_bytes())
    report = ingest(load_mapping("generic_csv"), tmp_path, home)
    assert [table.source for table in report.tables] == ["agents.csv", "contacts.csv"]
    assert rows(home, "agents")["contracted_h_week"].tolist() == [40] * 4
    assert report.tables[1].rejected_by["unknown agent"] == 5


@pytest.mark.parametrize("name", ["contacts.csv", "march.csv"])
def test_one_file_is_read_whatever_its_name(name: str, tmp_path: Path, home: Home) -> None:
    (tmp_path / name).write_bytes((sample_of("generic_csv") / "contacts.csv").read_bytes())
    report = ingest(load_mapping("generic_csv"), tmp_path / name, home)
    assert [(table.table, table.kept) for table in report.tables] == [("agents", 5), ("contacts", 33)]


def test_a_mapping_that_reads_several_files_asks_for_their_folder(home: Home) -> None:
    with pytest.raises(InputError, match=r"reads tickets\.json, metric_events\.json; name the folder"):
        ingest(load_mapping("zendesk"), sample_of("zendesk") / "tickets.json", home)


def test_a_file_that_is_joined_with_others_must_be_there(tmp_path: Path, home: Home) -> None:
    (tmp_path / "tickets.json").write_bytes((sample_of("zendesk") / "tickets.json").read_bytes())
    with pytest.raises(InputError, match=r"holds no metric_events\.json, which mapping 'zendesk' reads with tickets"):
        ingest(load_mapping("zendesk"), tmp_path, home)


def test_a_damaged_record_of_a_joined_file_is_counted_too(tmp_path: Path, home: Home) -> None:
    for path in sample_of("zendesk").iterdir():
        (tmp_path / path.name).write_text(path.read_text().replace('"id": 5001, ', '"id": , '))
    contacts = ingest(load_mapping("zendesk"), tmp_path, home).tables[1]
    assert (contacts.read, contacts.rejected_by) == (30, {"not a row": 2})
    assert contacts.first_rejections[1].reason == "metric_events.json, record 1: it is damaged JSON"


NESTED = """name: mine
about: a mapping that reads deep into a record
format: json
tables:
  agents:
    file: x.json
    rows: SELECT 1
    columns:
      agent_id: record->>'$.agent.voice_pitch'
      valid_from: "1"
      team_id: "1"
      manager_id: "1"
      site_id: "1"
      timezone: "1"
      queue: "1"
      employment_type: "1"
"""


def test_a_banned_signal_is_refused_however_deep_it_is(tmp_path: Path, home: Home) -> None:
    (tmp_path / "mine.yaml").write_text(NESTED)
    (tmp_path / "x.json").write_text('{"agent": {"voice_pitch": 1}}')
    with pytest.raises(BannedInputError, match=r"^mapping 'mine': column 'voice_pitch' is never ingested"):
        ingest(load_mapping(tmp_path / "mine.yaml"), tmp_path, home)


def test_a_banned_key_at_the_top_of_a_record_is_refused(tmp_path: Path, home: Home) -> None:
    lines = (sample_of("amazon_connect") / "contact_records.json").read_text().splitlines()
    records = [json.loads(line) for line in lines[:5]]
    (tmp_path / "contact_records.json").write_text(json.dumps([*records, records[0] | {"keystrokes": 3}]))
    with pytest.raises(BannedInputError, match="column 'keystrokes' is never ingested"):
        ingest(load_mapping("amazon_connect"), tmp_path, home)


def test_a_mapping_without_a_sample_says_which_have_one() -> None:
    with pytest.raises(ConfigError, match=r"^--sample: 'mine\.yaml' comes with no sample export; these do: amazon"):
        sample_of("mine.yaml")


CONTRACT_JSON = """name: ours
about: our own export, in the contract's columns but in JSON
format: json
tables:
  agents: {file: agents.json}
  contacts: {file: contacts.json}
"""


def test_json_in_the_contracts_own_columns_needs_no_expressions(tmp_path: Path, home: Home) -> None:
    for name in ("agents", "contacts"):
        frame = pd.read_csv(sample_of("contract") / f"{name}.csv", dtype=str)
        frame.to_json(tmp_path / f"{name}.json", orient="records", lines=name == "agents")
    (tmp_path / "ours.yaml").write_text(CONTRACT_JSON)
    report = ingest(load_mapping(tmp_path / "ours.yaml"), tmp_path, home)
    assert [(table.read, table.kept) for table in report.tables] == [(4, 4), (36, 33)]
    reasons = [one.reason.partition(":")[0] for one in report.tables[1].first_rejections]
    assert reasons == ["record 35", "record 36"]


PAGE = Path(__file__).parents[2] / "docs" / "mappings.md"


@pytest.fixture
def worked_example(tmp_path: Path) -> Path:
    """The export and the mapping of docs/mappings.md, in a folder."""
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    [export] = [text for kind, text in blocks if not kind and text.startswith("call;")]
    [mapping] = [text for kind, text in blocks if kind == "yaml"]
    (tmp_path / "calls.csv").write_text(export)
    (tmp_path / "our_dialer.yaml").write_text(mapping)
    return tmp_path


def test_the_worked_example_of_the_page_does_what_the_page_says(worked_example: Path, home: Home) -> None:
    report = ingest(load_mapping(worked_example / "our_dialer.yaml"), worked_example, home)
    page = PAGE.read_text()
    for table in report.tables:
        counts = (table.read, table.kept, table.duplicates, sum(table.kept_out.values()), table.rejected)
        row = " │ ".join(
            [f"{table.table:8}", table.source, *(f"{n:<{w}}" for n, w in zip(counts, (4, 4, 10, 8, 8), strict=True))]
        )
        assert f"│ {row} │" in page
        assert all(f"│ {rule} " in page for rule in [*table.rejected_by, *table.kept_out])
    assert all(f"| {one.line} | {one.reason.partition(': ')[2]} |" in page for one in report.tables[1].first_rejections)
    assert report.first_reason() in page


def test_the_page_names_every_shipped_mapping_and_every_column_of_the_template() -> None:
    page = PAGE.read_text()
    assert all(f"| `{name}` |" in page for name in shipped_mappings())
    header = (sample_of("generic_csv") / "contacts.csv").read_text().partition("\n")[0].split(",")
    assert [f"`{name}`" in page for name in header] == [name != "Ticket URL" for name in header]
