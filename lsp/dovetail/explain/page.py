"""The page that shows an account: one self-contained file. Sections from top to bottom, as a reader asks."""

from __future__ import annotations

from importlib import resources

from rapidfuzz.distance import Indel

from dovetail.completion.postprocessing.confidence import LEAST_PROBABILITY, WORTH_OF_RIGHT
from dovetail.explain.account import Account, Block, NotTaken, Phase, Promise
from dovetail.pages import frame
from dovetail.pages.code import Mark, rows
from dovetail.pages.frame import milliseconds, number, percent, text

# Lines of the file shown above and below the cursor.
LINES_AROUND = 9
# Colours for other files; after the last they begin again.
_HUES = 6
# The scale of expected gains ends at these characters: few suggestions promise more.
_SCALE_TO = 25


def explain_page(account: Account) -> str:
    """Return the whole page as HTML. All text of the user's and the model's is escaped."""
    completion = account.completion
    place = f"{completion.path}:{completion.line}:{completion.column}"
    sections = (
        _head(account, place),
        _file(account),
        _prompt(account),
        left_out_section(account.not_taken),
        _shaping(account),
        _confidence(account),
        _time(account),
        _whole_prompt(completion.reply.prompt),
    )
    style = resources.files("dovetail.explain").joinpath("page.css").read_text(encoding="utf-8")
    return frame.page(f"Why {place}", style, "\n".join(filter(None, sections)))


def blocks_panel(blocks: tuple[Block, ...], path: str) -> str:
    """Return the blocks of a prompt, each with its share, reason and text. `path` is that of the current file."""
    total = sum(block.tokens for block in blocks)
    rows_of = enumerate(zip(blocks, _styles(blocks), strict=True))
    listed = "".join(_block(position, block, style, path, total) for position, (block, style) in rows_of)
    return f'<div class="panel blocks">{listed}</div>'


def section(title: str, lead: str, body: str) -> str:
    """Return a section of a page."""
    return f"<section><h2>{title}</h2><p>{lead}</p>{body}</section>"


def _head(account: Account, place: str) -> str:
    reply, shown = account.completion.reply, account.completion.text
    files = sum(block.kind == "context" for block in account.blocks)
    others = "no other file" if not files else f"{number(files)} other file{'' if files == 1 else 's'}"
    lead = (
        f"{text(reply.model)} saw {number(reply.prompt_tokens)} tokens of this and {others}, "
        f"{number(reply.reused_tokens)} of them still in its memory, and wrote {number(reply.generated_tokens)}."
    )
    if account.confidence is not None:
        lead += f" It gave each of its tokens a probability of {percent(account.confidence)}: {text(account.decision)}."
    note = ""
    if account.completion.remembered:
        note = (
            '<p class="note">This answer came from memory, without the model. What the model saw and wrote is shown as '
            "it was when it was asked.</p>"
        )
    elif not shown:
        note = '<p class="note">Nothing is shown here. The sections below show why.</p>'
    return (
        f'<header><p class="over">Why this completion</p><h1 class="place">{text(place)}</h1>'
        f'<p class="lead">{lead}</p>{note}</header>'
    )


def _file(account: Account) -> str:
    completion, lines_above = account.completion, account.text.count("\n", 0, account.offset)
    ghost, offset = completion.text, account.offset
    with_it = account.text[:offset] + ghost + account.text[offset:]
    lines = with_it.split("\n")
    first = max(0, lines_above - LINES_AROUND)
    last = lines_above + ghost.count("\n") + LINES_AROUND + 1
    start = sum(len(line) + 1 for line in lines[:first])
    end = offset + len(ghost)
    marks = [Mark(offset - start, end - start, "ghost"), Mark(end - start, end - start + completion.replaced, "gone")]
    shown = "\n".join(lines[first:last])
    return section(
        "In the file",
        "The suggestion is in colour where it would be inserted."
        if ghost
        else f"The cursor is in line {lines_above + 1}.",
        f'<pre class="code panel" tabindex="0" aria-label="The file around the cursor">'
        f"{rows(completion.shown_path, shown, [mark for mark in marks if mark.start < mark.end], first + 1)}</pre>",
    )


