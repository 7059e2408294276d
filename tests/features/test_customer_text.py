"""What customers wrote is scored on its way in, and is found nowhere afterwards unless somebody asked for it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import features.ingest.customer_text
import features.text
from features import Home, load_mapping
from features.errors import BannedInputError, InputError
from features.ingest import IngestReport, ingest
from features.raw import rows

Run = Callable[..., IngestReport]

AGENTS = (
    "agent_id,valid_from,team_id,manager_id,site_id,timezone,queue,employment_type\n"
    "A1,2025-01-01,T1,M1,S1,Europe/Berlin,billing,full-time\n"
)
HEADER = "contact_id,agent_id,queue,channel,started_at,ended_at,talk_s,sentiment,customer_text\n"
WORD = "zorblatt"


def line(contact_id: str, text: str = "", sentiment: str = "", talk_s: str = "600", agent_id: str = "A1") -> str:
    times = "2025-03-01 09:12:00,2025-03-01 09:22:00"
    return f'{contact_id},{agent_id},billing,voice,{times},{talk_s},{sentiment},"{text}"\n'


class Counting:
    """A scorer that answers with the number in a text, over ten, and remembers how much it was asked at a time."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def score(self, texts: Sequence[str | None]) -> np.ndarray[Any, Any]:
        self.asked.append(len(texts))
        found = [int("".join(filter(str.isdigit, str(text))) or -1) for text in texts]
        return np.array([number / 10 if number >= 0 else np.nan for number in found])


@pytest.fixture
def scorer(monkeypatch: pytest.MonkeyPatch) -> Counting:
    scorer = Counting()
    monkeypatch.setattr(features.text, "load_scorer", lambda name="lexicon": scorer)
    return scorer


@pytest.fixture
def run(tmp_path: Path, home: Home) -> Run:
    """Ingest contacts beside one agent."""

    def run(contacts: str, mapping: str | Path = "contract", **options: Any) -> IngestReport:
        (tmp_path / "export").mkdir(exist_ok=True)
        (tmp_path / "export" / "agents.csv").write_text(AGENTS)
        (tmp_path / "export" / "contacts.csv").write_text(contacts)
        return ingest(load_mapping(mapping), tmp_path / "export", home, **options)

    return run


def everything_in(home: Home) -> str:
    """All that a home holds, as text."""
    tables = "".join(rows(home, name).to_csv() for name in ("agents", "contacts"))
    return tables + "".join(path.read_text() for path in home.rejected.glob("*"))


def test_a_text_is_scored_where_there_is_no_sentiment_and_is_not_kept(run: Run, scorer: Counting, home: Home) -> None:
    report = run(HEADER + line("C1", "bad 3") + line("C2", "good 7", "0.5") + line("C3") + line("C4", "no number"))
    contacts = rows(home, "contacts").set_index("contact_id")
    assert contacts["sentiment"].round(6).replace({np.nan: None}).to_dict() == {
        "C1": 0.3,
        "C2": 0.5,
        "C3": None,
        "C4": None,
    }
    assert contacts["customer_text"].isna().all()
    assert report.tables[-1].scored == 1


def test_a_text_is_kept_where_that_was_asked_for(run: Run, scorer: Counting, home: Home) -> None:
    run(HEADER + line("C1", "bad 3"), keep_text=True)
    assert rows(home, "contacts")["customer_text"].tolist() == ["bad 3"]


def test_texts_are_scored_in_batches(run: Run, scorer: Counting, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features.ingest.customer_text, "BATCH", 7)
    assert run(HEADER + "".join(line(f"C{n}", f"text {n % 10}") for n in range(30))).tables[-1].scored == 30
    assert scorer.asked == [7, 7, 7, 7, 2]
    contacts = rows(home, "contacts")
    assert (contacts["sentiment"] * 10).round().tolist() == [int(name[1:]) % 10 for name in contacts["contact_id"]]


def test_no_scorer_is_loaded_where_there_is_no_text(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features.text, "load_scorer", lambda name="lexicon": pytest.fail("was loaded"))
    assert run(HEADER + line("C1")).tables[-1].scored == 0


def test_the_scorer_that_was_named_scores(run: Run) -> None:
    with pytest.raises(InputError, match=r"^Scorer 'nope': name lexicon"):
        run(HEADER + line("C1", "bad"), scorer="nope")


