"""Finding unknown members in the text of a model."""

from __future__ import annotations

import pytest

from dovetail.completion.postprocessing.unknown_members import (
    UnknownMember,
    first_unknown_member,
    repair_unknown_members,
)
from dovetail_context.members import Members
from dovetail_models.api import CompletionJob, PromptParts
from tests.lsp.scripted import ScriptedEngine, tokens_of

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


@pytest.mark.parametrize("has_probabilities", [True, False])
async def test_a_repaired_answer_has_the_tokens_of_both(has_probabilities: bool) -> None:
    engine = ScriptedEngine("till.shut(1)")
    engine.logprob = -0.5 if has_probabilities else None
    job = CompletionJob(PromptParts((), "a.py", "", ""), "doc")
    first = await engine.complete(job)
    engine.text, engine.logprob = "close()", -0.25 if has_probabilities else None
    reply, _, times = await repair_unknown_members(
        first, job, engine, lambda text: MEMBERS.get(text, Members()), lambda asked, _: asked, lambda text: False
    )
    assert (reply.text, times) == ("till.close()", 1)
    ends = [token.end for token in reply.token_logprobs]
    assert ends == ([token.end for token in tokens_of("till.close()", 0.0)] if has_probabilities else [])
    assert [token.logprob for token in reply.token_logprobs] == ([-0.5] * 2 + [-0.25] * 3 if has_probabilities else [])
