"""Does outreach reach every group alike, and is the score as right about each of them?

To be *selected* is to be among those whom outreach can reach. The *impact ratio* of a group is its selection rate over
the highest one; under *four-fifths* it is reported. The *verdict* says what was compared; it never says "fair".
"""

from training.fairness.comparison import MEASURES_COMPARED, Audit, audit
from training.fairness.offers import offer_rates

__all__ = ["MEASURES_COMPARED", "Audit", "audit", "offer_rates"]
