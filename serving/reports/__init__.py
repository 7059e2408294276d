"""Pages that people read: one self-contained HTML file each, no request to anywhere, good on paper.

First the work, then the people. A team page names nobody: scores of individuals are not for their managers.
"""
