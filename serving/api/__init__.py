"""The doors of the service: HTTP, OpenAPI, who is let in, and the log that is written before an answer leaves.

`operations` says which kind of question a path is, `gate` lets in and writes down, `routes` and the BentoML methods
answer, `document` describes all of it. What may be answered is decided in `serving.scoring` and `serving.access`.
"""
