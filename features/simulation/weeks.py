"""The life of a centre, week by week: seats are filled, exhaustion moves, surveys are answered, people leave."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.simulation.absences import away, check_ins, days_off
from features.simulation.conditions import BUSY, CONDITIONS, MANAGER_SHARE, draw_conditions, season
from features.simulation.exhaustion import EXPOSED, SETTLED, expose, settle, step, strain
from features.simulation.exits import STAYS, draw_exits, exit_rows
from features.simulation.hazards import FADES, INVOLUNTARY, QUIT_PEAK, TRANSFER, VOLUNTARY, hazard, newness
from features.simulation.people import People
from features.simulation.programs import Program, Running
from features.simulation.roster import posts
from features.simulation.seats import NEVER, Seats
from features.simulation.surveys import is_wave, wave_rows
from features.simulation.teams import Teams
from features.simulation.world import World

__all__ = ["live"]

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]
Values = dict[str, Floats]


@dataclass(frozen=True)
class _Staff:
    """Who is on the job in a week: arrays of one entry a taken seat; `staying` are those without notice."""

    week: int
    monday: pd.Timestamp
    seat: Numbers
    who: Numbers
    team: Numbers
    staying: npt.NDArray[np.bool_]


def live(
    seed: np.random.SeedSequence, agents: int, days: int, start: pd.Timestamp, programs: tuple[Program, ...]
) -> World:
    """Let a centre live for some days; every agent has a state for every week on the job."""
    for_lives, for_programs = (np.random.default_rng(part) for part in seed.spawn(2))
    weeks = -(-days // 7)
    people = People.draw(for_lives, agents * (weeks // 3 + 2))  # a seat is filled every three weeks at most
    seats = Seats.taken_by(people.first_staff(for_lives, agents))
    teams = Teams.draw(for_lives, int(seats.team.max()) + 1)
    conditions = draw_conditions(for_lives, seats.team, weeks)
    running = [Running.plan(for_programs, program, len(teams.manager), len(people.trait)) for program in programs]
    world = World(for_lives, for_programs, start, people, seats, teams, conditions, running)
    for week in range(weeks):
        _one_week(world, week, start + pd.Timedelta(weeks=week))
    return world


def _one_week(world: World, week: int, monday: pd.Timestamp) -> None:
    """One week of everyone on the job."""
    _fill(world, week, monday)
    seat = np.flatnonzero(world.seats.agent >= 0)
    leaving = world.seats.leaving[seat]
    staff = _Staff(week, monday, seat, world.seats.agent[seat], world.seats.team[seat], leaving == NEVER)
    now = _now(world, staff)
    bits, absences = away(world.rng, monday, staff.who, world.people.exhaustion[staff.who])
    world.write("absences", absences)
    now["days_off"] = days_off(bits)
    effect = _tire(world, staff, now)
    if is_wave(week):
        world.write("waves", wave_rows(world.rng, week, monday, staff.who, world.people.exhaustion[staff.who]))
    world.write("check_ins", check_ins(world.rng, monday, staff.who, now["support"]))
    drivers = _drivers(world, staff, now)
    hazards = {
        "voluntary": hazard(VOLUNTARY, drivers),
        "involuntary": hazard(INVOLUNTARY, drivers),
        "transfer": np.full(len(staff.who), TRANSFER),
    }
    _note(world, staff, {"away": bits, "program": effect, **now, **drivers}, hazards)
    _leave(world, staff, hazards)


def _fill(world: World, week: int, monday: pd.Timestamp) -> None:
    """New managers and new faces, and the roster rows of both."""
    seats, teams = world.seats, world.teams
    changed = teams.change_managers(world.rng) if week else np.zeros(len(teams.manager), dtype=bool)
    filled = seats.fill(world.rng, week, world.people) if week else np.arange(len(seats.agent))
    new = changed[seats.team]
    new[filled] = True
    rows = np.flatnonzero(new & (seats.agent >= 0))
    world.write("agents", posts(seats.agent[rows], seats.team[rows], teams, world.people, world.start, monday))


def _now(world: World, staff: _Staff) -> Values:
    """The week's conditions of the taken seats, with season and manager."""
    now = {name: world.conditions[name][staff.week, staff.seat] for name in CONDITIONS}
    now["load"] = now["load"] + BUSY * season(staff.monday)
    now["support"] = now["support"] + MANAGER_SHARE * world.teams.quality[staff.team]
    return now


def _tire(world: World, staff: _Staff, now: Values) -> Floats:
    """Move exhaustion and its exposures by a week; what programs changed of the strain."""
    people, who = world.people, staff.who
    effect = np.zeros(len(who))
    for running in world.programs:
        effect += running.effect(world.for_programs, staff.week, staff.monday, who, staff.team, staff.staying)
    weighs = strain(people.susceptibility[who], now) + effect
    if staff.week == 0:
        people.exhaustion[who] = settle(world.rng, people.trait[who], weighs)
        people.exposure[who] = SETTLED * np.column_stack([now[name] for name in EXPOSED])
    people.exhaustion[who] = step(world.rng, people.exhaustion[who], people.trait[who], weighs)
    people.exposure[who] = expose(people.exposure[who], now)
    return effect


def _drivers(world: World, staff: _Staff, now: Values) -> Values:
    """What the hazards are made of."""
    people, who = world.people, staff.who
    employed = staff.week * 7.0 - people.hired_on[who]
    return {
        "exhaustion": people.exhaustion[who],
        "days_employed": employed,
        "newness": newness(employed),
        "log_pay": people.log_pay[who],
        "quit_season": np.full(len(who), season(staff.monday, QUIT_PEAK)),
        "manager": world.teams.quality[staff.team],
        "contagion": world.teams.contagion[staff.team],
        "performance": people.performance[who],
        "schedule": now["schedule"],
        "abuse": now["abuse"],
    }


def _note(world: World, staff: _Staff, values: Mapping[str, npt.NDArray[np.generic]], hazards: Values) -> None:
    """Write the week's truth down."""
    people, who = world.people, staff.who
    post = {"week": staff.week, "monday": staff.monday, "agent": who, "team": staff.team, "at_risk": staff.staying}
    traits = {"trait": people.trait[who], "susceptibility": people.susceptibility[who]}
    exposures = {f"exposure_{name}": people.exposure[who, at] for at, name in enumerate(EXPOSED)}
    chances = {f"hazard_{cause}": chance for cause, chance in hazards.items()}
    world.write("weeks", pd.DataFrame({**post, **traits, **values, **exposures, **chances}))


def _leave(world: World, staff: _Staff, hazards: Values) -> None:
    """Draw notices, let those go whose last day it is, and let the team hear of it."""
    seats, teams = world.seats, world.teams
    kind = draw_exits(world.rng, {cause: chance * staff.staying for cause, chance in hazards.items()})
    leaving = staff.seat[kind != STAYS]
    kind = kind[kind != STAYS]
    last_week, rows = exit_rows(world.rng, staff.week, staff.monday, seats.agent[leaving], kind)
    world.write("exits", rows)
    seats.give_notice(leaving, last_week, kind == "voluntary")
    heads = np.bincount(staff.team, minlength=len(teams.manager))
    notices = np.bincount(seats.team[leaving[kind == "voluntary"]], minlength=len(teams.manager))
    teams.contagion = FADES * teams.contagion + notices / np.maximum(heads, 1)
    seats.empty(staff.week)
