"""`respite ingest` on the terminal: what can be read, samples to try, and what becomes of customers' texts."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from features import Home
from features.ingest.mapping import sample_of, shipped_mappings
from features.raw import rows

Command = Callable[..., Any]


def refusal(answer: Any) -> str:
    assert answer.code == 2
    return str(answer.err.strip().splitlines()[-1].removeprefix("respite: "))


def test_every_shipped_mapping_is_listed_with_what_it_reads(command: Command, home: Home) -> None:
    answer = command("ingest", "--list")
    assert answer.code == 0
    assert all(name in answer.out for name in shipped_mappings())
    assert set(json.loads(command("ingest", "--list", "--json").out)) == set(shipped_mappings())
    assert not home.root.exists()


def test_a_sample_is_read_and_its_damaged_record_is_no_error(command: Command, home: Home) -> None:
    answer = command("ingest", "--mapping", "zendesk", "--sample")
    assert answer.code == 0
    assert "24 texts of customers were scored" in answer.out
    assert "not a row" in answer.out
    assert len(rows(home, "contacts")) == 25


def test_a_sample_does_not_get_among_contacts(command: Command, home: Home) -> None:
    command("ingest", "--mapping", "zendesk", "--sample")
    said = refusal(command("ingest", "--mapping", "amazon_connect", "--sample"))
    assert said == f"--sample: {home.root} has contacts already, and a sample is invented; name another --home."


def test_texts_are_kept_on_request_alone(command: Command, home: Home) -> None:
    source = sample_of("contract")
    command("ingest", "--mapping", "contract", "--from", source, "--tolerate", 1, "--keep-text")
    assert rows(home, "contacts")["customer_text"].notna().any()


INCOMPLETE = [
    ((), "--mapping: name one of amazon_connect, "),
    (("--mapping", "zendesk"), "Name an export with --from, or try the mapping with --sample."),
    (
        ("--mapping", "zendesk", "--sample", "--from", "."),
        "Name an export with --from, or try the mapping with --sample.",
    ),
    (("--mapping", "mine.yaml", "--sample"), "--sample: 'mine.yaml' comes with no sample export; "),
]


@pytest.mark.parametrize(("words", "sentence"), INCOMPLETE)
def test_what_is_missing_is_said(words: tuple[str, ...], sentence: str, command: Command) -> None:
    assert refusal(command("ingest", *words)).startswith(sentence)


def test_names_with_brackets_are_printed_as_they_are(command: Command, export: Callable[..., Path]) -> None:
    tables = {name: (sample_of("contract") / f"{name}.csv").read_text() for name in ("agents", "contacts")}
    header, _, body = tables["contacts"].partition("\n")
    folder = export(tables | {"contacts": f"{header.replace('csat', '[/mood]')}\n{body}"})
    answer = command("ingest", "--mapping", "contract", "--from", folder, "--tolerate", 1)
    assert answer.code == 0
    assert "columns not read: [/mood]" in answer.out
