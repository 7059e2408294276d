"""Who benefits from offers, which is not who is at risk.

The *benefit* of an offer is how much better an outcome is with it than without. It is learned from people whose arm a
*lot* drew, and from nobody else. The *Qini curve* says what offers in some order bring beside offers at random; the
*gain* is what the order by benefit brings beyond that by risk, on people whom no model had seen.

`training.uplift.study` makes such a study; it is not imported here, because who reads one needs none of its libraries.
"""

from training.uplift.model import BenefitModel
from training.uplift.result import RANKED_BY, Uplift, read_uplift

__all__ = ["RANKED_BY", "BenefitModel", "Uplift", "read_uplift"]
