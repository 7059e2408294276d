"""Pages that people read: one self-contained HTML file each, no request to anywhere, good on paper.

First the work, then the people. A page's *material* is gathered once for many pages; a *group* is the team that a page
is about, or its site where the team's figures are held; its *standing* are its scores beside everyone's. Nobody is
named to a manager who has not chosen to share: scores of individuals are not for their managers.
"""
