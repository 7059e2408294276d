"""Wrong tokens are counted by address and minute."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.api.problems import Refusal
from serving.portal.limits import Tries


def refused(tries: Tries, address: str) -> bool:
    try:
        tries.refuse(address)
    except Refusal:
        return True
    return False


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 40)), max_size=40), st.integers(1, 5))
def test_an_address_waits_once_it_was_wrong_too_often_in_a_minute(steps: list[tuple[str, int]], most: int) -> None:
    now = [0.0]
    tries, wrong = Tries(most, lambda: now[0]), dict[str, list[float]]()
    for address, wait in steps:
        now[0] += wait
        times = wrong.setdefault(address, [])
        if times and now[0] - times[0] >= 60:
            times.clear()  # its minute is over
        assert refused(tries, address) is (len(times) >= most)
        if len(times) < most:
            tries.wrong(address)
            times.append(now[0])


def test_the_refusal_says_how_long() -> None:
    tries = Tries(1, lambda: 10.0)
    tries.wrong("a")
    with pytest.raises(Refusal, match="try again in 61 seconds") as refusal:
        tries.refuse("a")
    assert refusal.value.status == 429


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving.portal.limits._ADDRESSES", 10)
    tries = Tries(1, lambda: 0.0)
    for number in range(100):
        tries.wrong(str(number))
    assert len(tries._wrong) == 10
    assert refused(tries, "0")
