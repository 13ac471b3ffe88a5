"""Finding unknown members in the text of a model."""

from __future__ import annotations

import pytest

from dovetail.completion.postprocessing.unknown_members import UnknownMember, first_unknown_member
from dovetail_context.members import Members

TILL = Members(("open", "close"), frozenset({"till.py"}))
MEMBERS = {"till.": TILL, "x = self.till.": TILL, "a::": Members(("B",)), "p->": Members(("next",))}


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("till.shut()", "till."),
        ("x = self.till.shut", "x = self.till."),
        ("a::C::new()", "a::"),
        ("p->prev", "p->"),
        ("till.open(); unknown.shut()", None),  # The receiver is unknown.
        ("till.close()", None),
        ("till.op", None),  # It may continue.
        ("till.op()", "till."),
        ("till.", None),
        ("1.5 + x", None),
        ("", None),
    ],
)
def test_the_first_that_does_not_exist(written: str, kept: str | None) -> None:
    found = first_unknown_member(written, 0, lambda text: MEMBERS.get(text, Members()))
    assert found == (None if kept is None else UnknownMember(kept, MEMBERS[kept]))


def test_what_was_asked_for_is_not_looked_at_again() -> None:
    found = first_unknown_member("till.shut().x", len("till."), lambda text: MEMBERS.get(text, Members()))
    assert found is None
