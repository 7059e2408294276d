"""Columns of a people's table that no model should learn from: identifiers, and what is known only afterwards.

By name, cut into words as in `features.banned`, and by values. Continuous numbers are never identifiers, however
unique they are; whole numbers are, where so few repeat among so many rows that chance does not explain it.
"""

import re

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype, is_object_dtype, is_string_dtype
from scipy.stats import poisson

from features.banned import words

__all__ = ["is_person", "is_post_outcome", "why_avoided", "why_identifier"]

LEAST_VALUES = 20  # below so many different ones, uniqueness says little
NEARLY_ALL = 0.95  # of the rows have a value of their own
BY_CHANCE = 1e-6

_EVENT = "termination|terminated|resignation|separation|leaving|departure|dismissal|offboarding|layoff|attrition|exit"
_POST_OUTCOME = re.compile(
    rf"(^|_)(date_?of|reason_?for|type_of|cause_of)_({_EVENT})(_|$)"
    rf"|(^|_)({_EVENT}|turnover|term|quit)_(date|day|on|at|reason|type|code|cause|comments?|interview|survey)(_|$)"
    r"|(^|_)(termination|terminated|resignation|resigned|offboard(ing|ed)|severance|dismissed|dismissal|laid_off)(_|$)"
    r"|^last_day$|(^|_)last_(working_(day|date)|(day|date)_(of_work|worked|at_work|employed))$"
    r"|(^|_)notice_(date|given|on|served|received|handed_in)(_|$)|(^|_)date_of_notice(_|$)|^notice$"
    r"|(^|_)(employment|service|job)_end(ed)?(_|$)|^end_?date$|(^|_)(rehire_eligib|eligible_for_rehire)"
    r"|(^|_)final_pay(check|ment)?(_|$)|^(termd|reason_left|left_(on|date|reason))$"
)
# of others or of an earlier job, or a duration in the contract: known beforehand
_BEFOREHAND = re.compile(
    r"(^|_)(team|site|department|dept|peers?|colleagues?|rate|share|ratio|count|number|previous|prior|past|period)(_|$)"
)
_PERSON = re.compile(
    r"(^|_)(employee|emp|person|people|agent|worker|staff|associate|teacher|nurse|user|personnel|payroll|member|candidate)"
    r"_?(id|ids|no|nr|num|number|code|key|uuid|guid|ref)$"
    r"|^(id|uid|uuid|guid|employee|agent|worker|person|pnr)$|^e_?mail(_?(address|id))?$"
    r"|(^|_)(work|company|business|private|employee|agent)_e_?mail(_address)?$"
    r"|^(full_|last_|first_|user_?|employee_|agent_|sur)?name$|(^|_)(ssn|social_security(_number)?|badge(_?(id|no|number))?)$"
)
_NUMBERED = re.compile(r"(^|_)(id|ids|no|nr|number|key|uuid|guid|phone|telephone|mobile|passport)$")


def is_post_outcome(column: str) -> bool:
    """Whether a column's name says that it is written when someone leaves.

    Examples
    --------
    >>> is_post_outcome("DateofTermination"), is_post_outcome("exit_reason"), is_post_outcome("notice_days")
    (True, True, False)
    """
    name = words(column)
    return bool(_POST_OUTCOME.search(name)) and not _BEFOREHAND.search(name)


def is_person(column: str) -> bool:
    """Whether a column's name says that it tells people apart.

    Examples
    --------
    >>> is_person("EmployeeNumber"), is_person("e-mail"), is_person("department_id"), is_person("number_of_calls")
    (True, True, False, False)
    """
    return bool(_PERSON.search(words(column)))


def why_avoided(column: pd.Series) -> str | None:
    """Why a column is not learned from, by what it is, or None."""
    if is_post_outcome(str(column.name)):
        return "by its name known only after the outcome; rename it if it is known before"
    return why_identifier(column)


def why_identifier(column: pd.Series) -> str | None:
    """Why a column tells rows apart and says nothing about them, or None where it may be learned from."""
    known, name = column.dropna(), str(column.name)
    number = is_numeric_dtype(column)
    if is_bool_dtype(column) or known.nunique() < LEAST_VALUES or (number and not _is_whole(known)):
        return None
    if not (number or is_string_dtype(column) or is_object_dtype(column)):  # a time
        return None
    if is_person(name):
        return "an identifier, by its name"
    if known.nunique() < NEARLY_ALL * len(known):
        return None
    if not number:
        return "an identifier: nearly every row has a text of its own"
    if _NUMBERED.search(words(name)):
        return "an identifier, by its name: nearly every row has a number of its own"
    if _repeats_too_rarely(known):
        return "an identifier: whole numbers that repeat more rarely than chance allows"
    return None


def _is_whole(known: pd.Series) -> bool:
    numbers = known.to_numpy(dtype=float)
    return bool(np.isfinite(numbers).all() and (numbers == np.floor(numbers)).all())


def _repeats_too_rarely(known: pd.Series) -> bool:
    """Among numbers drawn from a range, repeats are about Poisson; fewest of them where all are equally likely."""
    rows, span = len(known), float(known.max()) - float(known.min()) + 1
    expected = rows + span * np.expm1(rows * np.log1p(-1 / span))
    return bool(poisson.cdf(rows - known.nunique(), expected) < BY_CHANCE)
