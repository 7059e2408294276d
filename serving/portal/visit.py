"""One request for a page by someone who is signed in: what was asked, and how a page is made of answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from features.errors import AccessError
from serving.access import Principal
from serving.access.sessions import proof_of
from serving.api.asked import asked
from serving.api.desk import Desk
from serving.portal.words import LANGUAGES, Words
from serving.scoring import Answer

__all__ = ["Moved", "Visit", "rendered"]


@dataclass(frozen=True)
class Moved:
    """After something was written: where to go on, and which sentence says so there."""

    to: str
    said: str = ""


@dataclass(frozen=True)
class Visit:
    """`given` is what address and path say, `form` what was sent, `session` the id that the browser holds."""

    desk: Desk
    who: Principal
    words: Words
    path: str
    session: str
    given: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)

    def read(self, answer: Answer) -> dict[str, Any]:
        """The body of an answer; whom it is about goes into the page's entry in the log."""
        known = asked().answer or Answer({})
        agents = tuple(dict.fromkeys((*known.agents, *answer.agents)))
        groups = dict.fromkeys(filter(None, (*known.group.split("; "), answer.group)))
        asked().answer = Answer({}, agents, "; ".join(groups), answer.model or known.model)
        return answer.body

    def may(self, operation: str) -> bool:
        """Whether a part of a page may be shown to whoever asks."""
        try:
            self.desk.scoring.policy.refuse_operation(self.who, operation)
        except AccessError:
            return False
        return True

    def page(self, template: str, **values: Any) -> str:
        """A page with the header."""
        common = {"header": self.header(), "notice": self.notice(), "form": self.fragment_form()}
        return rendered(template, self.words, **common, **values)

    def notice(self) -> str:
        """What was just done, where the address names it."""
        key = f"said.{self.given.get('said', '')}"
        return self.words(key) if self.words.has(key) else ""

    def entries(self) -> list[dict[str, Any]]:
        """The navigation of whoever asks: pages for their role, which the policy and their token open."""
        from serving.portal.pages import PAGES  # the table names the views, and they name this

        return [
            {"name": page.nav, "path": page.path, "current": self.path == page.path}
            for page in PAGES
            if page.nav and self.who.role in page.roles and self.may(page.operation)
        ]

    def header(self) -> Markup:
        """Navigation, language and sign-out; first in the body of every page."""
        return Markup(  # noqa: S704 - rendered with escaping
            rendered(
                "header.html",
                self.words,
                entries=self.entries(),
                path=self.path,
                who=self.who,
                languages=LANGUAGES,
                form=self.fragment_form(),
            )
        )

    def fragment(self, template: str, **values: Any) -> Markup:
        """A part of a page."""
        return Markup(rendered(template, self.words, form=self.fragment_form(), **values))  # noqa: S704 - rendered with escaping

    def fragment_form(self) -> Markup:
        """The hidden field that every form carries."""
        return Markup('<input type="hidden" name="proof" value="{}">').format(proof_of(self.session))


def rendered(template: str, words: Words, **values: Any) -> str:
    """A template in the words of a language; every value is escaped, and one that is missing is an error."""
    return _templates().get_template(template).render(w=words, **values)


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
