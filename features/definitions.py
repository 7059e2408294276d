"""The raw signals, family by family: what each is called, means, is computed from, and which way it should push.

The building blocks that the formulas name are defined in docs/catalog.md, which is generated from here.
"""

from dataclasses import dataclass
from typing import Literal

__all__ = ["RAW", "Direction", "Family", "Raw"]

Family = Literal["workload", "escalation", "schedule", "sentiment", "context"]
Direction = Literal[-1, 0, 1]


@dataclass(frozen=True)
class Raw:
    """A signal before it is compared with anything.

    `days` is its window; `also` names further windows; `compared` asks for the versions against the own past and
    against peers; `burnout` and `turnover` are the expected sign of an increase (0 is free); `shown` is a format for
    the value in a sentence; `optional` signals are computed on request only.
    """

    name: str
    family: Family
    unit: str
    label: str
    question: str
    formula: str
    source: str
    shown: str
    burnout: Direction = 0
    turnover: Direction = 0
    actionable: bool = True
    days: int = 28
    also: tuple[int, ...] = ()
    compared: bool = False
    optional: bool = False


_SHORT_AND_LONG = (7, 84)

WORKLOAD = (
    Raw("contacts_per_hour", "workload", "1/h", "contacts per logged hour", "How dense is the work?",
        "contacts / logged hours", "[14]", "{:.1f} contacts per logged hour",
        burnout=1, also=_SHORT_AND_LONG, compared=True),
    Raw("occupancy", "workload", "0-1", "occupancy", "How much of logged time goes into contacts?",
        "min(1, H / logged time)", "[19]", "{:.0%} of logged time in contacts", also=_SHORT_AND_LONG, compared=True),
    Raw("occupancy_excess", "workload", "0-0.15", "half-hours above 85 % occupancy", "Is there air between contacts?",
        "mean over worked half-hours of max(0, busy share - 0.85)", "[19]", "{:.1%} above 85 % occupancy on average",
        burnout=1, turnover=1, also=_SHORT_AND_LONG, compared=True),
    Raw("utilization", "workload", "0-1", "utilization", "How much of paid time goes into contacts?",
        "min(1, H / paid time)", "[19]", "{:.0%} of paid time in contacts", also=(84,)),
    Raw("log_aht_z", "workload", "SD", "handling time against the queue", "Do contacts take longer than usual here?",
        "(mean ln H - expected) / SD; expected and variance are the contact queues' own, weighted by the agent's contacts",
        "[18]", "handling time {:+z.2f} SD from the queue's", also=_SHORT_AND_LONG, compared=True),
    Raw("acw_share", "workload", "0-1", "after-call work", "How much of handling is wrap-up?",
        "after-call work / H", "[D]", "{:.0%} of handling time is after-call work", also=(84,), compared=True),
    Raw("gap_median", "workload", "s", "pause between contacts", "How long is a usual pause between contacts?",
        "median over days of the day's median idle gap", "[D]", "{:.0f} seconds between contacts",
        burnout=-1, also=_SHORT_AND_LONG, compared=True),
    Raw("concurrency", "workload", "sessions", "contacts at a time", "How many contacts run side by side?",
        "sum of busy durations / length of their union", "[D]", "{:.2f} contacts at a time", burnout=1, also=(84,),
        compared=True),
    Raw("team_load_share", "workload", "ratio", "share of the team's load", "Is work spread evenly in the team?",
        "agent's contacts / team mean", "guide", "{:.2f} times the team's mean number of contacts",
        burnout=1, also=(84,)),
    Raw("overtime", "workload", "h/week", "overtime", "Is contracted time exceeded?",
        "mean over weeks of max(0, worked hours - contracted hours)", "[13][20]", "{:.1f} hours of overtime a week",
        burnout=1, turnover=1, also=_SHORT_AND_LONG, compared=True),
)  # fmt: skip

