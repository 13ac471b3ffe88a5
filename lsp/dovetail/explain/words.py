"""An account for a terminal: the same as the page, in lines."""

from __future__ import annotations

from collections.abc import Iterator

from dovetail.explain.account import Account


def account_text(account: Account) -> str:
    """Sections, each under a line that begins with dashes."""
    return "\n".join(f"\n--- {title}\n" + "\n".join(lines) for title, lines in _sections(account))


def _sections(account: Account) -> Iterator[tuple[str, list[str]]]:
    completion, reply = account.completion, account.completion.reply
    yield "prompt as the model saw it", [reply.prompt or ""]
    yield (
        "tokens by block",
        [f"{block.tokens:6}  {block.kind:8}{block.title}: {block.reason}".rstrip(": ") for block in account.blocks],
    )
    yield (
        "other files",
        [
            f"{piece.path}:{piece.start_line}-{piece.end_line}  {piece.tokens} tokens  {piece.kind}: {piece.reason}"
            for piece in completion.context.pieces
        ],
    )
    if completion.context.problems:
        yield "what could not be followed", list(completion.context.problems)
    yield (
        "left out",
        [f"{each.where}  {each.tokens} tokens: {each.found}; {each.rule}" for each in account.not_taken],
    )
    logprob = "none" if reply.logprob is None else f"{reply.logprob:.2f}"
    yield (
        "model",
        [
            f"{reply.model}, mean log-probability {logprob}: {account.decision}",
            *(
                f"{part.name:4}  probability {part.probability:.2f}, expected gain {part.gain:.1f} characters of the "
                f"{completion.threshold.least_gain:.1f} that are needed"
                for part in account.parts
            ),
        ],
    )
    yield "from its words to the editor", list(account.steps)
    yield (
        "milliseconds",
        [
            f"{account.index_ms:8.1f}  project: reading it, once, before",
            *(f"{phase.milliseconds:8.1f}  {phase.name.lower()}: {phase.detail}" for phase in account.phases),
        ],
    )
