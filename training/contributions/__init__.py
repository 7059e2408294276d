"""Exact contributions of features to what trees add up to: of single rows at once, of many rows by tables.

`Trees` are boosters with a weight each; `contributions` gives a value for each row and feature, and the base.
"""

from training.contributions.exact import FEW_ROWS, Trees, contributions

__all__ = ["FEW_ROWS", "Trees", "contributions"]
