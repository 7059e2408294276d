"""What goes in, and what never does."""

import pytest

from features.banned import is_protected, refuse_banned
from features.errors import BannedInputError
from features.tables import TABLES, Table

ALL = pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))


def test_only_contacts_and_agents_are_required() -> None:
    assert [table.name for table in TABLES.values() if table.required] == ["contacts", "agents"]


@ALL
def test_the_columns_that_a_table_names_exist(table: Table) -> None:
    names = [column.name for column in table.columns]
    assert len(names) == len(set(names))
    named = {*table.key, *(name for pair in table.order for name in pair)} | ({table.offset_at} - {None})
    assert named <= set(names)
    assert table.about


@ALL
def test_a_key_is_never_empty_and_ends_with_recorded_at_where_there_are_versions(table: Table) -> None:
    assert all(table.column(name).required or table.column(name).default for name in table.key)
    assert (table.key[-1] == "recorded_at") == table.versioned


@ALL
def test_ranges_have_two_ends_and_a_unit(table: Table) -> None:
    for column in table.columns:
        assert (column.low is None) == (column.high is None)
        if column.low is not None and column.high is not None:
            assert column.low < column.high
            assert column.unit


@ALL
def test_no_column_of_the_contract_is_banned_or_protected(table: Table) -> None:
    refuse_banned((column.name for column in table.columns), table.name)
    assert not any(is_protected(column.name) for column in table.columns)


BANNED = [
    "voice_pitch", "VoicePitch", "voice-pitch", "voice acoustics", "speech_rate", "stress_in_voice", "voice_stress",
    "video_score", "webcam_on", "facial_expression", "body_posture", "eye_tracking", "heart_rate",
    "keystrokes", "keystroke_dynamics", "mouse_dynamics", "mouse_speed", "screenshots",
    "private_chat", "private_messages", "colleague_chat", "union_member", "union_activity",
    "diagnosis", "diagnosis_code", "icd10", "sick_reason",
    "home_postcode", "homePostCode", "home_postal_code", "home_zip", "postcode",
]  # fmt: skip


@pytest.mark.parametrize("column", BANNED)
def test_a_signal_that_is_never_ingested_is_refused_with_place_column_and_reason(column: str) -> None:
    with pytest.raises(BannedInputError) as refused:
        refuse_banned(["talk_s", column], "calls.csv")
    place, said, why = str(refused.value).split(": ", 2)
    assert (place, said) == ("calls.csv", f"column '{column}' is never ingested")
    assert len(why) > 20


ALLOWED = [
    "channel", "voice_minutes", "customer_text", "sentiment", "average_handle_time", "reunion", "surface", "interface",
    "customer_postcode", "tone_of_customer", "chat_count",
]  # fmt: skip


@pytest.mark.parametrize("column", ALLOWED)
def test_an_ordinary_column_is_not_refused(column: str) -> None:
    refuse_banned([column], "calls.csv")


@pytest.mark.parametrize("column", ["age", "Age", "gender", "head_gender", "MaritalStatus", "ethnicity", "birth_date"])
def test_a_protected_attribute_is_recognized(column: str) -> None:
    assert is_protected(column)


@pytest.mark.parametrize("column", ["average_handle_time", "coverage", "wage", "sextile", "agent_id", "page"])
def test_a_column_that_only_sounds_like_one_is_not(column: str) -> None:
    assert not is_protected(column)
