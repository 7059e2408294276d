"""The whole road on a simulated centre: events, features, models, scores, pages, and one question over HTTP."""

import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from features.catalog import CATALOG, contract_version
from features.frame import write_features
from features.home import Home
from features.raw import rows
from features.simulation import Centre, simulate, write
from features.terminal import Terminal
from serving.access import Principal, grant
from serving.batch import BatchReport, score_all
from serving.outreach.candidates import posts_on
from serving.reports.build import write_reports
from serving.server import ask, running
from serving.store import Score, Store
from training.config import OUTCOMES
from training.outcome import Trained, train_outcome
from training.promotion import Decision
from training.release import release
from training.tracking import current

__all__ = ["run_demo"]

_SHOWN = ("tenure_only", "last_score_only", "signals_only", "logistic")
_REVIEWER = "the demo"
_OVERRIDE = "a simulated centre: nobody is scored for real"


@dataclass(frozen=True)
class _Found:
    """What the demo's last screen tells."""

    trained: dict[str, Trained]
    decisions: dict[str, Decision]
    batch: BatchReport
    shown: Score
    pages: dict[str, Path]
    answer: dict[str, Any]


def run_demo(home: Home, centre: Centre, terminal: Terminal) -> None:
    """Walk the whole road and say what was found and where everything lies."""
    with terminal.step(f"Simulating {centre.agents} agents for {centre.days} days") as step:
        written = write(simulate(centre), home, lambda contacts: step.show(f"{contacts:,} contacts"))
        step.said = (
            f"{written['contacts']:,} contacts, {written['surveys']:,} survey answers, {written['exits']:,} exits"
        )
    with terminal.step("Building features") as step:
        built = write_features(home, None, lambda done, total: step.show(f"{done} of {total} dates"))
        step.said = f"{built.rows:,} rows, {len(CATALOG)} features as of {len(built.as_of)} dates"
    trained = {name: _train(home, name, terminal) for name in OUTCOMES}
    decisions = {name: _promote(home, name, terminal) for name in OUTCOMES}
    with terminal.step("Scoring everyone, with reasons") as step:
        batch = score_all(home)
        step.said = f"as of {batch.as_of}"
    with terminal.step("Writing a team report and an agent page"):
        shown = _highest(home)
        pages = {
            "team report": write_reports(home, team=shown.team_id),
            "agent page": write_reports(home, agent=shown.agent_id),
        }
    with terminal.step("Starting the service and asking it for one score") as step:
        answer = _ask_once(home, shown.agent_id)
        step.said = "answered, and stopped"
    _last_screen(home, terminal, _Found(trained, decisions, batch, shown, pages, answer))


def _train(home: Home, outcome: str, terminal: Terminal) -> Trained:
    with terminal.step(f"Training {outcome}") as step:
        trained = train_outcome(home, OUTCOMES[outcome], step.show)
        step.said = f"version {trained.version}, AUROC {trained.metrics.auroc:.2f} on later months"
    return trained


def _promote(home: Home, outcome: str, terminal: Terminal) -> Decision:
    """Ask the gates. Where they leave nobody to score with, the demo overrides them by name, as a person would."""
    with terminal.step(f"Deciding about {outcome}") as step:
        decision = release(home, outcome)
        champion = current(home, outcome)
        if not decision.promote and (champion is None or champion.tags["contract_version"] != contract_version()):
            decision = release(home, outcome, _OVERRIDE, _REVIEWER)
        step.said = decision.reason
    return decision


def _highest(home: Home) -> Score:
    """Someone with a high burnout score, so that the pages have something to tell."""
    store = Store(home)
    try:
        day = store.latest("burnout")
        scores = store.scores("burnout", day) if day else []
    finally:
        store.close()
    return max(scores, key=lambda score: score.probability or 0.0)


def _grant_of_manager(home: Home, shown: Score) -> str:
    """The command that lets the manager of someone in."""
    manager = posts_on(rows(home, "agents"), shown.as_of)["manager_id"].get(shown.agent_id)
    own = "" if manager is None else f" --manager-id {manager}"  # a post may have ended on the very day
    return f"respite access grant lead --role manager --team {shown.team_id}{own} --home {home.root}"


def _ask_once(home: Home, agent: str) -> dict[str, Any]:
    store = Store(home)
    try:
        token = grant(store, Principal(f"demo-{secrets.token_hex(4)}", "hr"), 1, datetime.now(UTC))
    finally:
        store.close()
    with running(home) as address:
        status, answer = ask(
            address, "/v1/scores", {"agent_ids": [agent], "outcome": "burnout", "top_reasons": 3}, token
        )
    if status != 200:
        raise RuntimeError(f"the service answered {status}: {answer}")
    return dict(answer)


def _findings(found: _Found) -> list[tuple[str, ...]]:
    """One row a measure, one column an outcome."""
    columns = []
    for name, trained in found.trained.items():
        m, others, scored = trained.metrics, trained.others, found.batch.outcomes[name]
        columns.append(
            {
                "base rate": f"{m.base_rate:.1%}",
                "AUROC": f"{m.auroc:.2f}",
                **{
                    f"AUROC, {other.replace('_', ' ')}": f"{others[other].auroc:.2f}"
                    for other in _SHOWN
                    if other in others
                },
                "lift among the top 10 %": f"{m.lift_top:.1f}",
                "calibration slope (1 is perfect)": f"{m.calibration_slope:.2f}",
                "families, strongest first": ", ".join(trained.families.index[:3]),
                "scored / abstained": f"{scored['scored']} / {scored['abstained']}",
                "band elevated / high": f"{scored['bands'].get('elevated', 0)} / {scored['bands'].get('high', 0)}",
            }
        )
    return [(measure, *(column[measure] for column in columns)) for measure in columns[0]]


def _last_screen(home: Home, terminal: Terminal, found: _Found) -> None:
    terminal.table("What was found, on months that no model had seen", ["", *found.trained], _findings(found))
    score = found.answer["scores"][0]
    terminal.say(f"\nThe service said of {score['agent_id']}: {score['probability']:.0%} ({score['band']}), because")
    for reason in score["reasons"]:
        terminal.say(f"  {reason['contribution']:+.2f}  {reason['sentence']}")
    places = {**{name: str(path) for name, path in found.pages.items()}, "tables": str(home.raw),
              "feature frame": str(home.features), "scores": str(home.root / "respite.db"),
              "truth of the simulation": str(home.truth)}  # fmt: skip
    terminal.say("")
    terminal.table("Where everything lies", ["what", "where"], places.items())
    mlflow = f"mlflow server --backend-store-uri {home.tracking_uri} --port 5000"
    serve = f"respite access grant you --role hr --home {home.root} && respite serve --home {home.root}"
    terminal.say(f"\nMLflow:  .venv/bin/{mlflow}\n         then open http://127.0.0.1:5000")
    terminal.say(
        f"API:     .venv/bin/{serve.replace('&& ', '&& .venv/bin/')}\n         then open http://127.0.0.1:3000"
    )
    terminal.say(
        f"Manager: .venv/bin/{_grant_of_manager(home, found.shown)}\n         opens this team, and their own offers"
    )
    terminal.say("\nEveryone here is simulated. Nothing on these pages is evidence about real people.")
    terminal.answer(
        {
            "scored": {name: dict(values) for name, values in found.batch.outcomes.items()},
            "decisions": {name: decision.reason for name, decision in found.decisions.items()},
            "answer": json.loads(json.dumps(found.answer)),
            "places": places,
        }
    )
