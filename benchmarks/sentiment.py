"""Sentiment scorers on real messages of customers: quality against people's labels, and speed.

Run from the repository: python -m benchmarks.sentiment [MESSAGES.csv TEXT LABEL]; by default the customers' messages to
airlines in ../shared/data. Prints a table and writes benchmarks/sentiment.json. Speed is messages per second of
processor time, best of three. A slow scorer gets a thousand of the messages.
"""

import json
import random
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from features.errors import ConfigError
from features.text import CLASSES, Labels, Texts, load_scorer
from features.text.quality import Messages, Quality, quality_of, read_messages
from features.text.training import train_scorer

TWEETS = Path(__file__).parents[2] / "shared" / "data" / "customer_tweets.csv.gz"
SLOW = 1_000  # messages for a slow scorer


@dataclass
class Vader:
    """VADER as it comes, with the thresholds that its authors name."""

    name: str = "VADER"

    def __post_init__(self) -> None:
        self._analyzer = SentimentIntensityAnalyzer()

    def score(self, texts: Texts) -> list[float]:
        return [self._analyzer.polarity_scores(text)["compound"] for text in texts]

    def label(self, texts: Texts) -> Labels:
        return ["negative" if s <= -0.05 else "positive" if s >= 0.05 else "neutral" for s in self.score(texts)]


def main() -> None:
    path, text, label = sys.argv[1:4] if len(sys.argv) > 3 else (TWEETS, "text", "airline_sentiment")
    messages = read_messages(Path(path), text, label)
    rows = [
        _row("VADER", messages, Vader()),
        _row("lexicon", messages, load_scorer()),
        _trained(messages),
    ]
    try:
        rows.append(_row(f"embedding, {SLOW:,} drawn", _drawn(messages, SLOW), load_scorer("embedding"), repeats=1))
    except ConfigError as error:
        print(error)
    print(
        f"{'scorer':28}{'messages':>9}{'accuracy':>9}{'macro F1':>9}{''.join(f'{c:>9}' for c in CLASSES)}{'per s':>9}"
    )
    for row in rows:
        f1 = "".join(f"{value:9.3f}" for value in row["f1"].values())
        print(
            f"{row['scorer']:28}{row['messages']:9,}{row['accuracy']:9.3f}{row['macro_f1']:9.3f}{f1}{row['per_s']:9,}"
        )
    Path(__file__).with_suffix(".json").write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


def _row(name: str, messages: Messages, scorer: Any, repeats: int = 3) -> dict[str, Any]:
    quality = quality_of(messages.labels, scorer.label(messages.texts))
    return _told(name, messages, quality, _seconds(lambda: scorer.score(messages.texts), repeats))


def _trained(messages: Messages) -> dict[str, Any]:
    began = time.process_time()
    scorer = train_scorer(messages.texts, messages.labels, trained_on=date(2026, 3, 2))
    trained_s = round(time.process_time() - began, 1)
    quality = Quality(scorer.about.accuracy, scorer.about.macro_f1, scorer.about.f1)
    took = _seconds(lambda: scorer.score(messages.texts), 3)
    return _told("trained, 5-fold", messages, quality, took) | {"training_with_folds_s": trained_s}


def _told(name: str, messages: Messages, quality: Quality, took: float) -> dict[str, Any]:
    rounded = {key: round(value, 4) for key, value in asdict(quality).items() if key != "f1"}
    f1 = {key: round(value, 4) for key, value in quality.f1.items()}
    return {
        "scorer": name,
        "messages": len(messages.texts),
        **rounded,
        "f1": f1,
        "per_s": round(len(messages.texts) / took),
    }


def _seconds(run: Callable[[], object], repeats: int) -> float:
    times = []
    for _ in range(repeats):
        began = time.process_time()
        run()
        times.append(time.process_time() - began)
    return min(times)


def _drawn(messages: Messages, size: int) -> Messages:
    chosen = sorted(random.Random(20250801).sample(range(len(messages.texts)), size))  # noqa: S311 - a draw, no secret
    return Messages(messages.source, [messages.texts[at] for at in chosen], [messages.labels[at] for at in chosen])


if __name__ == "__main__":
    main()
