"""What a site does otherwise: its own words, people and prices, actions that it has not or has alone, and its help."""

from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, ValidationError, field_validator

from features.errors import ConfigError
from features.ingest.mapping import one_line
from serving.outreach.actions import Action, Catalog, Frozen, Guide, Name, Text, first_error
from serving.outreach.help import Help

__all__ = ["NOTHING", "Change", "Overrides", "Site", "at_site", "checked", "overrides_of"]


class Change(Frozen):
    """What of an action reads otherwise at a site; drivers, level and evidence are the same everywhere."""

    name: Text | None = None
    cost: Text | None = None
    cadence: Text | None = None
    who: Text | None = None
    words: Text | None = None
    guide: Guide | None = None
    queues: tuple[str, ...] | None = None
    start_within_days: int | None = Field(None, ge=1, le=90)


class Site(Frozen):
    """Changes by the id of an action, ids of those that it does without, actions of its own, and where to find help."""

    change: dict[Name, Change] = Field(default_factory=dict)
    without: tuple[Name, ...] = ()
    add: tuple[Action, ...] = ()
    help: tuple[Help, ...] = Field((), max_length=12)

    @field_validator("help")
    @classmethod
    def _named_once(cls, found: tuple[Help, ...]) -> tuple[Help, ...]:
        names = [one.name for one in found]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"{twice[0]!r} is there twice; a name is one service's")
        return found


class Overrides(Frozen):
    """What sites do otherwise, by the site's id."""

    sites: dict[str, Site] = Field(default_factory=dict)

    def help_at(self, site: str) -> tuple[Help, ...]:
        """Where people find help at a site; nothing where it names nobody."""
        own = self.sites.get(site)
        return own.help if own else ()


NOTHING = Overrides()


def at_site(catalog: Catalog, overrides: Overrides, site: str) -> Catalog:
    """The catalog as it holds at a site.

    Raises
    ------
    ConfigError
        The site changes what is not there, or its catalog is none: a word, or a driver without an answer.
    """
    own = overrides.sites.get(site)
    if own is None:
        return catalog
    known = [one.id for one in catalog.actions]
    for unknown in [name for name in (*own.change, *own.without) if name not in known]:
        raise ConfigError(f"outreach.sites.{site}: no action {unknown!r}; those are {', '.join(known)}.")
    try:
        kept = [_changed(one, own.change.get(one.id)) for one in catalog.actions if one.id not in own.without]
        return Catalog(drivers=catalog.drivers, actions=(*kept, *own.add))
    except ValidationError as error:
        raise ConfigError(f"outreach.sites.{site}: {first_error(error)}.") from error


def overrides_of(file: Path, catalog: Catalog) -> Overrides:
    """The section `outreach` of a YAML file, every site of it checked; nothing where there is no section.

    Raises
    ------
    ConfigError
        The file cannot be read, or sets what it may not.
    """
    try:
        found: Any = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except OSError as error:
        raise ConfigError(f"--config {file}: {error.strerror}.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"--config {file}: not a YAML file: {one_line(error)}.") from error
    return checked(found.get("outreach", {}) if isinstance(found, dict) else found, f"--config {file}", catalog)


def checked(section: object, place: str, catalog: Catalog) -> Overrides:
    """The section `outreach` of a configuration, every site of it checked.

    Raises
    ------
    ConfigError
        It sets what it may not; `place` says which configuration.
    """
    try:
        overrides = Overrides.model_validate(section)
    except ValidationError as error:
        raise ConfigError(f"{place}: outreach.{first_error(error)}.") from error
    for site in overrides.sites:
        at_site(catalog, overrides, site)
    return overrides


def _changed(action: Action, change: Change | None) -> Action:
    """Built anew, so that changed words are checked too."""
    return action if change is None else Action(**(dict(action) | change.model_dump(exclude_none=True)))
