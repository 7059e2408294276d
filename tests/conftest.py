"""Fixtures that several tests share: a small simulated centre, hand-made centres, exports on disk, the command line."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest

import respite
from features import Centre, Home, build, simulate, write_features
from features.simulation import write
from features.tables import TABLES, Table

Frames = dict[str, pd.DataFrame]
_DTYPE = {"time": "datetime64[us]", "number": "float64", "flag": "boolean"}
_RECORDED: dict[str, Callable[[dict[str, Any]], Any]] = {
    "contacts": lambda row: row["ended_at"],
    "agents": lambda row: row["valid_from"],
    "shifts": lambda row: row.get("actual_end") or row["published_at"],
    "absences": lambda row: pd.Timestamp(row["end_on"]) + pd.Timedelta(days=1),
    "exits": lambda row: row["notice_on"],
}


@dataclass
class TinyCentre:
    """A centre written by hand, event by event; times are UTC, agents live in `zone` unless told otherwise."""

    zone: str = "UTC"
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {name: [] for name in TABLES})

    def agent(self, agent_id: str, since: str = "2025-01-01", **more: Any) -> None:
        """A post from a day on: team T1, queue q, 40 hours a week."""
        post = {
            "team_id": "T1", "manager_id": "M1", "site_id": "S1", "timezone": self.zone, "queue": "q",
            "employment_type": "full-time", "contracted_h_week": 40.0, "hire_date": since,
        }  # fmt: skip
        self.add("agents", agent_id=agent_id, valid_from=since, **post | more)

    def contact(self, agent_id: str, start: str | pd.Timestamp, minutes: float = 10, **more: Any) -> None:
        """A contact without wrap-up; whatever is not said is not marked (not abusive, not escalated, ...)."""
        at = pd.Timestamp(start)
        flags = dict.fromkeys(("escalated", "transferred", "complaint", "abusive"), False)
        base = {"contact_id": f"C{len(self.rows['contacts']):05d}", "queue": "q", "channel": "voice", "acw_s": 0.0,
                "ended_at": at + pd.Timedelta(minutes=minutes), "talk_s": minutes * 60.0, **flags}  # fmt: skip
        self.add("contacts", agent_id=agent_id, started_at=at, **base | more)

    def contacts(self, agent_id: str, day: str, number: int, minutes: float = 10, **more: Any) -> None:
        """Some contacts one after another from 09:00 on, each followed by five minutes' pause."""
        for position in range(number):
            start = pd.Timestamp(f"{day} 09:00") + pd.Timedelta(minutes=(minutes + 5) * position)
            self.contact(agent_id, start, minutes, **more)

    def shift(self, agent_id: str, start: str, hours: float = 8, worked: bool = True, **more: Any) -> None:
        """A shift published a month ahead and worked as planned, without a break."""
        begin = pd.Timestamp(start)
        end = begin + pd.Timedelta(hours=hours)
        actual = {"actual_start": begin, "actual_end": end, "break_taken_s": 0.0, "aux_s": 0.0} if worked else {}
        base = {"shift_id": f"S{len(self.rows['shifts']):05d}", "scheduled_start": begin, "scheduled_end": end,
                "published_at": begin - pd.Timedelta(days=30), "break_entitled_s": 0.0, "cancelled": False}  # fmt: skip
        self.add("shifts", agent_id=agent_id, **base | actual | more)

    def add(self, table: str, **row: Any) -> None:
        """A row as it is; `recorded_at` follows the contract's default."""
        if table in _RECORDED:
            row = {"recorded_at": _RECORDED[table](row)} | row
        self.rows[table].append(row)

    def frames(self) -> Frames:
        """The tables that have rows, typed as the contract says."""
        return {name: self._frame(TABLES[name], rows) for name, rows in self.rows.items() if rows}

    def _frame(self, table: Table, rows: list[dict[str, Any]]) -> pd.DataFrame:
        frame = pd.DataFrame(rows)
        for column in table.columns:
            if column.name not in frame:
                continue
            if column.kind == "date":
                frame[column.name] = [pd.Timestamp(value).date() for value in frame[column.name]]
            elif column.kind == "time":
                times = [pd.Timestamp(value) for value in frame[column.name]]
                frame[column.name] = pd.Series(times, dtype="datetime64[us]")
            elif column.kind in _DTYPE:
                frame[column.name] = frame[column.name].astype(_DTYPE[column.kind])
        if table.offset_at:
            frame["utc_offset_s"] = self._offsets(frame, table.offset_at)
        return frame

    def _offsets(self, frame: pd.DataFrame, at: str) -> list[int]:
        zones = {row["agent_id"]: row["timezone"] for row in self.rows["agents"]}
        rows = zip(frame["agent_id"], frame[at], strict=True)
        return [offset_s(time, zones[agent]) for agent, time in rows]


