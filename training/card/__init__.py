"""The model card: what a run knows of its model, on one HTML page that needs nothing else.

`Card` holds what is known, `card` renders it, `card_of` fills it from a retraining, and `as_text` and `from_text` keep
it beside the run as `DATA`, so that the `PAGE` can be rendered anew once a decision has been made.
"""

from training.card.kept import DATA, PAGE, as_text, from_text
from training.card.page import Card, card
from training.card.run import card_of

__all__ = ["DATA", "PAGE", "Card", "as_text", "card", "card_of", "from_text"]