ESCALATION = (
    Raw("escalation_rate", "escalation", "0-1", "escalations", "How often does a contact have to go up?",
        "(escalated + 50 p0) / (known + 50), p0 = share among the agents on the same queue", "[16][17]",
        "{:.1%} of contacts escalated", burnout=1, turnover=1, also=_SHORT_AND_LONG, compared=True),
    Raw("escalation_excess", "escalation", "-1..1", "escalations beyond the queue's", "Beyond what the queue brings?",
        "(escalated - sum over contact queues of known x the queue's share) / known", "[16][17]",
        "{:+z.1%} escalations against the queue", burnout=1, turnover=1, also=_SHORT_AND_LONG),
    Raw("transfer_rate", "escalation", "0-1", "transfers", "How often is a contact handed on?",
        "smoothed as escalation_rate", "[D]", "{:.1%} of contacts transferred", also=(84,)),
    Raw("complaint_rate", "escalation", "0-1", "complaints", "How often do customers complain?",
        "smoothed as escalation_rate", "[D]", "{:.1%} of contacts with a complaint", burnout=1, turnover=1, also=(84,),
        compared=True),
    Raw("abuse_per_100", "escalation", "per 100", "abusive contacts", "How often are customers abusive?",
        "100 x abusive / known", "[16][17]", "{:.1f} abusive contacts in 100", burnout=1, turnover=1,
        also=_SHORT_AND_LONG, compared=True),
)  # fmt: skip

SCHEDULE = (
    Raw("quick_returns", "schedule", "count", "rests under 11 hours", "Is there time to rest between shifts?",
        "working days that begin 2 to 11 h after the previous working day's end", "[21]",
        "{:.0f} rests under 11 hours in 28 days", burnout=1, turnover=1, also=_SHORT_AND_LONG, compared=True),
    Raw("start_sd", "schedule", "h", "spread of start times", "Do shifts start at a stable time?",
        "(24 / 2 pi) sqrt(-2 ln R), R = length of the mean of exp(2 pi i h / 24) over working days", "[M]",
        "start times spread by {:.1f} hours", burnout=1, turnover=1, also=(84,), compared=True),
    Raw("schedule_regularity", "schedule", "-100-100", "regularity of the week", "Does a week look like the one before?",
        "100 (2 mean[s(t) = s(t + 168 h)] - 1) over quarter-hours, s = at work or not", "after [23], unvalidated",
        "regularity {:.0f} on a scale of -100 to 100", burnout=-1, turnover=-1, compared=True),
    Raw("load_cv", "schedule", "ratio", "uneven days", "Are days about equally long?",
        "SD / mean of worked hours over working days", "[24]", "daily hours vary by {:.0%}", burnout=1, turnover=1,
        also=(84,), compared=True),
    Raw("late_change_rate", "schedule", "0-1", "late schedule changes", "Are shifts known a week ahead?",
        "shifts added, moved >= 30 min or cancelled with < 7 days' notice / shifts", "[25]",
        "{:.0%} of shifts changed with less than a week's notice", burnout=1, turnover=1, also=_SHORT_AND_LONG,
        compared=True),
    Raw("late_change_rate_14", "schedule", "0-1", "schedule changes within two weeks", "Are shifts known two weeks ahead?",
        "as late_change_rate with < 14 days' notice", "[25]", "{:.0%} of shifts changed with less than two weeks' notice",
        burnout=1, turnover=1),
    Raw("notice_days", "schedule", "days", "notice of shifts", "How long ahead is a shift known?",
        "median over shifts of (scheduled start - published)", "[25]", "shifts known {:.0f} days ahead",
        burnout=-1, turnover=-1, also=(84,), compared=True),
    Raw("backward_rotations", "schedule", "count", "changes to an earlier shift", "Do shifts rotate backward?",
        "working days whose class (early 4-11, late 11-19, night 19-4) is earlier than the previous working day's",
        "[22]", "{:.0f} changes to an earlier shift in 28 days", burnout=1, also=(84,)),
    Raw("night_share", "schedule", "0-1", "night hours", "How much work falls between 23 and 6?",
        "hours in 23-06 / hours", "[21]", "{:.0%} of hours at night", also=(84,)),
    Raw("weekend_share", "schedule", "0-1", "weekend days", "How much work falls on weekends?",
        "working days on Saturday or Sunday / working days", "[D]", "{:.0%} of working days on weekends", also=(84,)),
    Raw("max_consecutive_days", "schedule", "days", "days in a row", "Is there a day off in reach?",
        "longest run of working days that ends in the window", "[D]", "{:.0f} working days in a row", burnout=1,
        also=(84,)),
    Raw("split_days", "schedule", "count", "split days", "Is a working day cut in two?",
        "days with a gap of >= 2 h between two shifts", "[D]", "{:.0f} split days in 28 days", burnout=1, also=(84,)),
    Raw("missed_break_rate", "schedule", "0-1", "missed breaks", "Are breaks taken?",
        "entitled break time not taken / entitled", "[26]", "{:.0%} of break time missed", burnout=1,
        also=_SHORT_AND_LONG, compared=True),
    Raw("long_stretch", "schedule", "count", "long stretches without a break", "Is there a pause every two hours?",
        "stretches of contacts > 2 h without an idle gap of 5 min", "[D]",
        "{:.0f} stretches of over two hours without a break in 28 days", burnout=1, also=_SHORT_AND_LONG, compared=True),
    Raw("adherence", "schedule", "0-1", "adherence", "Is work where the schedule says?",
        "worked time inside the schedule / scheduled time, over worked shifts", "[D]",
        "{:.0%} of scheduled time worked", also=(84,)),
    Raw("after_hours_share", "schedule", "0-1", "work outside the schedule", "Does work end when the shift ends?",
        "worked time outside the schedule / worked time", "guide", "{:.0%} of work outside scheduled time", burnout=1,
        also=_SHORT_AND_LONG, compared=True),
)  # fmt: skip

