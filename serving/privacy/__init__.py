"""What protects the people that scores are about.

A *release* is one aggregate that was shown: a quantity, a date, a group. Its *cohort* are the people that it is over. A
release is *held* when it would, with what was shown before, tell fewer than the minimum apart. A *pseudonym* names a
person to those who need not know whom. *Erasure* removes one agent everywhere, *retention* everyone after some time.
"""
