"""Notices: signed so that a receiver can tell, tried again while it is down, and unable to hold a score."""

import json
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

import serving
from features.errors import ConfigError
from serving.outreach.webhook import DELIVERY, SIGNATURE, Notice, Receiver, UndeliveredError, deliver, sign, verify

SECRET = "s" * 32
AT = datetime(2026, 1, 5, 8, tzinfo=UTC)
SECONDS = int(AT.timestamp())
GIVEN = {
    "kind": "offer", "offer": 7, "reference": "0" * 32, "desk": "manager", "due_on": date(2026, 1, 11),
    "text": "A conversation about support is planned.",
}  # fmt: skip
NOTICE = Notice.model_validate(GIVEN)


class Slept:
    """Counts waits instead of waiting."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.waits.append(seconds)


def send(desk: Any, slept: Slept, **more: Any) -> int:
    return deliver(Receiver(desk.url, SECRET), NOTICE, "one", clock=lambda: AT, sleep=slept, **more)


def test_a_signature_is_the_documented_one() -> None:
    # echo -n '1767600000.{}' | openssl dgst -sha256 -hmac ssssssssssssssssssssssssssssssss
    expected = "t=1767600000,v1=edd043e766369e366125b7e23c638535a18ca27086eb1b659ac6593c9d9c02d1"
    assert sign(SECRET, b"{}", 1767600000) == expected


@settings(deadline=None)
@given(st.binary(), st.integers(0, 2**35), st.integers(-300, 300))
def test_what_was_signed_is_verified_within_five_minutes(body: bytes, at: int, skew: int) -> None:
    assert verify(SECRET, sign(SECRET, body, at), body, at + skew)


@settings(deadline=None)
@given(st.binary(), st.binary(), st.integers(0, 2**35), st.text(min_size=1), st.integers(301, 10_000))
def test_another_body_secret_or_time_is_not(body: bytes, other: bytes, at: int, secret: str, late: int) -> None:
    header = sign(SECRET, body, at)
    assert verify(SECRET, header, other, at) == (other == body)
    assert verify(secret, header, body, at) == (secret == SECRET)
    assert not verify(SECRET, header, body, at + late)
    assert not verify(SECRET, header, body, at - late)
    assert not verify(SECRET, header.replace(f"t={at}", f"t={at + 1}"), body, at)


def test_the_receiver_of_the_documentation_runs_and_agrees() -> None:
    page = (Path(serving.__file__).parents[1] / "docs" / "outreach.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102 - our own page
    header = sign(SECRET, b"[1]", SECONDS)
    for body, now in ((b"[1]", SECONDS), (b"[1]", SECONDS + 301), (b"[2]", SECONDS), (b"[1]", SECONDS - 300)):
        assert names["verify"](SECRET, header, body, now) == verify(SECRET, header, body, now)


def test_the_notice_of_the_documentation_is_one() -> None:
    page = (Path(serving.__file__).parents[1] / "docs" / "outreach.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    assert set(json.loads(Notice.model_validate_json(shown).model_dump_json())) == set(GIVEN)


@settings(deadline=None)
@given(st.text())
def test_a_header_that_is_none_is_not_verified_and_does_no_harm(header: str) -> None:
    assert not verify(SECRET, header, b"{}", SECONDS)


@pytest.mark.parametrize("key", ["score", "band", "probability", "reason", "reasons", "agent_id", "rank", "action"])
@pytest.mark.parametrize("value", [0.42, "high", "elevated", None])
def test_a_notice_cannot_hold_a_score_a_band_a_probability_or_a_reason(key: str, value: object) -> None:
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        Notice.model_validate(GIVEN | {key: value})


@settings(deadline=None)
@given(st.sampled_from(sorted(GIVEN)), st.one_of(st.text(), st.floats(), st.sampled_from(["high", "0.42"])))
def test_no_field_of_a_notice_takes_a_free_text_or_a_fraction(key: str, value: object) -> None:
    if value in ("offer", "overdue", "manager"):
        return
    with pytest.raises(ValidationError):
        Notice.model_validate(GIVEN | {key: value})


def test_a_notice_cannot_be_changed_afterwards() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        NOTICE.text = "score 0.42"  # type: ignore[assignment]


def test_a_post_carries_the_notice_its_signature_and_its_delivery(desk: Any) -> None:
    assert send(desk, Slept()) == 1
    ((headers, body),) = desk.posts
    assert json.loads(body) == json.loads(NOTICE.model_dump_json())
    assert verify(SECRET, headers[SIGNATURE], body, SECONDS)
    assert (headers[DELIVERY], headers["Content-Type"]) == ("one", "application/json")


def test_it_is_tried_again_while_the_receiver_is_down_longer_apart_each_time(desk: Any) -> None:
    desk.statuses, slept = [500, 503, 0, 502], Slept()
    assert send(desk, slept) == 5
    assert slept.waits == [1, 2, 4, 8]
    assert len({headers[DELIVERY] for headers, _ in desk.posts}) == 1


def test_after_the_last_try_it_is_said_and_not_slept_any_more(desk: Any) -> None:
    desk.statuses, slept = [500] * 9, Slept()
    with pytest.raises(
        UndeliveredError, match=r"notice one to 127.0.0.1: it answered 500 \(tries: 3\); it is kept"
    ) as error:
        send(desk, slept, tries=3)
    assert (error.value.refused, error.value.tries) == (False, 3)
    assert (len(desk.posts), slept.waits) == (3, [1, 2])


@pytest.mark.parametrize("status", [301, 307, 400, 401, 404, 410, 422, 429])
def test_what_is_refused_is_not_tried_again_and_a_redirect_is_not_followed(status: int, desk: Any) -> None:
    desk.statuses, slept = [status], Slept()
    with pytest.raises(UndeliveredError, match=f"it answered {status}") as error:
        send(desk, slept)
    assert error.value.refused
    assert (len(desk.posts), slept.waits) == (1, [])


def test_nobody_listening_is_no_refusal(desk: Any) -> None:
    slept = Slept()
    nowhere = Receiver("http://127.0.0.1:1/hook", SECRET)
    with pytest.raises(UndeliveredError, match="it did not answer: ConnectionRefusedError") as error:
        deliver(nowhere, NOTICE, "one", clock=lambda: AT, sleep=slept, tries=2)
    assert (error.value.refused, error.value.tries, slept.waits) == (False, 2, [1])


def test_every_try_is_signed_with_the_time_that_it_is_made_at(desk: Any) -> None:
    desk.statuses, times = [500], iter([AT, datetime(2026, 1, 5, 9, tzinfo=UTC)])
    deliver(Receiver(desk.url, SECRET), NOTICE, "one", clock=lambda: next(times), sleep=Slept())
    first, second = (headers[SIGNATURE].split(",")[0] for headers, _ in desk.posts)
    assert (first, second) == (f"t={SECONDS}", f"t={SECONDS + 3600}")


@pytest.mark.parametrize(
    "url",
    ["http://example.org/hook", "http://localhost/hook", "http://127.0.0.1.example.org/", "ftp://127.0.0.1/", "hook",
     "https://", "https://me:secret@example.org/", "http://127.0.0.1@example.org/", "https://example.org/#x", "",
     "https://example.org:99999/", "https://[", "https://example.org:0/"],
)  # fmt: skip
def test_an_address_that_others_could_read_on_the_way_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match=r"write https://HOST/PATH; http is for 127\.0\.0\.1 alone") as error:
        Receiver(url, SECRET)
    assert "secret" not in str(error.value).replace("RESPITE_WEBHOOK_SECRET", "")


def test_a_secret_is_long_and_never_shown() -> None:
    with pytest.raises(ConfigError, match="has 5 letters; at least 32 are wanted"):
        Receiver("https://example.org/hook", "short")
    assert SECRET not in repr(Receiver("https://example.org/hook", SECRET))


def test_address_and_secret_come_from_the_environment() -> None:
    environ = {"RESPITE_WEBHOOK_URL": "https://example.org/hook", "RESPITE_WEBHOOK_SECRET": SECRET}
    assert Receiver.of(environ) == Receiver("https://example.org/hook", SECRET)
    assert Receiver.of(environ, "https://example.com/").url == "https://example.com/"
    for name in environ:
        with pytest.raises(ConfigError, match=f"{name} is not set"):
            Receiver.of({key: value for key, value in environ.items() if key != name})