# the customer's words and answers, never the agent's
SENTIMENT = (
    Raw("sentiment_mean", "sentiment", "-1..1", "tone of customers", "How do customers sound?",
        "mean score of customer text", "[18]", "customers' tone {:+z.2f} on a scale of -1 to 1", actionable=False,
        also=_SHORT_AND_LONG, compared=True),
    Raw("negative_share", "sentiment", "0-1", "negative contacts", "How many contacts are hard to listen to?",
        "share of scored contacts with score <= -0.5", "[18]", "{:.0%} of contacts with a negative customer", burnout=1,
        also=_SHORT_AND_LONG, compared=True),
    Raw("emotional_load", "sentiment", "index", "emotional load", "How much time is spent with unhappy customers?",
        "sum(max(0, -score) x H in hours) / logged hours", "[18]", "emotional load of {:.3f}", burnout=1,
        also=_SHORT_AND_LONG, compared=True),
    Raw("hard_run", "sentiment", "count", "hard contacts in a row", "Is there a breather after a hard contact?",
        "longest run of hard contacts of a day with no idle gap of 10 min", "[D]",
        "up to {:.0f} hard contacts in a row without ten minutes' pause", burnout=1, also=_SHORT_AND_LONG,
        compared=True),
    Raw("sentiment_slope", "sentiment", "1/week", "trend of customers' tone", "Is it getting harder?",
        "Theil-Sen slope of the weekly mean score, 8 weeks", "[D]", "customers' tone changes by {:+z.3f} a week",
        burnout=-1, actionable=False, days=56),
    Raw("csat", "sentiment", "0-1", "satisfied customers", "Are customers satisfied?",
        "(answers of 4 or 5 + 50 p0) / (answers + 50), p0 = share on the same queue", "guide",
        "{:.0%} of customers satisfied", actionable=False, also=(84,), compared=True),
    Raw("csat_slope", "sentiment", "1/week", "trend of satisfaction", "Is satisfaction changing?",
        "Theil-Sen slope of the weekly share of 4 or 5, 8 weeks", "guide", "satisfaction changes by {:+z.1%} a week",
        actionable=False, days=56),
    Raw("nps", "sentiment", "-1..1", "net promoters", "Would customers recommend?",
        "(9 or 10 - 0 to 6 + 50 p0) / (answers + 50), p0 = the same balance on the queue", "guide",
        "net promoters of {:+z.0%}", actionable=False, also=(84,), compared=True),
    Raw("nps_slope", "sentiment", "1/week", "trend of net promoters", "Is willingness to recommend changing?",
        "Theil-Sen slope of the weekly net promoters, 8 weeks", "guide", "net promoters change by {:+z.1%} a week",
        actionable=False, days=56),
    Raw("fcr", "sentiment", "0-1", "solved at first contact", "Is it solved the first time?",
        "(resolved + 50 p0) / (known + 50), as the export records it", "guide", "{:.0%} of contacts solved",
        actionable=False, also=(84,), compared=True),
    Raw("fcr_slope", "sentiment", "1/week", "trend of first-contact solution", "Is less solved the first time?",
        "Theil-Sen slope of the weekly share resolved, 8 weeks", "guide", "solved contacts change by {:+z.1%} a week",
        actionable=False, days=56),
    Raw("ces", "sentiment", "1..7", "customer effort", "How hard is it for customers?",
        "(sum + 50 m0) / (answers + 50), m0 = mean on the same queue", "guide", "customer effort of {:.1f} on 1 to 7",
        actionable=False, also=(84,), compared=True),
    Raw("ces_slope", "sentiment", "1/week", "trend of customer effort", "Is it getting harder for customers?",
        "Theil-Sen slope of the weekly mean, 8 weeks", "guide", "customer effort changes by {:+z.2f} a week",
        actionable=False, days=56),
    Raw("agent_sentiment", "sentiment", "-1..1", "tone of the agent's own words", "How does the agent write?",
        "mean score of the agent's side, where the export brings one", "[D]", "own tone {:+z.2f} on a scale of -1 to 1",
        actionable=False, optional=True),
)  # fmt: skip