def _prompt(account: Account) -> str:
    total = account.completion.reply.prompt_tokens
    styles = list(_styles(account.blocks))
    bar = "".join(
        f'<a class="{style}" style="flex-grow:{block.tokens}" href="#block-{position}" '
        f'title="{text(block.title)}: {block.tokens} tokens" '
        f'aria-label="{text(block.title)}, {block.tokens} of {total} tokens"></a>'
        for position, (block, style) in enumerate(zip(account.blocks, styles, strict=True))
        if block.tokens
    )
    legend = "".join(
        f'<li><i class="{style}"></i>{name} <span class="num soft">{number(tokens)}</span></li>'
        for name, style, tokens in _legend(account.blocks)
        if tokens
    )
    budget = account.completion.context
    lead = f"{number(total)} tokens in this order, each as wide as it is long. Choose one to read it."
    if budget.budget:
        lead += f" Other files had {number(budget.budget)} tokens to spend."
    problems = "".join(f'<p class="note">{text(problem)}</p>' for problem in budget.problems)
    return section(
        "What the model saw",
        lead,
        f'<nav class="bar" aria-label="The prompt, block by block">{bar}</nav><ul class="legend">{legend}</ul>'
        f"{blocks_panel(account.blocks, account.completion.shown_path)}{problems}",
    )


def _block(position: int, block: Block, style: str, path: str, total: int) -> str:
    title = f'<span class="{"mono" if block.kind == "context" else ""}">{text(block.title)}</span>'
    cut = f" {number(block.cut)} more tokens did not fit." if block.cut else ""
    share = percent(block.tokens / total) if 200 * block.tokens >= total > 0 else "&lt;1\u202f%"
    summary = (
        f'<i class="{style}"></i><span class="what">{title}<span class="why">{text(block.reason)}{cut}</span></span>'
        f'<span class="num soft">{share}</span>'
        f'<span class="num">{number(block.tokens)}</span>'
    )
    if not block.text:
        return f'<div class="block" id="block-{position}"><div class="summary">{summary}</div></div>'
    shown_as = block.title if block.kind == "context" else path
    code = rows(shown_as, block.text.rstrip("\n"), (), 0)
    return (
        f'<details class="block"><summary class="summary">{summary}</summary>'
        f'<pre class="code" id="block-{position}" tabindex="0">{code}</pre></details>'
    )


def left_out_section(not_taken: tuple[NotTaken, ...]) -> str:
    if not not_taken:
        return ""
    listed = "".join(
        f'<tr><td class="mono">{text(each.where)}</td><td>{text(each.found)}</td><td>{text(each.rule)}</td>'
        f'<td class="num">{number(each.tokens)}</td></tr>'
        for each in not_taken
    )
    return section(
        "What was left out",
        f"{number(len(not_taken))} more that were thought of, best first: what it is, and the rule that left it out.",
        '<details class="panel more"><summary>Show them</summary><div class="scroll"><table><thead><tr><th>Where</th>'
        '<th>Found because</th><th>Left out because</th><th class="num">Tokens</th></tr></thead>'
        f"<tbody>{listed}</tbody></table></div></details>",
    )


def _shaping(account: Account) -> str:
    completion = account.completion
    steps = "".join(f"<li>{text(step)}</li>" for step in account.steps)
    written = (
        f'<figure class="panel"><figcaption>As the model wrote it</figcaption><pre class="code">'
        f"{_compared(completion.shown_path, completion.written, completion.text)}</pre></figure>"
        if completion.written
        else ""
    )
    shown = (
        f'<figure class="panel"><figcaption>As it is shown</figcaption><pre class="code">'
        f"{rows(completion.shown_path, completion.text, [Mark(0, len(completion.text), 'ghost')], 0)}</pre></figure>"
        if completion.text
        else ""
    )
    others = "".join(
        f'<figure class="panel"><figcaption>Also offered</figcaption><pre class="code">'
        f"{rows(completion.shown_path, other.text, [Mark(0, len(other.text), 'ghost')], 0)}</pre></figure>"
        for other in completion.others
    )
    return section(
        "From the model’s words to the editor",
        "What is struck out was not shown.",
        f'<ol class="steps">{steps}</ol><div class="pair">{written}{shown}{others}</div>',
    )


