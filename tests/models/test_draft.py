"""Drafts: what followed the longest run of equal tokens."""

from __future__ import annotations

import random

from dovetail_models.engine.draft import LONGEST_DRAFT, LONGEST_MATCH, NO_DRAFT, Draft, Drafts


def test_the_longest_match_wins_and_of_equal_ones_the_last() -> None:
    assert Drafts([[1, 2, 3, 40], [9, 3, 50]], [7, 2, 3], 0).propose() == Draft(2, (40,))
    assert Drafts([[2, 3, 40], [2, 3, 50]], [7, 2, 3], 0).propose() == Draft(2, (50,))
    assert Drafts([[2, 3, 40]], [2, 3, 60, 2, 3], 0).propose() == Draft(2, (60, 2, 3))


def test_no_match_no_draft() -> None:
    assert Drafts([[1, 2]], [3], 0).propose() == NO_DRAFT
    assert Drafts([[1, 2]], [2], 0).propose() == NO_DRAFT, "nothing followed there"
    assert Drafts([], [], 0).propose() == NO_DRAFT
    assert Drafts([[1]], [], 0).propose() == NO_DRAFT


def test_what_is_added_is_text() -> None:
    drafts = Drafts([[1, 2, 3]], [5], 2)
    drafts.add(1)
    assert drafts.propose() == Draft(1, (2, 3))
    drafts.add(2)
    assert drafts.propose() == Draft(2, (3,))
    drafts.add(77)  # Beyond the room that was asked for.
    assert drafts.propose() == Draft(2, (3,))


def test_matches_do_not_reach_from_one_source_into_the_next() -> None:
    assert Drafts([[8, 1], [2, 9]], [8, 1, 2], 0).propose() == Draft(1, (9,))
    assert Drafts([[3, 1]], [1], 0).propose() == NO_DRAFT


def test_a_draft_ends_before_a_token_that_ends() -> None:
    assert Drafts([[1, 2, 3, 4, 5]], [1], 0, frozenset({4})).propose() == Draft(1, (2, 3))
    assert Drafts([[1, 2]], [1], 0, frozenset({2})).propose() == NO_DRAFT


def test_random_texts_against_a_plain_search() -> None:
    dice = random.Random(6)
    for _ in range(500):
        sources = [[dice.randrange(4) for _ in range(dice.randrange(30))] for _ in range(dice.randrange(3))]
        text = [dice.randrange(4) for _ in range(dice.randrange(1, 20))]
        found = []
        for run in (*sources, text):
            for end in range(1, len(run)):
                match = 0
                while match < min(LONGEST_MATCH, end, len(text)) and run[end - 1 - match] == text[-1 - match]:
                    match += 1
                found.append((match, run[end : end + LONGEST_DRAFT]))
        best = max((match for match, _ in found), default=0)
        expected = next((Draft(best, tuple(run)) for match, run in reversed(found) if match == best), NO_DRAFT)
        assert Drafts(sources, text, 0).propose() == (expected if best else NO_DRAFT)
