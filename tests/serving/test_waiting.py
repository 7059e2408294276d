"""Rows that wait come back as they were, in their order, and leave nothing behind."""

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from serving.waiting import Waiting

Row = dict[str, str | float | None]
rows = st.dictionaries(st.text(max_size=5), st.none() | st.text() | st.floats(allow_nan=False), max_size=3)


@given(parts=st.lists(st.lists(rows, max_size=4), max_size=4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rows_come_back_in_their_order_as_often_as_one_likes(parts: list[list[Row]], tmp_path: Path) -> None:
    with Waiting(tmp_path) as waiting:
        for part in parts:
            waiting.add(part)
        whole = [row for part in parts for row in part]
        assert len(waiting) == len(whole)
        assert list(waiting) == list(waiting) == whole


def test_the_file_has_no_name_while_it_is_open_and_is_gone_afterwards(tmp_path: Path) -> None:
    with Waiting(tmp_path) as waiting:
        waiting.add([{"agent_id": "A1"}])
        assert list(tmp_path.iterdir()) == []
    assert list(tmp_path.iterdir()) == []
