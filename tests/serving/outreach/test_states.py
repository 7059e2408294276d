"""The states of an offer: only what follows is taken, times do not run backward, and what is due is said."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.errors import InputError
from serving.outreach.states import FOLLOWS, OUTCOMES, advance, overdue
from serving.outreach.tables import Offer

NOW = datetime.fromisoformat("2026-01-07 12:00")


def an_offer(state: str | None = "offered") -> Offer:
    return Offer(
        number=7, program="care", state=state, offered_at=datetime.fromisoformat("2026-01-05"), due_on=date(2026, 1, 11)
    )


@settings(deadline=None)
@given(st.lists(st.sampled_from([*FOLLOWS, "lost"]), max_size=8))
def test_an_offer_only_goes_where_the_table_of_states_leads(steps: list[str]) -> None:
    offer, reached = an_offer(), "offered"
    for to in steps:
        said = "helped" if to == "outcome" else None
        if to in FOLLOWS[reached]:
            advance(offer, to, NOW, 14, said)
            reached = to
        else:
            with pytest.raises(InputError, match=f"offer 7 is {reached}, not to be made '{to}'"):
                advance(offer, to, NOW, 14, said)
        assert offer.state == reached
        assert (offer.due_on is None) == (FOLLOWS[reached] == ())


def test_every_state_can_be_reached_and_no_road_is_endless() -> None:
    seen, frontier = {"offered"}, ["offered"]
    for _ in FOLLOWS:
        frontier = [to for state in frontier for to in FOLLOWS[state]]
        seen |= set(frontier)
    assert seen == set(FOLLOWS)
    assert frontier == []


def test_a_refusal_names_what_may_follow() -> None:
    with pytest.raises(
        InputError, match=r"offer 7 is offered, not to be made 'done': what may follow is accepted or d"
    ):
        advance(an_offer(), "done", NOW, 14)
    with pytest.raises(InputError, match="nothing follows; it is closed"):
        advance(an_offer("declined"), "accepted", NOW, 14)


def test_nothing_can_be_recorded_about_a_holdout() -> None:
    with pytest.raises(InputError, match="offer 7 is a holdout of program care"):
        advance(an_offer(None), "accepted", NOW, 14)


def test_a_yes_is_due_when_its_action_starts_and_a_done_is_asked_about() -> None:
    offer = an_offer()
    advance(offer, "accepted", NOW, 14)
    assert (offer.response, offer.responded_at, offer.due_on) == ("accepted", NOW, date(2026, 1, 21))
    advance(offer, "done", NOW + timedelta(days=3), 14)
    assert (offer.done_at, offer.due_on) == (NOW + timedelta(days=3), date(2026, 2, 7))
    advance(offer, "outcome", NOW + timedelta(days=40), 14, "no change")
    assert (offer.outcome, offer.outcome_at) == ("no change", NOW + timedelta(days=40))
    assert offer.response == "accepted"


def test_a_yes_that_becomes_a_no_is_a_no() -> None:
    offer = an_offer()
    advance(offer, "accepted", NOW, 14)
    advance(offer, "declined", NOW + timedelta(days=1), 14)
    assert (offer.response, offer.responded_at) == ("declined", NOW + timedelta(days=1))


def test_time_does_not_run_backward() -> None:
    with pytest.raises(InputError, match="offer 7: 2026-01-04 is before 2026-01-05, when it became offered"):
        advance(an_offer(), "accepted", datetime.fromisoformat("2026-01-04"), 14)


@pytest.mark.parametrize(("to", "said"), [("accepted", "helped"), ("outcome", None), ("outcome", "a miracle")])
def test_an_outcome_is_one_of_those_that_there_are_and_nothing_else_has_one(to: str, said: str | None) -> None:
    with pytest.raises(InputError, match=f"an outcome is {', '.join(OUTCOMES)}"):
        advance(an_offer("done" if to == "outcome" else "offered"), to, NOW, 14, said)


def test_a_step_is_overdue_from_the_day_after_it_was_due() -> None:
    assert not overdue(an_offer(), date(2026, 1, 11))
    assert overdue(an_offer(), date(2026, 1, 12))
    assert not overdue(an_offer("declined"), date(2026, 1, 12))
    assert not overdue(an_offer(None), date(2026, 1, 12))
