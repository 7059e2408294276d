"""Offers as the table `outreach`: what training reads is what the store holds, whatever was ingested beside it."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from features import Home
from features.ingest import ingest
from features.ingest.mapping import load_mapping
from features.raw import rows
from features.tables import TABLES
from serving import Store
from serving.outreach.contract import COLUMNS, publish
from serving.outreach.offers import Person, plan_week, record
from serving.outreach.plan import Rules
from serving.outreach.tables import Offer

NOW = datetime(2026, 1, 7, 12, tzinfo=UTC)
ELSEWHERE = (
    "agent_id,offered_at,action,arm,response,responded_at\n"
    "A1,2025-11-03 09:00,peer-stories,offer,accepted,2025-11-04 10:00\n"
)
AGENTS = (
    "agent_id,valid_from,team_id,manager_id,site_id,timezone,queue,employment_type\n"
    "A1,2025-01-01,T1,M1,S1,UTC,q,full-time\n"
)
CONTACTS = (
    "contact_id,agent_id,queue,channel,started_at,ended_at,talk_s\n"
    "C1,A1,q,voice,2025-11-03 09:00,2025-11-03 09:05,300\n"
)
Export = Callable[[dict[str, str]], Path]


def test_training_reads_offers_and_holdouts_as_they_are_now(
    home: Home, store: Store, person: Callable[..., Person], rules: Callable[..., Rules]
) -> None:
    made = plan_week(store, [person(f"A{n}", n / 10) for n in range(9)], rules(capacity=9, holdout=0.5))
    publish(home, store)
    offered = [one for one in made if one.arm == "offer"]
    record(store, offered[0].number, "accepted", NOW, "hr", start_within=lambda _: 14)
    record(store, offered[1].number, "declined", NOW, "hr", start_within=lambda _: 14)
    publish(home, store)
    found = rows(home, "outreach").set_index("agent_id")
    assert list(found.columns) == list(COLUMNS[1:])
    assert dict(found["arm"]) == {one.agent_id: one.arm for one in made}
    answered = found[found["response"].notna()]
    assert dict(answered["response"]) == {offered[0].agent_id: "accepted", offered[1].agent_id: "declined"}
    assert set(answered["responded_at"]) == {pd.Timestamp("2026-01-07 12:00")}
    assert set(found["offered_at"]) == {pd.Timestamp("2026-01-05")}
    assert found.loc[found["arm"] == "holdout", "responded_at"].isna().all()


def test_it_obeys_the_contract(home: Home, store: Store, offered: list[Offer]) -> None:
    found = pq.read_table(publish(home, store)).to_pandas()
    table = TABLES["outreach"]
    assert set(found["arm"]) <= set(table.column("arm").choices)
    assert not found.duplicated(list(table.key)).any()
    assert found[[column.name for column in table.columns if column.required]].notna().all().all()


def test_what_was_ingested_from_elsewhere_stays_and_can_still_come(
    home: Home, store: Store, offered: list[Offer], export: Export
) -> None:
    folder = export({"agents": AGENTS, "contacts": CONTACTS, "outreach": ELSEWHERE})
    assert ingest(load_mapping("contract"), folder, home).rejected == 0
    publish(home, store)
    assert list(rows(home, "outreach")["action"]) == ["peer-stories", "check-in", "check-in"]
    (folder / "outreach.csv").write_text(
        ELSEWHERE.replace("2025-11-03 09", "2025-12-03 09").replace("2025-11-04", "2025-12-04")
    )
    assert ingest(load_mapping("contract"), folder, home).rejected == 0
    publish(home, store)
    assert len(rows(home, "outreach")) == 4


def test_an_ingest_of_the_same_rows_with_answers_would_have_been_refused(
    home: Home, store: Store, offered: list[Offer], export: Export
) -> None:
    """Why there is a batch of our own: the contract's table knows no versions."""
    publish(home, store)
    answered = rows(home, "outreach").assign(response="accepted", responded_at="2026-01-07 12:00").to_csv(index=False)
    agents = AGENTS + AGENTS.splitlines()[1].replace("A1", "A2") + "\n"
    report = ingest(
        load_mapping("contract"), export({"agents": agents, "contacts": CONTACTS, "outreach": answered}), home
    )
    assert report.rejected == 2