CONTEXT = (
    Raw("tenure", "context", "ln days", "time with the company", "How long on the job?",
        "ln(1 + days since hire)", "[28]", "{:.1f} (logarithm of days) with the company", actionable=False, days=0),
    Raw("new_hire", "context", "flag", "first 90 days", "Still new?",
        "1 up to 90 days after hire", "[28]", "in the first 90 days", actionable=False, days=0),
    Raw("one_to_one_gap", "context", "days", "days since the last one-to-one", "When did somebody last ask?",
        "days since the last check-in (up to 180, and to the time on the job)", "[31][32]",
        "{:.0f} days since the last one-to-one", burnout=1, turnover=1, days=180),
    Raw("unplanned_spells", "context", "count", "short-notice absences", "Has the body said stop?",
        "unplanned absence spells begun in 90 days", "[14]", "{:.0f} unplanned absences in 90 days",
        burnout=1, turnover=1, actionable=False, days=90),
    Raw("bradford", "context", "points", "Bradford factor", "How are absences spread?",
        "S^2 x D over 364 days, S = unplanned spells, D = their days", "[27], disability-discrimination risk",
        "{:.0f} points", actionable=False, days=364, optional=True),
    Raw("team_quit_rate", "context", "0-1", "leavers in the team", "Are colleagues leaving?",
        "voluntary exits of teammates by notice in 90 days / teammates", "[29]", "{:.0%} of the team gave notice",
        turnover=1, actionable=False, days=90),
    Raw("manager_change", "context", "flag", "new manager", "Did the manager change?",
        "1 if the manager 180 days ago was another", "[M]", "a new manager within 180 days", actionable=False, days=180),
    Raw("span", "context", "count", "span of the manager", "How many people share one manager?",
        "agents with the same manager", "[M]", "{:.0f} people report to the manager", days=0),
    Raw("team_size", "context", "count", "size of the team", "How large is the team?",
        "agents in the same team", "[M]", "{:.0f} people in the team", days=0),
    Raw("remote_share", "context", "0-1", "remote work", "How much work is done remotely?",
        "remote / worked hours", "[33]", "{:.0%} of hours worked remotely", also=(84,)),
    Raw("last_survey_score", "context", "points", "last burnout survey", "What did the agent last say?",
        "latest submitted score, up to 200 days old", "[37]", "{:.0f} points in the last survey",
        burnout=1, turnover=1, actionable=False, days=200),
)  # fmt: skip

RAW: tuple[Raw, ...] = WORKLOAD + ESCALATION + SCHEDULE + SENTIMENT + CONTEXT
