"""The plan of a week: capacity, cool-down, consent, one lot a person, and the same plan whatever the order of rows."""

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from features.errors import InputError
from serving.outreach.plan import Arm, Candidate, Entry, Former, Rules, drawn, plan, rules_of

MONDAY = date(2026, 1, 5)
PROGRAM = "care"
agent_ids = st.integers(0, 60).map(lambda number: f"A{number:02d}")
managers = st.sampled_from(["M1", "M2", "M3"])
candidates = st.lists(
    st.builds(Candidate, agent_ids, managers, st.sampled_from([0.1, 0.2, 0.2, 0.5, 0.9])),
    unique_by=lambda one: one.agent_id,
    max_size=50,
)
formers = st.lists(
    st.builds(
        Former,
        agent_ids,
        managers,
        st.sampled_from([PROGRAM, "other"]),
        st.sampled_from(["offer", "holdout"]),
        st.sampled_from([-30, -9, -7, -6, -2, -1, 0, 1, 2]).map(lambda weeks: MONDAY + timedelta(weeks=weeks)),
    ),
    max_size=60,
)
refusals = st.sets(agent_ids, max_size=20)
rules = st.builds(
    lambda capacity, cool, share, seed: rules_of(
        week=MONDAY, program=PROGRAM, capacity=capacity, cool_down_days=cool, holdout=share, seed=seed
    ),
    st.integers(0, 6),
    st.sampled_from([7, 8, 14, 15, 42, 43, 49, 50]),
    st.sampled_from([0.0, 0.1, 0.3, 0.5]),
    st.integers(0, 2**31),
)


@settings(deadline=None)
@given(candidates, formers, refusals, rules)
def test_offers_never_exceed_the_capacity_of_a_manager(
    people: list[Candidate], former: list[Former], refused: set[str], given_rules: Rules
) -> None:
    made = plan(people, former, refused, given_rules)
    there = Counter(one.manager_id for one in former if one.week == MONDAY and one.arm == "offer")
    for manager, count in Counter(one.manager_id for one in made if one.arm == "offer").items():
        assert count + there[manager] <= given_rules.capacity


@settings(deadline=None)
@given(candidates, formers, refusals, rules)
def test_nobody_is_in_the_plan_within_the_cool_down(
    people: list[Candidate], former: list[Former], refused: set[str], given_rules: Rules
) -> None:
    for one in plan(people, former, refused, given_rules):
        weeks = [other.week for other in former if other.agent_id == one.agent_id]
        assert all(abs((MONDAY - week).days) >= given_rules.cool_down_days for week in weeks)


@settings(deadline=None)
@given(candidates, formers, refusals, rules)
def test_nobody_who_opted_out_or_refused_is_in_the_plan_in_either_arm(
    people: list[Candidate], former: list[Former], refused: set[str], given_rules: Rules
) -> None:
    assert not {one.agent_id for one in plan(people, former, refused, given_rules)} & refused


@settings(deadline=None)
@given(candidates, formers, refusals, rules, st.randoms(use_true_random=False))
def test_the_same_seed_gives_the_same_plan_whatever_the_order_of_rows(
    people: list[Candidate], former: list[Former], refused: set[str], given_rules: Rules, random: Random
) -> None:
    made = plan(people, former, refused, given_rules)
    shuffled, mixed = people[:], former[:]
    random.shuffle(shuffled)
    random.shuffle(mixed)
    assert plan(shuffled, mixed, frozenset(refused), given_rules) == made


@settings(deadline=None)
@given(candidates, formers, refusals, rules)
def test_planning_twice_is_planning_once(
    people: list[Candidate], former: list[Former], refused: set[str], given_rules: Rules
) -> None:
    made = plan(people, former, refused, given_rules)
    again = [Former(one.agent_id, one.manager_id, PROGRAM, one.arm, MONDAY) for one in made]
    assert plan(people, [*former, *again], refused, given_rules) == ()


