"""The page that shows what the model would see of other files at a place, and why."""

from __future__ import annotations

from importlib import resources

from dovetail.explain.account import Block, NotTaken
from dovetail.explain.page import blocks_panel, left_out_section, section
from dovetail.pages import frame
from dovetail.pages.frame import number, text
from dovetail_context.api import ContextBundle


def context_page(path: str, line: int, bundle: ContextBundle) -> str:
    """Return the whole page as HTML. All text of the user's is escaped."""
    place = f"{path}:{line}"
    blocks = tuple(
        Block("context", f"{piece.path}:{piece.start_line}", piece.text, piece.tokens, piece.reason)
        for piece in bundle.pieces
    )
    not_taken = tuple(
        NotTaken(f"{each.path}:{each.start_line}", each.tokens, each.reason, "what was taken helps more for its tokens")
        for each in bundle.left_out
    )
    lead = (
        f"{number(len(blocks))} piece{'' if len(blocks) == 1 else 's'} of other files, "
        f"{number(bundle.tokens)} of {number(bundle.budget)} tokens. This file around the cursor comes after them."
    )
    problems = "".join(f'<p class="note">{text(problem)}</p>' for problem in bundle.problems)
    shown = (
        section(
            "What the model would see of other files", "In this order, before this file.", blocks_panel(blocks, path)
        )
        if blocks
        else '<p class="note">Nothing of other files would be shown here: no name near the cursor leads to one.</p>'
    )
    head = (
        f'<header><p class="over">The context here</p><h1 class="place">{text(place)}</h1>'
        f'<p class="lead">{lead}</p>{problems}</header>'
    )
    style = resources.files("dovetail.explain").joinpath("page.css").read_text(encoding="utf-8")
    return frame.page(f"Context at {place}", style, "\n".join((head, shown, left_out_section(not_taken))))
