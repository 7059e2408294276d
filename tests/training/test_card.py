"""The model card: it says what a run knows, says what it does not, and needs nothing but itself."""

import json
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.catalog import CATALOG, feature, input_names
from training.card import Card, as_text, card, from_text
from training.card.rows import families, number
from training.evaluate import evaluate, reliability
from training.evaluation.over_time import by_month
from training.evaluation.resampling import Interval, intervals
from training.fairness.comparison import audit
from training.promotion import Gate

VOID = {"meta", "br", "circle", "line", "polyline", "rect"}


class Page(HTMLParser):
    """A page as its tags, in order, with what is open where; text of each tag."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[tuple[str, str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and data.strip():
            self.text.append((self.open[-1], " ".join(data.split())))

    def of(self, tag: str) -> list[str]:
        return [text for name, text in self.text if name == tag]

    @property
    def words(self) -> str:
        return " ".join(text for name, text in self.text if name != "style")


@pytest.fixture(scope="module")
def whole() -> Card:
    """A card of a run that recorded everything."""
    rng = np.random.default_rng(3)
    rows = 1500
    agents = np.array([f"A{i % 150}" for i in range(rows)])
    p = np.clip(rng.beta(2, 9, rows), 0.01, 0.9)
    y = (rng.random(rows) < p).astype(float)
    as_of = pd.Timestamp("2025-01-06") + pd.to_timedelta(rng.integers(0, 100, rows), "D")
    protected = pd.DataFrame(
        [{"agent_id": f"A{i}", "attribute": "gender", "value": ("woman", "man")[i % 2]} for i in range(150)]
    )
    found = audit(protected, y, p, agents, 0.1, as_of, repeats=50)
    return Card(
        "burnout", version="4", run_id="0ee4bceb", trained_on="2025-09-01", instrument="CBI", instrument_version="1",
        scale="work", threshold=50.0, horizon_days=90, gap_days=0,
        dates={
            "train_from": "2024-01-01", "train_to": "2024-09-30", "test_from": "2025-05-30", "test_to": "2025-06-30",
        },
        rows=rows, agents=150, events=int(y.sum()), after_outreach="Nothing was offered.",
        tables={"contacts": 1234567}, contract_version="3f2a91c0",
        features=input_names(),
        measures={"model": evaluate(y, p).as_dict(), "tenure_only": evaluate(y, rng.random(rows)).as_dict()},
        intervals=intervals(y, p, agents, repeats=50),
        advantages={
            "tenure_only": {
                "auroc": Interval(0.1, 0.05, 0.15), "log_loss": Interval(0.02, 0.01, 0.03),
                "brier": Interval(0.01, np.nan, np.nan),
            }
        },
        unseen={"unseen agents": evaluate(y, p).as_dict()}, reliability=reliability(y, p),
        months=by_month(y, p, as_of, agents).reset_index(), fairness_verdict=found.verdict,
        fairness_sentence=found.sentence, fairness_groups=found.groups,
        nonresponse=pd.DataFrame({"assumed": ["all"], "prevalence": [0.2], "mean_score": [0.18], "gap": [0.02]}),
        drivers={"occupancy_excess": 0.2, "tenure": 0.1}, stability=0.83, additivity_error=2e-15,
        lead_days=(14.0, 35.0, 70.0), never_reached=0.61, abstains=("Fewer than 30 contacts in 28 days.",),
        gates=(Gate("calibration slope", 1.34, "0.8 to 1.2", False),), decision="Not promoted.",
        reviewer="the wellbeing team",
        overrides=("Version 3: a reason",), contact="wellbeing@example.org", code_version="0.1.0",
        packages={"lightgbm": "4.7.0"}, parameters={"recipe.members": 5},
    )  # fmt: skip


def test_a_whole_card_says_everything_and_misses_nothing(whole: Card) -> None:
    page = Page(card(whole))
    assert "Missing:" not in page.words
    assert page.words.count("not known") == 1, "an interval that is NaN"
    for said in (
        "A score of 50 or more on the next survey (CBI, scale work) that is submitted within 90 days.",
        "Refused uses: discipline, pay, promotion, termination.", "1,234,567", "3f2a91c0", "+0.100 (0.050 to 0.150)",
        "interval not known", "rank correlation 0.83", "at most 2.0e-15", "35 days before", "61.0 % of all events",
        "Fewer than 30 contacts", "Version 3: a reason", "wellbeing@example.org", "AUROC 0.595", "S-EPMC8901565",
        "lightgbm", "recipe.members", "1.340", "0.8 to 1.2", str(whole.fairness_sentence),
    ):  # fmt: skip
        assert said in page.words, said


def test_measures_stand_beside_baselines_with_intervals_of_the_model(whole: Card) -> None:
    words = Page(card(whole)).words
    low, high = whole.intervals["auroc"][1:]
    expected = (
        f"{whole.measures['model']['auroc']:.3f} {low:.3f} to {high:.3f} {whole.measures['tenure_only']['auroc']:.3f}"
    )
    assert expected in words


def test_a_card_that_was_kept_renders_the_same_page(whole: Card) -> None:
    json.loads(as_text(whole), parse_constant=pytest.fail)  # no NaN, which other readers refuse
    assert card(from_text(as_text(whole))) == card(whole)
    assert card(from_text(as_text(Card("turnover")))) == card(Card("turnover"))


@pytest.mark.parametrize("outcome", ["burnout", "turnover", "left"])
def test_a_bare_card_says_of_every_part_that_it_is_missing(outcome: str) -> None:
    page = Page(card(Card(outcome)))
    for said in (
        "what counts as an event", "the dates of the blocks", "which tables", "which features",
        "measures on months that the model had not seen", "a comparison with simpler scores",
        "measures on people and sites that training had not seen", "how long before an event",
        "observed shares beside mean scores",
        "predicted and actual by month", "what moves the score", "the rules under which nobody is scored",
        "the gates", "versions of packages", "the settings of the run",
    ):  # fmt: skip
        assert re.search(rf"Missing: {said}", page.words), said
    assert "not audited" in page.words
    assert "Not decided yet." in page.words
    assert page.words.count("not set") == 2, "reviewer and contact"


def test_parts_can_be_missing_one_by_one(whole: Card) -> None:
    empty = Card("burnout")
    for name in Card.__dataclass_fields__:
        without = {**vars(whole), name: getattr(empty, name)}
        Page(card(Card(**without)))


def test_the_page_needs_nothing_else(whole: Card) -> None:
    html = card(whole)
    page = Page(html)
    assert not {"script", "link", "img", "iframe", "object", "form"} & {tag for tag, _ in page.tags}
    assert not re.search(r"url\(|@import|@font-face|https?://", html)
    addresses = [value for _, attrs in page.tags for name, value in attrs.items() if name in ("href", "src")]
    assert all(str(address).startswith("#") for address in addresses)


def test_a_reader_who_hears_the_page_finds_the_way(whole: Card) -> None:
    page = Page(card(whole))
    assert page.open == []
    assert ("html", {"lang": "en"}) in page.tags
    assert [tag for tag, _ in page.tags].count("h1") == 1
    count = [tag for tag, _ in page.tags].count
    assert count("table") == count("caption") > 10
    assert all("scope" in attrs for tag, attrs in page.tags if tag == "th")
    assert all(attrs.get("role") == "img" and attrs.get("aria-label") for tag, attrs in page.tags if tag == "svg")
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    targets = [str(attrs["href"])[1:] for tag, attrs in page.tags if tag == "a"]
    assert targets == ids


def luminance(color: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_text_stands_out_from_the_page_in_light_and_dark(whole: Card) -> None:
    themes = re.findall(r":root \{ (--ink: #\w{6};[^}]*)\}", card(whole))
    assert len(themes) == 2
    for theme in themes:
        colors = dict(re.findall(r"--(\w+): (#\w{6})", theme))
        for text in ("ink", "soft", "own", "other"):
            for ground in ("page", "card"):
                light, dark = sorted((luminance(colors[text]), luminance(colors[ground])), reverse=True)
                assert (light + 0.05) / (dark + 0.05) >= 4.5, (text, ground)


@given(text=st.text(min_size=1))
def test_whatever_a_run_recorded_is_text_and_never_markup(text: str) -> None:
    said = f"<script>{text}</script>"
    html = card(
        Card(
            said, version=said, label=said, decision=said, contact=said, reviewer=said, fairness_verdict=said,
            fairness_sentence=said, abstains=[said], overrides=[said], features=[said], tables={said: 1},
            parameters={said: said}, packages={said: said}, drivers={said: 1.0}, measures={said: {"auroc": 0.5}},
            gates=[Gate(said, 1.0, said, True)], dates={"train_from": said}, unseen={said: {}},
            months=pd.DataFrame([{"month": said, "score": 0.1, "observed": 0.1, "low": 0.0, "high": 0.2, "rows": 3}]),
        )
    )  # fmt: skip
    assert "<script" not in html


def test_every_signal_is_listed_once_with_the_direction_that_holds() -> None:
    found = families(input_names(), "burnout")
    signals = [signal for family in found.values() for signal in family]
    bases = {entry.basis or entry.name for name in input_names() if (entry := feature(name))}
    assert len(signals) == len(bases)
    raised = {signal.label for signal in signals if signal.expected == "raises it"}
    assert raised == {entry.label for entry in CATALOG if entry.name in bases and entry.burnout == 1}


def test_a_card_of_any_table_has_its_columns_and_no_limits_of_ours() -> None:
    words = Page(card(Card("left", features=["commute", "site"]))).words
    assert "Columns of the table" in words
    assert "no model of it is put into service" in words
    assert "S-EPMC8901565" not in words


@given(value=st.floats(allow_nan=True, allow_infinity=True))
def test_numbers_are_numbers_or_not_known_and_zero_has_no_sign(value: float) -> None:
    shown = number(value)
    if not np.isfinite(value):
        assert shown == "not known"
    else:
        assert float(shown) == pytest.approx(value, abs=5.1e-4)
        assert shown != "-0.000"
