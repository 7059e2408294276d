"""The languages say the same: same keys, same placeholders, and every key of a template is there."""

import re
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import serving.portal
from serving.access.principal import ROLES
from serving.outreach.states import FOLLOWS, OUTCOMES
from serving.outreach.words import refuse_words
from serving.portal.pages import PAGES
from serving.portal.words import LANGUAGES, preferred, words_in

FOLDER = Path(serving.portal.__file__).parent
KEYS = re.compile(r'w\("([a-z0-9_. ]+)"')


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_keys_and_placeholders(language: str) -> None:
    first, other = words_in(LANGUAGES[0]).sentences, words_in(language).sentences
    assert set(other) == set(first)
    assert {k: placeholders(v) for k, v in other.items()} == {k: placeholders(v) for k, v in first.items()}
    assert all(sentence.strip() for sentence in other.values())


def test_the_second_language_is_another_one() -> None:
    english, german = (words_in(language).sentences for language in LANGUAGES)
    same = [key for key, sentence in english.items() if german[key] == sentence]
    assert len(same) < len(english) / 10, same


@pytest.mark.parametrize("template", sorted((FOLDER / "templates").glob("*.html")), ids=lambda path: path.stem)
def test_every_sentence_that_a_template_names_is_there(template: Path) -> None:
    named = set(KEYS.findall(template.read_text(encoding="utf-8")))
    ends = {key for key in named if key.endswith(".")}  # the rest of the key comes from a value
    assert named - ends <= set(words_in("en").sentences)
    assert all(any(known.startswith(key) for known in words_in("en").sentences) for key in ends)


def test_every_value_that_completes_a_key_has_its_sentence() -> None:
    known = set(words_in("en").sentences)
    assert {f"nav.{page.nav}" for page in PAGES if page.nav} <= known
    assert {f"home.about.{page.nav}" for page in PAGES if page.nav} <= known
    assert {f"nav.role.{role}" for role in ROLES} <= known
    assert {f"home.lead.{role}" for role in ROLES if role != "service"} <= known
    assert {f"state.{state}" for state in FOLLOWS} | {f"outcome.{outcome}" for outcome in OUTCOMES} <= known
    assert {f"offer.became_of.{state}" for after in FOLLOWS.values() for state in after} <= known
    assert {f"language.{language}" for language in LANGUAGES} <= known


@pytest.mark.parametrize("sentence", words_in("en").sentences.values())
def test_no_sentence_speaks_of_causes_or_of_people_as_risks(sentence: str) -> None:
    assert refuse_words(sentence) == sentence


@given(st.text(max_size=60))
def test_any_header_leads_to_a_language_that_there_is(header: str) -> None:
    assert preferred(None, None, header) in LANGUAGES


@pytest.mark.parametrize(
    ("asked", "kept", "accepted", "found"),
    [
        ("de", "en", "en", "de"),
        (None, "de", "en", "de"),
        ("tlh", None, "de-CH,en;q=0.5", "de"),
        (None, None, "en;q=0.5, de;q=0.9", "de"),
        (None, None, "de;q=0, en;q=0.1", "en"),
        (None, None, "fr", "en"),
    ],
)
def test_the_language_is_the_one_asked_for_then_kept_then_preferred(
    asked: str | None, kept: str | None, accepted: str, found: str
) -> None:
    assert preferred(asked, kept, accepted) == found
