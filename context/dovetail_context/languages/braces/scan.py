"""Brace languages read character by character around a cursor, where half-typed code has no usable tree.

This module holds what these languages share (brackets, blocks, statements, member chains). The `BraceSyntax` of each
describes its strings, its comments and the beginnings of its statements. Everything except `mask` works on masked text.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

# How far back the start of an expression or statement is looked for, in characters.
REACH = 8000
MAX_BLOCKS = 64  # looked at around a place: what is nested more deeply is data
MAX_HEADER_CHARS = 500  # of a `for (...;...;...)`
HOLE = "hole__"  # a name that nobody uses
_OPENERS = {")": "(", "]": "[", "}": "{"}
_CLOSERS = {"(": ")", "[": "]", "{": "}"}
_BRACKET = re.compile(r"[()\[\]{}]")
_BRACE = re.compile(r"[{}]")
# The beginning of a case: behind its keyword, or where an arm of Rust's `match` or C#'s `switch` begins.
_CASE = re.compile(r"(?:\bcase\s+|[,{}]\s*(?:case\s+)?)[\w.:]*\Z")
_SWITCH = re.compile(r"(?:(?P<after>[\w.()\[\]]+)\s+switch\s*|\b(?P<keyword>switch|match)\b(?P<subject>[^{};]+))\Z")
_TUPLE_FIELD = re.compile(r"[\w)\]](?<!\d)\.\d+\Z|[A-Za-z_]\w*\.\d+\Z")  # `pair.1`
_GENERIC = re.compile(r"(?:::)?<[\w\s,.?&\[\]<>:'*]*>\Z")
_FOR_HEADER = re.compile(r"\bfor\s*\([^{}()]*(?:\([^{}()]*\)[^{}()]*)*\Z")
# A brace after one of these opens a literal or an initializer, after anything else a block.
_BEFORE_LITERAL = re.compile(r"(?:[(,\[:?]|(?<![=!<>])=|\]|\breturn)\s*\Z")
# After a closing brace, these continue the statement that contains the brace.
_GOES_ON = ")],;.?:+-*/%&|=<>!"


def opens_literal(masked: str, brace: int) -> bool:
    """Return whether a brace opens a literal or an initializer, judged by the text before it, and not a block."""
    return _BEFORE_LITERAL.search(masked, max(0, brace - 40), brace) is not None


@dataclass(frozen=True, slots=True)
class BraceSyntax:
    """The syntax of one language where it differs.

    `blanked` matches strings and comments; `comment_marks` are the beginnings of comments among them. `begins` matches,
    at a line's start, the beginning of a statement or definition, even if brackets above it are still open.
    `connectors` join an object and its member. `prefixes` are words that belong to the expression behind them.
    `line_ends_it` means that the end of a line ends a complete statement. `opens_literal` distinguishes braces of
    literals from those of blocks. `holes` matches code inside strings that begin with a dollar, as its first group.
    """

    blanked: re.Pattern[str]
    begins: re.Pattern[str]
    comment_marks: tuple[str, ...] = ("//", "/*")
    connectors: tuple[str, ...] = (".",)
    prefixes: frozenset[str] = field(default_factory=frozenset)
    line_ends_it: bool = False
    opens_literal: Callable[[str, int], bool] = opens_literal
    holes: re.Pattern[str] | None = None


def mask(text: str, syntax: BraceSyntax) -> str:
    """The text with strings and comments blanked, every character in its place; quotes stay, as strings are values."""

    def blank(match: re.Match[str]) -> str:
        found = match[0]
        blanked = "\n".join(" " * len(line) for line in found.split("\n")) if "\n" in found else " " * len(found)
        if found.startswith(syntax.comment_marks) or len(found) < 2:
            return blanked if len(found) > 1 else found
        quote = found[0] if found[0] in "\"'`" else found[-1]  # a prefix ($"...", r"...") is no name
        for hole in syntax.holes.finditer(found) if syntax.holes is not None and "$" in found[:2] else ():
            blanked = blanked[: hole.start(1)] + hole[1] + blanked[hole.end(1) :]
        return quote + blanked[1:-1] + found[-1]

    return syntax.blanked.sub(blank, text)


# Words that end no expression: what follows them, even a connector, begins one.
_BEFORE_EXPRESSIONS = frozenset({"return", "throw", "case", "else", "co_return", "yield"})


def expression_start(masked: str, end: int, syntax: BraceSyntax) -> int:
    """Where the expression (names, members, calls, subscripts) that ends at `end` begins; `end` if there is none."""
    floor, start, position = max(0, end - REACH), end, end
    while position > floor:
        inner = before_space(masked, position, floor)
        character = masked[inner - 1] if inner > floor else ""
        if character == ">" and (generic := _GENERIC.search(masked, max(floor, inner - 200), inner)):
            position = inner = generic.start()
            character = masked[inner - 1] if inner > floor else ""
        if character and character in ")]":
            opening = opening_of(masked, inner - 1, floor)
            if opening < 0:
                return start
            start = position = opening
            before = masked[opening - 1] if opening else ""
            if before and (before.isalnum() or before in "_$)]>!?"):
                if before in "!?":
                    position -= 1
                continue
        elif character and character in "\"'`":
            return max(floor, masked.rfind(character, floor, inner - 1))
        elif character in ("!", "?") and (masked[inner - 2 : inner - 1].isalnum() or masked[inner - 2] in "_)]"):
            position = inner - 1
            continue
        else:
            begin = _word_start(masked, inner, floor)
            if begin == inner:
                return start
            if masked[begin:inner] in _BEFORE_EXPRESSIONS:
                return start
            start = position = begin
        connector = _connector_before(masked, position, floor, syntax)
        if not connector:
            return _with_prefix(masked, start, floor, syntax)
        position = before_space(masked, position, floor) - len(connector)
    return start


def receiver_end(masked: str, name_start: int, syntax: BraceSyntax) -> int:
    """Where the object before the connector ends that the name at `name_start` follows; -1 if it follows none."""
    connector = _connector_before(masked, name_start, max(0, name_start - REACH), syntax)
    if not connector:
        return -1
    end = before_space(masked, name_start, 0) - len(connector)
    if connector == "." and masked[end - 1 : end].isdigit() and not _TUPLE_FIELD.search(masked, max(0, end - 40), end):
        return -1  # a number
    return end


def open_calls(masked: str, end: int, syntax: BraceSyntax) -> Iterator[int]:
    """The places of the open parentheses around `end`, innermost first, within its statement."""
    for opening in open_brackets(masked, end, syntax):
        if masked[opening] == "(":
            yield opening


def open_brackets(masked: str, end: int, syntax: BraceSyntax) -> Iterator[int]:
    """The places of all brackets that are open around `end`, innermost first, within its statement."""
    floor, depth, position = max(0, end - REACH), 0, end
    while position > floor:
        position -= 1
        character = masked[position]
        if character in ")]}":
            depth += 1
        elif character in "([{":
            if depth:
                depth -= 1
            elif character == "{" and not syntax.opens_literal(masked, position):
                return
            else:
                yield position
        elif not depth and (
            character == ";"
            or (character == "\n" and position + 1 < end and syntax.begins.match(masked, position + 1, end))
        ):
            return


def statement_start(masked: str, offset: int, syntax: BraceSyntax) -> int:
    """Where the statement around `offset` starts (at most `offset`)."""
    depth, position, floor = 0, offset, max(0, offset - REACH)
    boundary = floor
    nested = False
    while position > floor:
        position -= 1
        character = masked[position]
        if character in ")]}":
            if character == "}" and not depth and not nested and not _goes_on_after(masked, position, offset):
                opening = opening_of(masked, position, floor)
                if opening < 0 or not syntax.opens_literal(masked, opening):
                    boundary = position + 1
                    break
                position = opening
                continue
            depth += 1
        elif character in "([{":
            if depth:
                depth -= 1
            elif character == "{" and not syntax.opens_literal(masked, position):
                boundary = position + 1
                break
            else:
                nested = True
        elif not depth and character == ";":
            line = masked.rfind("\n", max(0, position - MAX_HEADER_CHARS), position) + 1
            line = line or max(0, position - MAX_HEADER_CHARS)
            if not _FOR_HEADER.search(masked, line, position):
                boundary = position + 1
                break
        elif character == "\n" and not nested:
            if syntax.begins.match(masked, position + 1, offset) and depth <= 1 and position + 1 < offset:
                boundary = position + 1
                break
            if syntax.line_ends_it and not depth and not _continues(masked, position, offset):
                boundary = position + 1
                break
    while boundary < offset and masked[boundary].isspace():
        boundary += 1
    return boundary


def statement_end(masked: str, start: int, offset: int, syntax: BraceSyntax) -> int:
    """Where the statement around `offset` ends: behind its semicolon, before a block that hangs on it, or at the end of
    its line where it is half typed."""
    depth = sum((character in "([{") - (character in ")]}") for character in masked[start:offset])
    position, floor = offset, min(len(masked), offset + REACH)
    while position < floor:
        character = masked[position]
        if character in "([{":
            if character == "{" and depth <= 0 and not syntax.opens_literal(masked, position):
                return position
            depth += 1
        elif character in ")]}":
            if character == "}" and depth <= 0:
                return position
            depth -= 1
        elif character == ";" and depth <= 0:
            return position + 1
        elif character == "\n" and (
            syntax.begins.match(masked, position + 1) or (depth <= 0 and not _continues(masked, position, len(masked)))
        ):
            return position
        position += 1
    line_end = masked.find("\n", offset)
    return len(masked) if line_end < 0 else line_end


def whole_start(masked: str, start: int, syntax: BraceSyntax) -> int:
    """Where the call starts in whose arguments a block was opened around `start` and never closed: `each(x -> { x.`."""
    for _ in open_blocks(masked, len(masked)):
        brace = before_space(masked, start, 0) - 1
        if brace < 0 or masked[brace] != "{":
            break
        head = statement_start(masked, brace, syntax)
        if "(" not in _left_open(masked[head:brace]):
            break
        start = head
    return start


def open_blocks(masked: str, offset: int) -> list[int]:
    """Return the positions of the braces open at `offset`, outermost first; of very many, the outer and the inner."""
    found: list[int] = []
    for match in _BRACE.finditer(masked, 0, offset):
        if match[0] == "{":
            found.append(match.start())
        elif found:
            found.pop()
    return found if len(found) <= MAX_BLOCKS else found[: MAX_BLOCKS // 2] + found[-MAX_BLOCKS // 2 :]


def case_subject_end(masked: str, offset: int) -> int:
    """The end of what a `switch` or `match` distinguishes, if a case of it begins at `offset`; -1 elsewhere."""
    before = masked[max(0, offset - MAX_HEADER_CHARS) : offset]
    begins = _CASE.search(before)
    if begins is None:
        return -1
    brace = _opening_brace(masked, offset - len(begins[0]) + (begins[0][0] == "{"))
    found = _SWITCH.search(masked, max(0, brace - MAX_HEADER_CHARS), brace) if brace >= 0 else None
    if found is None:
        return -1
    if (
        begins[0].lstrip(",{};").lstrip().startswith("case")
        or found["keyword"] == "match"
        or found["after"] is not None
    ):
        group = "after" if found["after"] is not None else "subject"
        end = found.start(group) + len(found[group].rstrip())
        return end - 1 if masked[end - 1] == ")" and found[group].lstrip().startswith("(") else end
    return -1


def _opening_brace(masked: str, position: int) -> int:
    """The brace of the block around a position, -1 if none is near."""
    depth = 0
    for match in reversed(list(_BRACE.finditer(masked, max(0, position - REACH), position))):
        depth += 1 if match[0] == "}" else -1
        if depth < 0:
            return match.start()
    return -1


def completed(text: str, masked: str, start: int, cut: int) -> str:
    """Complete the text from `start` to `cut`: `HOLE` replaces the text being typed, and open brackets are closed."""
    stack = _left_open(masked[start:cut])
    ends = "" if stack and stack[-1] != "{" else ";"
    return f"{text[start:cut]} {HOLE}{ends}{closers(masked[start:cut])}"


def closers(masked: str) -> str:
    """What closes the brackets that a piece of text leaves open, a semicolon behind each that is no block."""
    stack = _left_open(masked)
    closed = ""
    for inner, opening in enumerate(reversed(stack)):
        outer = stack[len(stack) - inner - 2] if inner + 1 < len(stack) else "{"
        closed += _CLOSERS[opening] + (";" if opening != "{" and outer == "{" else "")
    return closed


def _left_open(masked: str) -> list[str]:
    """The brackets that a piece of text leaves open, outermost first."""
    stack: list[str] = []
    for match in _BRACKET.finditer(masked):
        if match[0] in _CLOSERS:
            stack.append(match[0])
        elif stack and stack[-1] == _OPENERS[match[0]]:
            stack.pop()
    return stack


def _goes_on_after(masked: str, closing: int, offset: int) -> bool:
    """Whether the statement goes on behind a closing brace: `}).then(`, `}, x`."""
    rest = masked[closing + 1 : min(offset, closing + 200)].lstrip()
    return rest[:1] in _GOES_ON if rest else False


def _continues(masked: str, line_end: int, limit: int) -> bool:
    """Whether the line after `line_end` goes on with the statement of the line before."""
    before = masked[:line_end][-80:].rstrip()
    after = masked[line_end + 1 : min(limit, line_end + 200)].lstrip()
    return before.endswith((",", "(", "[", "=", "+", "&&", "||", "?", ".", "->", "=>")) or after.startswith(
        (".", "?.", "&&", "||", "?", ":", "+", ")", "]", "->")
    )


def _connector_before(masked: str, position: int, floor: int, syntax: BraceSyntax) -> str:
    end = before_space(masked, position, floor)
    for connector in syntax.connectors:
        if masked.endswith(connector, floor, end):
            return connector
    return ""


def _with_prefix(masked: str, start: int, floor: int, syntax: BraceSyntax) -> int:
    """The start with the words (`new`, `await`) that belong to the expression behind them."""
    while syntax.prefixes:
        end = before_space(masked, start, floor)
        begin = _word_start(masked, end, floor) if end < start else end
        if masked[begin:end] not in syntax.prefixes:
            return start
        start = begin
    return start


def _word_start(masked: str, end: int, floor: int) -> int:
    """Where the word that ends at `end` begins; `end` if none does."""
    while end > floor and (masked[end - 1].isalnum() or masked[end - 1] in "_$@"):
        end -= 1
    return end


def before_space(masked: str, position: int, floor: int) -> int:
    """Where the space that ends at `position` begins, at the earliest at `floor`."""
    while position > floor and masked[position - 1].isspace():
        position -= 1
    return position


def opening_of(masked: str, closing: int, floor: int = 0) -> int:
    """The place of the bracket that the one at `closing` closes; -1 if there is none behind `floor`."""
    depth = 0
    for position in range(closing, floor - 1, -1):
        if masked[position] in ")]}":
            depth += 1
        elif masked[position] in "([{":
            depth -= 1
            if not depth:
                return position
    return -1
