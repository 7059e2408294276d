"""What customers wrote is scored on its way in, and then forgotten unless somebody decided otherwise."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from features.ingest.judge import KEPT

__all__ = ["BATCH", "score_texts"]

BATCH = 20_000  # texts in memory at a time


def score_texts(db: Any, scorer: str | Path | None, has_sentiment: bool) -> int:
    """Make `scores` (row of `judged`, sentiment) for kept rows that have a text and no sentiment; how many got one.

    Parameters
    ----------
    scorer
        As for `features.text.load_scorer`; without it, that function's default.
    has_sentiment
        Whether `judged` has sentiments, beside which a text is not scored.
    """
    db.execute("CREATE TABLE scores (_row BIGINT, sentiment DOUBLE)")
    without = "AND sentiment IS NULL" if has_sentiment else ""
    unscored = f"FROM work.judged WHERE {KEPT} AND customer_text IS NOT NULL {without}"
    if not db.execute(f"SELECT 1 {unscored} LIMIT 1").fetchall():
        return 0
    from features.text import load_scorer

    loaded = load_scorer(scorer) if scorer else load_scorer()
    texts = db.cursor().execute(f"SELECT rowid, customer_text {unscored}")
    while batch := texts.fetchmany(BATCH):
        rows, said = zip(*batch, strict=True)
        scores = np.asarray(loaded.score(list(said)), dtype=np.float64)
        db.register("batch", pa.table({"_row": pa.array(rows), "sentiment": pa.array(scores, mask=np.isnan(scores))}))
        db.execute("INSERT INTO scores FROM batch WHERE sentiment IS NOT NULL")
        db.unregister("batch")
    return int(db.execute("SELECT count(*) FROM scores").fetchone()[0])
