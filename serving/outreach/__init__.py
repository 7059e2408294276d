"""Outreach that happens: which support fits, whom it is offered to this week, and what came of it.

An *action* is something that the organization can do; a *driver* is a group of signals that speak of one thing. A
*program* runs for some time under one name. Its *plan* of a week says who is offered what; by lot, some stay *holdout*:
nothing is offered to them under the program, so that one can tell later whether it helped. The *cool-down* is the time
after an offer in which the same person gets no other. A *notice* tells another system that something is to be done.
*Help* is whom people can turn to at a site, whatever they are offered.
"""
