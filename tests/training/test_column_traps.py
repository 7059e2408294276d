"""Columns that tell rows apart or are written afterwards; and the many that look a little like it and are neither."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.people.column_traps import is_person, is_post_outcome, why_avoided, why_identifier

ROWS = 400
AFTERWARDS = (
    "termination_date", "DateofTermination", "TerminationReason", "TermReason", "Term Date", "Termd", "exit_date",
    "exit_reason", "ExitInterviewScore", "exit survey", "date_of_exit", "reason_for_leaving", "Reason for Leaving",
    "leaving_date", "date_of_leaving", "last_day", "LastDay", "last_working_day", "LastWorkingDate",
    "last_date_worked", "separation_date", "SeparationType", "notice_date", "NoticeGiven", "date_of_notice",
    "resignation_date", "Resignation", "resigned", "offboarding_started", "offboarded", "quit_date", "quit_reason",
    "severance", "dismissal_reason", "end_date", "EndDate", "employment_end", "employment_end_date",
    "rehire_eligible", "eligible_for_rehire", "departure_date", "attrition_reason", "turnover_date", "final_pay_date",
)  # fmt: skip
BEFOREHAND = (
    "notice_days", "notice_period", "contract_end_date", "leave_days", "leave_type", "annual_leave", "sick_leave",
    "termination_rate_of_team", "team_exits", "team_exit_rate", "previous_resignations", "prior_termination",
    "exit_velocity", "terminal_id", "terms_accepted", "midterm_score", "short_term_contract", "long_term_goal",
    "existing_customers", "flexitime", "quite_often", "separate_office", "last_survey_score", "last_promotion_date",
    "day_of_last_training", "weekend_share", "YearsSinceLastPromotion", "YearsAtCompany", "attrition_cost_index",
    "turnover", "sales_turnover", "BusinessTravel", "stag", "traffic", "distance", "hire_date", "start_date",
)  # fmt: skip


@pytest.mark.parametrize("name", AFTERWARDS)
def test_names_of_leaving_are_known_only_afterwards(name: str) -> None:
    assert is_post_outcome(name)
    assert "known only after the outcome" in str(why_avoided(pd.Series([1.5, 2.5], name=name)))


@pytest.mark.parametrize("name", BEFOREHAND)
def test_names_that_only_sound_like_leaving_are_kept(name: str) -> None:
    assert not is_post_outcome(name)


PERSONS = ("employee_id", "EmployeeNumber", "EmpID", "emp_no", "AgentId", "agent", "id", "ID", "uuid", "person_id",
           "PersonnelNumber", "e-mail", "email", "Email Address", "work_email", "name", "Full Name", "last_name",
           "user_name", "badge_number", "SSN", "StaffCode", "payroll_no", "worker_ref")  # fmt: skip
OTHERS = ("department_id", "team_id", "ManagerID", "EmpStatusID", "PositionID", "number_of_calls", "NumCompaniesWorked",
          "EmployeeCount", "job_name", "site_code", "emails_per_day", "phone_calls", "teacher_support", "JobRole",
          "staff_ratio", "agent_type", "idle_share", "period", "username_changes")  # fmt: skip


@pytest.mark.parametrize("name", PERSONS)
def test_names_that_tell_people_apart_are_known(name: str) -> None:
    assert is_person(name)


@pytest.mark.parametrize("name", OTHERS)
def test_names_of_groups_and_counts_are_no_persons(name: str) -> None:
    assert not is_person(name)


def numbers(of: np.ndarray, name: str = "x") -> pd.Series:
    return pd.Series(of, name=name)


RNG = np.random.default_rng(0)
IDENTIFIERS = {
    "shuffled row numbers": numbers(RNG.permutation(ROWS)),
    "row numbers with gaps": numbers(RNG.permutation(3 * ROWS)[:ROWS] + 10_000),
    "row numbers with empty places": numbers(np.where(np.arange(ROWS) % 9 == 0, np.nan, RNG.permutation(ROWS))),
    "row numbers of which a few repeat": numbers(np.r_[RNG.permutation(ROWS)[:-5], range(5)]),
    "long numbers by name": numbers(RNG.integers(10**9, 10**10, ROWS), "account_number"),
    "phone": numbers(RNG.integers(10**9, 10**10, ROWS), "phone"),
    "texts": numbers(np.array([f"{chr(65 + n % 26)}{n}" for n in range(ROWS)])),
    "employee ids that repeat": numbers(np.repeat(RNG.integers(10**5, 10**6, ROWS // 4), 4), "employee_id"),
    "names that repeat": numbers(np.array([f"N{n // 3}" for n in range(ROWS)]), "name"),
}
FEATURES = {
    "continuous": numbers(RNG.normal(size=ROWS)),
    "continuous called id": numbers(RNG.normal(size=ROWS), "id"),
    "salaries": numbers(RNG.integers(20_000, 90_000, ROWS), "salary"),
    "log-normal salaries": numbers(np.exp(RNG.normal(10, 0.5, ROWS)).astype(int), "MonthlyIncome"),
    "salaries in a wide range": numbers(RNG.integers(0, 10**7, ROWS)),
    "counts": numbers(RNG.poisson(300, ROWS), "number_of_calls"),
    "tenure in days": numbers(RNG.integers(0, 5000, ROWS), "tenure_days"),
    "rates with equal ends": numbers(RNG.integers(2094, 27000, ROWS), "MonthlyRate"),
    "few categories called id": numbers(RNG.integers(0, 6, ROWS), "department_id"),
    "categories": numbers(RNG.choice(["a", "b", "c"], ROWS)),
    "flags": numbers(RNG.random(ROWS) < 0.5),
    "times": numbers(pd.date_range("2025-01-01", periods=ROWS, freq="h").to_numpy(), "hired_at"),
    "few employees": numbers(RNG.integers(0, 6, ROWS), "agent"),
    "infinite": numbers(np.r_[np.inf, np.arange(ROWS - 1)]),
    "empty": numbers(np.full(ROWS, np.nan), "id"),
}


@pytest.mark.parametrize("what", IDENTIFIERS)
def test_identifiers_are_found(what: str) -> None:
    assert str(why_identifier(IDENTIFIERS[what])).startswith("an identifier")


@pytest.mark.parametrize("what", FEATURES)
def test_what_may_be_learned_from_is_kept(what: str) -> None:
    assert why_identifier(FEATURES[what]) is None


@settings(deadline=None, max_examples=150)
@given(st.integers(0, 10**6), st.integers(30, 3000), st.floats(1.0, 7.0))
def test_random_whole_numbers_are_hardly_ever_taken_for_identifiers(seed: int, rows: int, digits: float) -> None:
    drawn = np.random.default_rng(seed).integers(0, int(10**digits) + 2, rows)
    assert why_identifier(numbers(drawn)) is None


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=30, max_size=60, unique=True))
def test_fractions_are_never_identifiers(values: list[float]) -> None:
    assert why_identifier(numbers(np.array([*values, 0.5]), "employee_id")) is None
