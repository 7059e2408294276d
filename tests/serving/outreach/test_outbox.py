"""The outbox: told once, kept until it arrives, dropped when overtaken, and nothing of an erased agent left to send."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from serving import Store
from serving.consent import StoppedError, turn
from serving.consent import record as decide
from serving.outreach.offers import find, record
from serving.outreach.outbox import Sent, enqueue, send_waiting, waiting
from serving.outreach.tables import Offer
from serving.outreach.webhook import DELIVERY, Receiver

SECRET = "s" * 32
MONDAY, AFTER = date(2026, 1, 5), date(2026, 1, 12)
NOW = datetime(2026, 1, 7, 12, tzinfo=UTC)


def send(store: Store, desk: Any) -> Sent:
    return send_waiting(store, Receiver(desk.url, SECRET), clock=lambda: NOW, sleep=lambda seconds: None)


def kinds(store: Store) -> list[tuple[int, str]]:
    return [(row.offer, row.kind) for row in waiting(store)]


def test_an_offer_is_told_once_and_what_is_overdue_once(store: Store, offered: list[Offer], desk: Any) -> None:
    first, second = (one.number for one in offered)
    assert enqueue(store, MONDAY - timedelta(days=1), NOW) == 0
    assert enqueue(store, MONDAY, NOW) == 2
    assert enqueue(store, MONDAY, NOW) == 0
    assert send(store, desk) == Sent(2, 0, ())
    assert enqueue(store, AFTER, NOW) == 2
    assert kinds(store) == [(first, "overdue"), (second, "overdue")]
    assert send(store, desk) == Sent(2, 0, ())
    assert enqueue(store, AFTER + timedelta(days=30), NOW) == 0
    assert [json.loads(body)["kind"] for _, body in desk.posts] == ["offer", "offer", "overdue", "overdue"]


def test_what_is_sent_names_neither_agent_nor_action_nor_manager(store: Store, offered: list[Offer], desk: Any) -> None:
    enqueue(store, AFTER, NOW)
    send(store, desk)
    for headers, body in desk.posts:
        said = json.loads(body)
        assert set(said) == {"kind", "offer", "reference", "desk", "due_on", "text"}
        told = str(headers) + body.decode().replace(said["reference"], "")
        for secret in ("A1", "A2", "M1", "T1", "S1", "check-in", "care"):
            assert secret not in told.replace(said["reference"], "")


def test_what_did_not_arrive_is_kept_with_the_reason_and_sent_next_time(
    store: Store, offered: list[Offer], desk: Any
) -> None:
    enqueue(store, MONDAY, NOW)
    desk.statuses = [503] * 5
    failed = send(store, desk)
    assert (failed.sent, failed.waiting, len(failed.errors), len(desk.posts)) == (0, 2, 1, 5)
    first, second = waiting(store)
    assert (first.tries, second.tries) == (5, 0)
    assert first.error == failed.errors[0]
    assert "it answered 503" in first.error
    assert send(store, desk) == Sent(2, 0, ())
    assert len({headers[DELIVERY] for headers, _ in desk.posts}) == 2


def test_a_notice_that_is_refused_does_not_hold_up_the_others(store: Store, offered: list[Offer], desk: Any) -> None:
    enqueue(store, MONDAY, NOW)
    desk.statuses = [422]
    done = send(store, desk)
    assert (done.sent, done.waiting, len(done.errors)) == (1, 1, 1)


def test_what_was_overtaken_is_not_sent(store: Store, offered: list[Offer], desk: Any) -> None:
    first, second = (one.number for one in offered)
    enqueue(store, AFTER, NOW)
    record(store, first, "declined", NOW, "hr", start_within=lambda _: 14)
    record(store, second, "accepted", NOW, "hr", start_within=lambda _: 14)
    assert enqueue(store, AFTER, NOW) == 0
    assert kinds(store) == []
    later = AFTER + timedelta(days=30)
    assert enqueue(store, later, NOW) == 1
    assert kinds(store) == [(second, "overdue")]
    assert send(store, desk).sent == 1


def test_a_step_that_is_late_again_is_told_again(store: Store, offered: list[Offer], desk: Any) -> None:
    number = offered[0].number
    enqueue(store, AFTER, NOW)
    send(store, desk)
    record(store, number, "accepted", NOW + timedelta(days=6), "hr", start_within=lambda _: 14)
    assert enqueue(store, AFTER, NOW) == 0
    assert enqueue(store, date(2026, 2, 1), NOW) == 1
    assert find(store, number).due_on == waiting(store)[0].due_on


def test_a_notice_about_someone_who_opted_out_meanwhile_is_dropped(store: Store, offered: list[Offer]) -> None:
    enqueue(store, MONDAY, NOW)
    decide(store, "A1", "outreach", False, NOW)
    enqueue(store, MONDAY, NOW)
    assert [row.agent_id for row in waiting(store)] == ["A2"]


def test_nothing_is_sent_while_respite_is_stopped(store: Store, offered: list[Offer], desk: Any) -> None:
    enqueue(store, MONDAY, NOW)
    turn(store, True, "the works council asked", "the officer", NOW)
    with pytest.raises(StoppedError):
        send(store, desk)
    assert desk.posts == []


def test_it_waits_in_postgresql_too(either_store: Store, person: Any, rules: Any, desk: Any) -> None:
    from serving.outreach.offers import plan_week

    plan_week(either_store, [person("A1")], rules())
    assert enqueue(either_store, AFTER, NOW) == 2
    assert send(either_store, desk) == Sent(2, 0, ())