def test_the_bundled_scorer_finds_anger_negative(run: Run, home: Home) -> None:
    run(HEADER + line("C1", "Terrible service, I am very angry!") + line("C2", "Thank you, great help!"))
    negative, positive = rows(home, "contacts").sort_values("contact_id")["sentiment"]
    assert negative < 0 < positive


# Where a text could get out

MULTILINE = f"I am {WORD} unhappy\nand the {WORD} line two, with {WORD} commas"
DAMAGED = [
    ("a bad cell beside it", line("C1", f"my {WORD} words", talk_s="ten")),
    ("an unknown agent", line("C1", f"my {WORD} words", agent_id="A9")),
    ("a cell too many", line("C1", f"my {WORD} words").strip() + ",one more\n"),
    ("no quotes around commas", line("C1", f"my {WORD}, oh my {WORD}, words").replace('"', "")),
    ("no quotes around lines", line("C1", MULTILINE).replace('"', "")),
    ("a quote that stays open", line("C1", f"my {WORD} words").replace('"\n', "\n")),
    ("quotes within", line("C1", f'my "{WORD} words" here')),
    ("in the wrong cell", line("C1", "x").replace("voice", f"my {WORD} words")),
    ("in the cell of a number", line("C1", "x", talk_s=f"my {WORD} words")),
    ("with another content", line("C0", f"my {WORD} words", talk_s="5")),
    ("not UTF-8", line("C1", f"my {WORD} words \ud800")),
]


@pytest.mark.parametrize("bad", [case[1] for case in DAMAGED], ids=[case[0] for case in DAMAGED])
def test_a_text_is_not_kept_with_a_rejected_row(
    bad: str, run: Run, scorer: Counting, home: Home, tmp_path: Path
) -> None:
    run(HEADER + line("C0", f"the {WORD} 1"))
    contacts = HEADER + "".join(line(f"D{n}", f"a {WORD} text {n % 10}") for n in range(20)) + bad
    (tmp_path / "export" / "contacts.csv").write_bytes(contacts.encode(errors="surrogatepass"))
    report = ingest(load_mapping("contract"), tmp_path / "export", home)
    assert report.rejected > 0
    assert report.tables[-1].kept >= 20
    assert WORD not in everything_in(home)
    assert WORD not in str(report)


def test_what_was_rejected_is_told_by_its_line_without_the_text(run: Run, scorer: Counting) -> None:
    report = run(HEADER + line("C1", "ok 1") + line("C2", f"my {WORD} words", talk_s="7 min")).tables[-1]
    assert [one.reason for one in report.first_rejections] == ["row 3: talk_s '7 min' is not a number"]
    kept = pd.read_csv(str(report.rejected_file), dtype=str).loc[0]
    assert (kept["line"], kept["contact_id"], kept["customer_text"]) == ("3", "C2", "(text not kept)")


def test_a_rejected_row_keeps_its_text_where_that_was_asked_for(run: Run, scorer: Counting, home: Home) -> None:
    run(HEADER + line("C1", "ok 1") + line("C2", f"my {WORD} words", talk_s="ten"), keep_text=True)
    assert WORD in everything_in(home)


MINE = """name: mine
about: tickets whose text is taken for a number
tables:
  agents: {file: agents.csv}
  contacts:
    file: contacts.csv
    rows: "SELECT * FROM source WHERE customer_text::BIGINT > 0"
    columns:
      contact_id: contact_id
      agent_id: agent_id
      queue: queue
      channel: channel
      started_at: started_at
      ended_at: ended_at
      talk_s: talk_s
      customer_text: customer_text
"""


def test_a_failing_query_does_not_quote_the_text(run: Run, tmp_path: Path) -> None:
    mapping = tmp_path / "mine.yaml"
    mapping.write_text(MINE)
    with pytest.raises(InputError, match=r"the mapping's rows for table 'contacts' failed: ") as refused:
        run(HEADER + line("C1", f"my {WORD} words"), mapping)
    assert WORD not in str(refused.value)


@pytest.mark.parametrize("column", ["agent_text", "AgentTranscript", "agent_reply_text", "private chat"])
def test_what_agents_write_is_refused(column: str, run: Run) -> None:
    with pytest.raises(BannedInputError, match="is never ingested"):
        run(HEADER.replace("customer_text", column) + line("C1", "x"))