def _compared(path: str, written: str, shown: str) -> str:
    """Return what the model wrote, with those stretches marked that are not shown."""
    gone = [
        Mark(step.src_start, step.src_end, "gone") for step in Indel.opcodes(written, shown) if step.tag == "delete"
    ]
    return rows(path, written, gone, 0)


def _confidence(account: Account) -> str:
    logprob = account.completion.reply.logprob
    if logprob is None or account.confidence is None:
        return ""
    least = account.completion.threshold.least_gain
    lead = (
        f"The mean log-probability of the tokens is {logprob:.2f}, which is a probability of "
        f"{percent(account.confidence)} for each. Unasked, the part is shown that is expected to save most: its "
        f"probability times its characters and {WORTH_OF_RIGHT} more, if that is {least:.1f} or more. A part of "
        f"less than {percent(LEAST_PROBABILITY)} counts as 0. "
        f"{''.join(map(_promised, account.parts))}Here: {text(account.decision)}."
    )
    gain = max((part.gain for part in account.parts), default=0.0)
    zones = "".join(
        f'<span style="flex-grow:{width:.2f}">{name}</span>'
        for name, width in (("nothing", min(least, _SCALE_TO)), ("shown", _SCALE_TO - least))
        if width > 0
    )
    return section(
        "How sure the model was",
        lead,
        f'<div class="scale" role="img" aria-label="{gain:.1f} on a scale from 0 to {_SCALE_TO}">'
        f'<b style="left:{min(gain / _SCALE_TO, 1.0) * 100:.2f}%"><span class="num">{gain:.1f}</span></b>'
        f'<div class="zones">{zones}</div></div>',
    )


def _promised(part: Promise) -> str:
    name = "All of it" if part.name == "all" else f"The first {part.name}"
    return f"{name}: {percent(part.probability)}, {part.gain:.1f}. "


def _time(account: Account) -> str:
    once = f" Reading the project took {milliseconds(account.index_ms)}, once, before." if account.index_ms else ""
    bar = "".join(
        f'<span class="{_phase_style(phase)}" style="flex-grow:{phase.milliseconds:.3f}" '
        f'title="{text(phase.name)}: {milliseconds(phase.milliseconds)}"></span>'
        for phase in account.phases
    )
    listed = "".join(
        f'<div><dt><i class="{_phase_style(phase)}"></i>{text(phase.name)}</dt>'
        f'<dd class="soft">{text(phase.detail)}</dd><dd class="num">{milliseconds(phase.milliseconds)}</dd></div>'
        for phase in account.phases
    )
    return section(
        "Where the time went",
        f"{milliseconds(account.total_ms)} in all.{once}",
        f'<div class="bar time" aria-hidden="true">{bar}</div><dl class="phases">{listed}</dl>',
    )


def _whole_prompt(prompt: str | None) -> str:
    if prompt is None:
        return ""
    return section(
        "The whole prompt",
        "To the letter, markers included, as the model read it.",
        '<details class="panel more"><summary>Show it</summary>'
        f'<pre class="code" tabindex="0">{rows("", prompt, (), 0)}</pre></details>',
    )


def _styles(blocks: tuple[Block, ...]) -> list[str]:
    """Return the colour of each block: its kind's, or the next of those for other files."""
    styles, files = [], 0
    for block in blocks:
        if block.kind == "context":
            styles.append(f"file-{files % _HUES + 1}")
            files += 1
        else:
            styles.append(block.kind)
    return styles


def _legend(blocks: tuple[Block, ...]) -> list[tuple[str, str, int]]:
    kinds = {
        "other files": ("file-1", ("context",)),
        "before the cursor": ("prefix", ("prefix",)),
        "after the cursor": ("suffix", ("suffix",)),
        "typed on this line": ("typed", ("typed",)),
        "path and markers": ("markers", ("project", "path", "markers")),
    }
    return [
        (name, style, sum(block.tokens for block in blocks if block.kind in wanted))
        for name, (style, wanted) in kinds.items()
    ]


def _phase_style(phase: Phase) -> str:
    return f"phase-{phase.name.lower()}"
