"""What may be shown: no combination of releases isolates anyone, over filters and over weeks."""

from datetime import date, timedelta

import numpy as np
import pytest

from serving.privacy.disclosure import leverages
from serving.privacy.policy import PrivacyPolicy
from serving.privacy.releases import Release, Releases

DAY = date(2026, 3, 2)
TENURES = ("new", "settled", "long")


def people(first: int, last: int) -> set[str]:
    return {f"P{number:03d}" for number in range(first, last)}


def test_a_group_under_the_minimum_is_held_with_the_reason() -> None:
    found = Releases().admit("work", DAY, "team A", people(0, 9))
    assert found.people is None
    assert found.why == "fewer than 10 people"


def test_the_last_team_of_a_site_is_held_when_it_would_show_a_small_one() -> None:
    releases = Releases()
    assert releases.admit("work", DAY, "site S", people(0, 37)).people
    assert releases.admit("work", DAY, "team A", people(0, 15)).people
    held = releases.admit("work", DAY, "team B", people(15, 30))  # the site less A and B is a team of seven
    assert held.people is None
    assert "with what was shown before" in held.why


def test_who_leaves_is_carried_and_who_joins_waits() -> None:
    releases = Releases()
    releases.admit("work", DAY, "team A", people(0, 20))
    week = DAY + timedelta(days=7)
    now = (people(0, 20) - {"P003"}) | {"P900"}
    assert releases.admit("work", week, "team A", now, now | people(0, 20)).people == people(0, 20)


def test_a_cohort_that_cannot_be_carried_is_held() -> None:
    releases = Releases()
    releases.admit("work", DAY, "team A", people(0, 20))
    assert releases.admit("work", DAY + timedelta(days=7), "team A", people(1, 20)).people is None


def test_the_minimum_of_newcomers_joins_the_cohort_together() -> None:
    releases = Releases()
    releases.admit("work", DAY, "team A", people(0, 20))
    assert releases.admit("work", DAY + timedelta(days=7), "team A", people(0, 29)).people == people(0, 20)
    assert releases.admit("work", DAY + timedelta(days=14), "team A", people(0, 30)).people == people(0, 30)


def test_memory_ends_and_quantities_are_apart() -> None:
    releases = Releases()
    releases.admit("burnout", DAY, "team A", people(0, 20))
    assert releases.admit("turnover", DAY, "team A", people(1, 20)).people == people(1, 20)
    later = DAY + timedelta(days=PrivacyPolicy().memory_days + 1)
    assert releases.admit("burnout", later, "team A", people(1, 20)).people == people(1, 20)


def test_asking_twice_is_asking_once() -> None:
    releases = Releases()
    first = releases.admit("work", DAY, "team A", people(0, 20))
    assert releases.admit("work", DAY, "team A", people(0, 20)) == first
    assert len(releases.shown) == 1


class Centre:
    """Some 150 people over 20 weeks with a value each; every week some leave, some come, one changes the team."""

    def __init__(self, seed: int) -> None:
        self.rng, self.next = np.random.default_rng(seed), 0
        self.posts: dict[str, tuple[int, int, int]] = {}
        self.values: dict[str, float] = {}
        for _ in range(150):
            self.join()

    def join(self) -> None:
        name = f"P{self.next:03d}"
        self.next += 1
        self.posts[name] = (int(self.rng.integers(9)), int(self.rng.integers(3)), int(self.rng.integers(3)))
        self.values[name] = float(self.rng.beta(2, 8))

    def week(self) -> None:
        for name in self.rng.choice(sorted(self.posts), 2, replace=False):
            del self.posts[str(name)]
        self.join()
        moved = str(self.rng.choice(sorted(self.posts)))
        self.posts[moved] = (int(self.rng.integers(9)), *self.posts[moved][1:])

    def groups(self) -> dict[str, set[str]]:
        """Every filter that a page could offer: all, site, team, queue, tenure, and two of them together."""
        found: dict[str, set[str]] = {}
        for name, (team, queue, tenure) in self.posts.items():
            labels = (
                "all", f"site {team // 3}", f"team {team}", f"queue {queue}", f"tenure {TENURES[tenure]}",
                f"site {team // 3} queue {queue}", f"team {team} queue {queue}", f"site {team // 3} tenure {tenure}",
            )  # fmt: skip
            for label in labels:
                found.setdefault(label, set()).add(name)
        return found


def shown_to_a_reader(seed: int, guarded: bool) -> tuple[Centre, list[Release]]:
    """Twenty weeks of every filter; without the guard, every group of at least ten is shown as it is."""
    centre, releases = Centre(seed), Releases(PrivacyPolicy(memory_days=365))
    for week in range(20):
        day = DAY + timedelta(days=7 * week)
        for label, members in sorted(centre.groups().items()):
            if guarded:
                releases.admit("burnout", day, label, members, set(centre.values))
            elif len(members) >= 10:
                releases.shown.append(Release("burnout", day, label, frozenset(members)))
        centre.week()
    return centre, releases.shown


def attack(centre: Centre, shown: list[Release]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Least squares over all that was shown: truth, the best guess, and what is guessed from the mean alone."""
    names = sorted(set().union(*(release.people for release in shown)))
    rows = np.array([[name in people for name in names] for people in {r.people for r in shown}], dtype=float)
    truth = np.array([centre.values[name] for name in names])
    mean = float(np.mean(list(centre.values.values())))
    guess = mean + np.linalg.lstsq(rows, rows @ (truth - mean), rcond=None)[0]
    return truth, guess, np.full(len(names), mean)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_without_the_policy_least_squares_recovers_individuals(seed: int) -> None:
    centre, shown = shown_to_a_reader(seed, guarded=False)
    truth, guess, _ = attack(centre, shown)
    assert (np.abs(guess - truth) < 1e-6).sum() >= 20


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_with_the_policy_nobody_is_recovered(seed: int) -> None:
    centre, shown = shown_to_a_reader(seed, guarded=True)
    truth, guess, mean = attack(centre, shown)
    assert len({release.group for release in shown}) >= 8, "a policy that shows nothing proves nothing"
    assert max(leverages([release.people for release in shown]).values()) <= 0.1 + 1e-9
    assert (np.abs(guess - truth) < 1e-6).sum() == 0
    explained = 1 - ((guess - truth) ** 2).sum() / ((mean - truth) ** 2).sum()
    assert explained <= 0.2  # a tenth is expected at most; without the policy it is nearly all
    close, by_chance = (np.abs(guess - truth) < 0.01).sum(), (np.abs(mean - truth) < 0.01).sum()
    assert close <= by_chance + 15


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_groups_are_still_shown_in_most_weeks(seed: int) -> None:
    _, shown = shown_to_a_reader(seed, guarded=True)
    weeks = {release.as_of for release in shown if release.group == "all"}
    assert len(weeks) >= 18
