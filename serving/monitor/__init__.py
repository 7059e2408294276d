"""Whether scores can still be trusted: fresh, made from what looks like training, and coming true.

*Drift* is a difference between now and training that chance does not explain. An *estimated* performance is one without
labels, from the scores themselves; a *realized* one is from labels that have become known.
"""
