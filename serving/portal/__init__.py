"""The portal: the answers of the API as pages, for people with a browser.

A *page* is a path with the kind of question that it is, what it may be for, and a *view* that makes it from the API's
own answers. A *visit* is one request for a page by someone who is signed in. *Words* are all sentences of the portal
in one language. Everything is rendered here and works without a script.
"""
