"""Drafts: what followed the longest run of equal tokens, and how far its places agree."""

from __future__ import annotations

import random
from collections import Counter

from dovetail_models.engine.draft import (
    ALONE,
    FEW_AGREE,
    LONGEST_DRAFT,
    LONGEST_MATCH,
    MANY_AGREE,
    MOST_AGREE,
    NO_DRAFT,
    SOME_AGREE,
    Drafts,
    kind_of,
)


def drafted(sources: list[list[int]], text: list[int], ends: frozenset[int] = frozenset()) -> tuple[int, ...]:
    return Drafts(sources, text, 0, ends).propose().tokens


def test_the_longest_match_wins_and_of_equal_ones_the_last() -> None:
    assert drafted([[1, 2, 3, 40], [9, 3, 50]], [7, 2, 3]) == (40,)
    assert drafted([[2, 3, 40], [2, 3, 50]], [7, 2, 3]) == (50,)
    assert drafted([[2, 3, 40]], [2, 3, 60, 2, 3]) == (60, 2, 3)


def test_of_several_places_most_decide() -> None:
    sources = [[2, 3, 40, 1], [2, 3, 40, 6], [2, 3, 40, 6], [2, 3, 50, 9]]
    draft = Drafts(sources, [7, 2, 3], 0).propose()
    assert draft.tokens == (40, 6)
    assert draft.kinds == (kind_of(2, MOST_AGREE), kind_of(3, MOST_AGREE))


def test_how_far_places_agree() -> None:
    for next_tokens, agreement in (
        ([4], ALONE),
        ([4, 4], FEW_AGREE),
        ([4] * 5, MANY_AGREE),
        ([4, 4, 5], MOST_AGREE),
        ([4, 5], SOME_AGREE),
    ):
        assert Drafts([[3, token] for token in next_tokens], [3], 0).propose().kinds == (kind_of(1, agreement),)


def test_no_match_no_draft() -> None:
    assert Drafts([[1, 2]], [3], 0).propose() == NO_DRAFT
    assert Drafts([[1, 2]], [2], 0).propose() == NO_DRAFT, "nothing followed there"
    assert Drafts([], [], 0).propose() == NO_DRAFT
    assert Drafts([[1]], [], 0).propose() == NO_DRAFT


def test_what_is_added_is_text() -> None:
    drafts = Drafts([[1, 2, 3]], [5], 2)
    drafts.add(1)
    assert drafts.propose().tokens == (2, 3)
    drafts.add(2)
    assert drafts.propose().tokens == (3,)
    drafts.add(77)  # Beyond the room that was asked for.
    assert drafts.propose().tokens == (3,)


def test_matches_do_not_reach_from_one_source_into_the_next() -> None:
    assert drafted([[8, 1], [2, 9]], [8, 1, 2]) == (9,)
    assert Drafts([[3, 1]], [1], 0).propose() == NO_DRAFT


def test_a_draft_ends_before_a_token_that_ends() -> None:
    assert drafted([[1, 2, 3, 4, 5]], [1], frozenset({4})) == (2, 3)
    assert Drafts([[1, 2]], [1], 0, frozenset({2})).propose() == NO_DRAFT


def test_random_texts_against_a_plain_search() -> None:
    dice = random.Random(6)
    for _ in range(500):
        sources = [[dice.randrange(4) for _ in range(dice.randrange(30))] for _ in range(dice.randrange(3))]
        text = [dice.randrange(4) for _ in range(dice.randrange(1, 20))]
        assert drafted(sources, text) == plainly(sources, text)


def plainly(sources: list[list[int]], text: list[int]) -> tuple[int, ...]:
    found = []
    for run in (*sources, text):
        for end in range(1, len(run)):
            match = 0
            while match < min(LONGEST_MATCH, end, len(text)) and run[end - 1 - match] == text[-1 - match]:
                match += 1
            found.append((match, run[end:]))
    best = max((match for match, _ in found), default=0)
    rests = [rest for match, rest in found if match == best and best]
    draft: list[int] = []
    while rests and len(draft) < LONGEST_DRAFT:
        counts = Counter(rest[0] for rest in rests)
        most, last = max(counts.values()), rests[-1][0]
        draft.append(last if counts[last] == most else min(token for token in counts if counts[token] == most))
        rests = [rest[1:] for rest in rests if rest[0] == draft[-1] and len(rest) > 1]
    return tuple(draft)