def offset_s(at: pd.Timestamp, zone: str) -> int:
    """Seconds from UTC to the clock of a zone at a time."""
    offset = at.tz_localize("UTC").tz_convert(zone).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())


@pytest.fixture(scope="session")
def tiny_centre() -> Callable[..., TinyCentre]:
    """The class of hand-made centres."""
    return TinyCentre


@pytest.fixture(scope="session")
def centre() -> Frames:
    """Every table of a small simulated centre on three continents; tests copy what they change."""
    return simulate(Centre(agents=30, days=133, seed=11)).frames()


@pytest.fixture(scope="session")
def as_of() -> date:
    """A date in the last weeks of `centre`, with 112 days of history before it."""
    return date(2025, 8, 4)


@pytest.fixture(scope="session")
def frame(centre: Frames, as_of: date) -> pd.DataFrame:
    """The feature frame of `centre` as of that date; not to be changed."""
    return build(centre, [as_of])


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home that does not exist yet."""
    return Home(tmp_path / "home")


@pytest.fixture
def export(tmp_path: Path) -> Callable[[Mapping[str, str | pd.DataFrame]], Path]:
    """Write an export: a folder with one CSV file a table, from text or from frames."""

    def write(tables: Mapping[str, str | pd.DataFrame], name: str = "export") -> Path:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        for table, content in tables.items():
            text = content if isinstance(content, str) else content.to_csv(index=False)
            (folder / f"{table}.csv").write_text(text, encoding="utf-8")
        return folder

    return write


class Answer(NamedTuple):
    """What a command ended with and printed."""

    code: int
    out: str
    err: str


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], home: Home) -> Callable[..., Answer]:
    """Run the `respite` command in this process, in a home of its own."""

    def run(*words: object) -> Answer:
        monkeypatch.setattr("sys.argv", ["respite", *(str(word) for word in words)])
        monkeypatch.setenv("RESPITE_HOME", str(home.root))
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            respite.main()
        printed = capsys.readouterr()
        return Answer(int(ended.value.code or 0), printed.out, printed.err)

    return run


@pytest.fixture(scope="session")
def road(tmp_path_factory: pytest.TempPathFactory, quick: dict[str, Any]) -> Home:
    """A home with models and scores: version 1 of both outcomes in charge, version 2 of turnover its challenger.

    Made once per session; tests read it and leave its models and scores as they are.
    """
    home = Home(tmp_path_factory.mktemp("road"))
    _walk(home, quick)
    return home


@pytest.fixture(scope="session")
def quick() -> dict[str, Any]:
    """Settings of both outcomes with one origin and small models, so that a retraining takes seconds."""
    from training.config import OUTCOMES, Boosting, Forest, Recipe

    recipe = Recipe(members=2, boosting=Boosting(trees=40), forest=Forest(trees=8))
    return {name: config.model_copy(update={"folds": 1, "recipe": recipe}) for name, config in OUTCOMES.items()}


def _walk(home: Home, settings: dict[str, Any]) -> None:
    from serving import score_all
    from training.outcome import train_outcome, train_outcomes
    from training.release import release

    write(simulate(Centre(agents=60, days=420, seed=3)), home)
    write_features(home)
    train_outcomes(home, list(settings.values()))
    for outcome in settings:
        release(home, outcome, override="a test", reviewer="the tests")
    train_outcome(home, settings["turnover"])
    score_all(home)
