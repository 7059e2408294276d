"""docs/catalog.md, generated from the catalog: `respite catalog` prints it, a test holds the file to it."""

from collections.abc import Iterable

from features.catalog import CATALOG, OPTIONAL, Feature, contract_version, input_names

__all__ = ["catalog_page"]

SOURCES = {
    13: "doi 10.20944/preprints202506.2060.v1 (working hours and burnout)",
    14: "kclpure.kcl.ac.uk (job demands in telephone call centres)",
    16: "pure.psu.edu (The customer is not always right: verbal aggression in call centres)",
    17: "ouci.dntb.gov.ua/works/9jGWdpp7 (customer aggression and the intent to quit)",
    18: "ideas.repec.org/a/inm/ormsom/v23y2021i4p854-875 (customer sentiment and agents' handling times)",
    19: "callcentrehelper.com/occupancy-not-exceed-85 (industry guidance)",
    20: "ouci.dntb.gov.ua/works/7X8EpGY7 (long working hours)",
    21: "oem.bmj.com/content/74/7/496 (quick returns, IRR 1.066)",
    22: "sjweh.fi (direction of shift rotation)",
    23: "PMC7176028 (Sleep Regularity Index)",
    24: "healthworkforce.ucsf.edu (schedule volatility)",
    25: "hks.harvard.edu (Uncertain time)",
    26: "PMC9432722 (micro-breaks, d = 0.36)",
    27: "hrzone.com (Bradford factor)",
    28: "docsbay.net (call-centre tenure)",
    29: "theconversation.com 163146 (contagion of turnover)",
    31: "econstor.eu/handle/10419/226839 (manager attention)",
    32: "siepr.stanford.edu (people management)",
    33: "Does working from home work?",
    36: "doi 10.1080/08839514.2015.1082282 (performance change)",
    37: "S-EPMC8901565 (previous survey scores)",
}

_BLOCKS = """\
## Building blocks

**As of T.** T is a date and stands for 00:00 UTC. A row counts when its day lies before T *and* the UTC day on which it
became known lies before T. A contact becomes known when it is recorded, and not before it ended. A later version of a
row (same id, later `recorded_at`) replaces the earlier one from the UTC day of its `recorded_at` on. `day` is the
agent's local day on which the contact, or the work, started. A window of w days is [T-w, T). Clock features use
the agent's local time, durations UTC; both in whole seconds.

**H** is talk + hold + after-call work, in seconds; hold or after-call work that is unknown counts 0 (`acw_share` is
null where none is on record). A contact is *busy* from `started_at` to
`ended_at` + after-call work, in whole seconds.

**Idle gaps.** An agent's day has n contacts. With their starts S and their busy ends E, *each sorted on its own*, gap i
(i = 1 .. n-1) is max(0, S[i+1] - E[i]): the time between the moment at which everything begun so far had ended and
the next start. The union of the busy intervals is (E[n] - S[1]) less all gaps. A *stretch* ends at a gap of 5 minutes
or more; its length is from its first start to its last end. A *worked half-hour* is one of UTC's half-hours that lies
within S[1] .. E[n] and is not idle throughout; its busy share is 1 - idle / 1800 s.

**Hard contacts** have a customer text score <= -0.5 or are abusive. In the order of (start, busy seconds, hard), a run
of hard contacts ends at one that is not hard and at gap i >= 10 min between contacts i and i+1.

**Work.** A shift counts in the latest version known, from the day on which it had begun (or ended, where an end is on
record). It was *worked* if it has an actual start and was not cancelled; worked time is actual time less breaks taken,
logged time is worked time less auxiliary time, paid time is actual time with breaks. A *working day* has a
worked shift; it begins with its first start and ends with its last end. Where no shifts are known yet as of T, a
day's contacts stand in: worked, logged and paid time run from the first start to the last busy end. Breaks are spread
evenly over their shift for night hours. A shift was changed late if its first version was published, or a later
version moved its start by 30 minutes or newly cancelled it, with less than 7 (14) days' notice before the earlier of
the old and the new start.
Regularity uses 28 days of quarter-hours; a quarter-hour is at work if work covers its beginning.

**Known counts.** Shares divide by the contacts of which it is known (flag, score or answer not null), and are null for
fewer than 30 of them; customers' answers (csat, nps, ces, fcr) for fewer than 10. `contacts_per_hour`, `acw_share`,
`team_load_share`, `log_aht_z`, `concurrency`, `gap_median`, `occupancy_excess` need 30 contacts. Spreads
(`start_sd`, `load_cv`) need 5 working days, `schedule_regularity` a working day in each of its 4 weeks, slopes 4 of
their 8 weeks. Smoothing pulls a share toward the queue's in the same window, with the weight of 50 contacts.

**Own past.** The baseline is [T-112, T-28), cut into three windows of 28 days, each computed as of T; its mean needs
two of them. **Peers** are the agents on the roster with the same queue as of T; comparisons need five.
"""


def catalog_page() -> str:
    """The page as Markdown."""
    read = set(input_names())
    head = (
        "# Catalog of features\n\n"
        f"Generated by `respite catalog`; contract {contract_version()}. {len(CATALOG)} features, of which models read"
        f" {len(read)} unless told\notherwise (marked *), and {len(OPTIONAL)} that are off by default. The sign says"
        " which way an increase is expected to push burnout / turnover\n(0: free). Numbers in brackets are sources,"
        " keyed at the end; [D] is a decision of this project, [M] common knowledge that\nstill wants a primary source,"
        " 'guide'"
        " a founding document on the care of customer-service staff.\n\n"
    )
    parts = [head, _BLOCKS]
    for family in dict.fromkeys(entry.family for entry in CATALOG):
        parts.append(f"\n## {family.capitalize()}\n\n")
        parts.append(_table([entry for entry in CATALOG if entry.family == family], read))
    parts.append("\n## Off by default\n\nComputed with `respite features --with NAME`; no model reads them.\n\n")
    parts.append(_table(OPTIONAL, read))
    parts.append("\n## Sources\n\n" + "".join(f"- [{key}] {name}\n" for key, name in SOURCES.items()))
    return "".join(parts)


def _table(entries: Iterable[Feature], read: set[str]) -> str:
    columns = ("feature", "label", "question", "formula", "unit", "days", "B/T", "actionable", "source")
    rows = [
        (
            f"`{entry.name}`{' *' if entry.name in read else ''}", entry.label, entry.question, entry.formula,
            entry.unit,
            str(entry.window_days or "-"), f"{_sign(entry.burnout)}/{_sign(entry.turnover)}",
            "yes" if entry.actionable else "no", entry.source,
        )
        for entry in entries
    ]  # fmt: skip
    lines = [columns, ("---",) * len(columns), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _sign(direction: int) -> str:
    return {1: "+", -1: "-", 0: "0"}[direction]