@settings(deadline=None)
@given(candidates, formers, refusals, rules)
def test_the_fast_plan_is_the_obvious_one(
    people: list[Candidate], former: list[Former], refused: set[str], given_rules: Rules
) -> None:
    made = plan(people, former, refused, given_rules)
    assert {one.agent_id: one.arm for one in made} == obvious(people, former, refused, given_rules)


def obvious(people: list[Candidate], former: list[Former], refused: set[str], given_rules: Rules) -> dict[str, Arm]:
    """Again and again the highest ranked who may still have their turn, until there is none."""
    taken: dict[str, Arm] = {}
    order = plan([Candidate(one.agent_id, "all", one.rank) for one in people], [], set(), free(given_rules))
    for entry in order:
        (one,) = [other for other in people if other.agent_id == entry.agent_id]
        own = [other for other in former if other.agent_id == one.agent_id]
        made = [
            taken[other.agent_id] for other in people if other.manager_id == one.manager_id and other.agent_id in taken
        ]
        made += [o.arm for o in former if o.manager_id == one.manager_id and o.week == MONDAY]
        if one.agent_id in refused or made.count("offer") >= given_rules.capacity:
            continue
        if any(abs((MONDAY - other.week).days) < given_rules.cool_down_days for other in own):
            continue
        before = sorted((o for o in own if o.program == PROGRAM), key=lambda o: (o.week, o.arm))
        taken[one.agent_id] = before[0].arm if before else drawn(given_rules, one.agent_id)
    return taken


def free(given_rules: Rules) -> Rules:
    """The same lot and order, with room for everyone."""
    return given_rules.model_copy(update={"capacity": 1000})


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**31), st.sampled_from([0.05, 0.1, 0.2, 0.5]), st.integers(1, 5))
def test_the_share_held_out_is_within_its_binomial_interval(seed: int, share: float, capacity: int) -> None:
    given_rules = rules_of(week=MONDAY, capacity=capacity, holdout=share, seed=seed)
    people = [Candidate(f"A{n:04d}", f"M{n % 100:02d}", n * 37 % 1500 / 1500) for n in range(1500)]
    made = plan(people, [], set(), given_rules)
    held = sum(one.arm == "holdout" for one in made)
    low, high = binom.interval(1 - 1e-9, len(made), share)
    assert low <= held <= high


@settings(deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 6))
def test_a_person_stays_in_their_arm_while_a_program_runs(seed: int, later: int) -> None:
    people = [Candidate(f"A{n:02d}", "M1", n / 100) for n in range(30)]
    first = rules_of(week=MONDAY, capacity=30, holdout=0.3, seed=seed)
    arms = {one.agent_id: one.arm for one in plan(people, [], set(), first)}
    next_time = first.model_copy(update={"week": MONDAY + timedelta(weeks=6 * later)})
    assert {one.agent_id: one.arm for one in plan(people, [], set(), next_time)} == arms


def test_an_arm_on_record_counts_even_if_seed_and_share_were_changed(rules: Callable[..., Rules]) -> None:
    people = [Candidate(f"A{n:02d}", "M1", n / 100) for n in range(30)]
    arms = {one.agent_id: one.arm for one in plan(people, [], set(), rules(capacity=30, holdout=0.4, seed=1))}
    assert set(arms.values()) == {"offer", "holdout"}
    record = [Former(agent, "M1", PROGRAM, arm, MONDAY) for agent, arm in arms.items()]
    later = rules(week=MONDAY + timedelta(weeks=8), capacity=30, holdout=0.0, seed=2)
    assert {one.agent_id: one.arm for one in plan(people, record, set(), later)} == arms


def test_of_two_arms_on_record_the_first_counts(rules: Callable[..., Rules]) -> None:
    earlier, later = MONDAY - timedelta(weeks=30), MONDAY - timedelta(weeks=20)
    orders: list[tuple[Arm, Arm]] = [("offer", "holdout"), ("holdout", "offer")]
    for first, second in orders:
        record = [Former("A1", "M1", PROGRAM, first, earlier), Former("A1", "M1", PROGRAM, second, later)]
        assert plan([Candidate("A1", "M1", 0.5)], record, set(), rules()) == (Entry("A1", "M1", first),)


@pytest.mark.parametrize(("cool_down", "there"), [(35, True), (36, False), (42, False)])
def test_a_turn_comes_again_on_the_first_monday_after_the_cool_down(
    cool_down: int, there: bool, rules: Callable[..., Rules]
) -> None:
    record = [Former("A1", "M1", "other", "offer", MONDAY - timedelta(weeks=5))]
    made = plan([Candidate("A1", "M1", 0.5)], record, set(), rules(cool_down_days=cool_down))
    assert bool(made) == there


def test_another_program_draws_its_own_lot(rules: Callable[..., Rules]) -> None:
    arms = {p: [drawn(rules(program=p, holdout=0.5), f"A{n}") for n in range(200)] for p in ("care", "peers")}
    assert arms["care"] != arms["peers"]


def test_whether_a_turn_comes_does_not_depend_on_ones_own_arm(rules: Callable[..., Rules]) -> None:
    people = [Candidate(f"A{n}", "M1", -n) for n in range(12)]
    for seed in range(50):
        drawing = rules(capacity=3, holdout=0.4, seed=seed)
        made = plan(people, [], set(), drawing)
        for entry in made:
            other: Arm = "offer" if entry.arm == "holdout" else "holdout"
            turned = [Former(entry.agent_id, "M1", PROGRAM, other, MONDAY - timedelta(weeks=52))]
            assert entry.agent_id in {one.agent_id for one in plan(people, turned, set(), drawing)}


def test_the_highest_ranked_come_first_and_holdouts_use_no_capacity(rules: Callable[..., Rules]) -> None:
    people = [Candidate(f"A{n}", "M1", n / 10) for n in range(9)]
    assert plan(people, [], set(), rules()) == (Entry("A8", "M1", "offer"), Entry("A7", "M1", "offer"))
    held = [Former("A8", "M1", PROGRAM, "holdout", MONDAY - timedelta(weeks=20))]
    made = plan(people, held, set(), rules())
    assert [(one.agent_id, one.arm) for one in made] == [("A8", "holdout"), ("A7", "offer"), ("A6", "offer")]


def test_who_is_first_of_equals_changes_from_week_to_week(rules: Callable[..., Rules]) -> None:
    people = [Candidate(f"A{n}", "M1", 0.5) for n in range(9)]
    weeks = [MONDAY + timedelta(weeks=number) for number in range(20)]
    assert len({plan(people, [], set(), rules(week=week, capacity=1))[0].agent_id for week in weeks}) > 1


def test_any_day_stands_for_its_week(rules: Callable[..., Rules]) -> None:
    assert rules(week=date(2026, 1, 11)).week == MONDAY


@pytest.mark.parametrize(
    ("option", "value"),
    [("capacity", -1), ("cool_down_days", 3), ("holdout", 0.9), ("program", ""), ("program", "a\nb"), ("seed", "x")],
)
def test_a_rule_out_of_its_range_is_refused_by_the_name_of_its_option(option: str, value: Any) -> None:
    with pytest.raises(InputError, match=f"--{option.replace('_', '-')} "):
        rules_of(**{"week": MONDAY, option: value})


def test_a_candidate_twice_or_without_a_rank_is_refused(rules: Callable[..., Rules]) -> None:
    one = Candidate("A1", "M1", 0.5)
    with pytest.raises(InputError, match="agent 'A1' is a candidate twice"):
        plan([one, one], [], set(), rules())
    with pytest.raises(InputError, match="agent 'A1' has rank nan"):
        plan([Candidate("A1", "M1", float("nan"))], [], set(), rules())
