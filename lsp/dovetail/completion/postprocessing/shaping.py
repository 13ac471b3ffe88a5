"""From what the model wrote to what the editor shows.

A suggestion ends where its block ends, repeats nothing, and fits the text right of the cursor. It leaves the file no
more broken than before: shaping parses the file with the suggestion in it, and cuts what does not parse from the end.
Pure functions on values; `Place` brings the trees.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dovetail.completion.postprocessing.indentation import fit_indentation
from dovetail.completion.postprocessing.insertion import QUOTES, Insertion, ways_to_insert
from dovetail.completion.postprocessing.repeats import without_repeats
from dovetail.completion.preparation.judge import compiles
from dovetail.completion.preparation.lexical import CODE, depth as depth_of, inside, read
from dovetail.completion.preparation.place import Place, unix_line_ends
from dovetail.completion.values import Extent, Shaped
from dovetail_context.api import ParsedText

# The maximum number of ends to try, longest first. Each costs a parse of the changes, about a millisecond.
_MAX_ENDS = 24
# The maximum effort of all these parses, in hundreds of parser operations: that of parsing 3,000 lines. A text that is
# hard to parse gets fewer ends.
_MAX_EFFORT = 4000
_CONTINUES = re.compile(r"\s*(?:[)\]}]|(?:else|elif|except|finally|catch|case|default|while)\b)")
_NO_ATTRIBUTE = re.compile(r"(?!)")
# Nodes on lines of their own that precede what they annotate.
_ATTRIBUTE = {
    "rust": re.compile(r"\s*#!?\["),
    "csharp": re.compile(r"\s*\[(?!.*=)"),
    "php": re.compile(r"\s*#\["),
    "cpp": re.compile(r"\s*\[\["),
    **dict.fromkeys(
        ("python", "java", "typescript", "javascript", "kotlin", "swift", "scala", "dart"),
        re.compile(r"\s*@[\w.:]+\s*(?:\(|$)"),
    ),
}
# A macro between `class` and the name, such as an export macro: without its definition no parser understands it.
_EXPORT_MACRO = re.compile(
    r"(?<=\bclass )[A-Z][A-Z0-9_]+(?= \w+\s*(?:final\s*)?[:{])|(?<=\bstruct )[A-Z][A-Z0-9_]+(?= \w+\s*[:{])"
)
# Words that are a statement on their own; any other lone word is left over from a line whose rest was cut away.
_STATEMENTS = frozenset(("return", "break", "continue", "pass", "raise", "yield", "fallthrough"))
# Words that need something after them, by language: no text ends after one of these.
_NEEDS_MORE = {
    "python": frozenset(("not", "await", "lambda", "in", "is", "and", "or", "import", "from", "as")),
    "typescript": frozenset(("new", "await", "typeof", "instanceof", "extends", "implements", "delete", "in", "keyof")),
    "java": frozenset(("new", "instanceof", "extends", "implements", "throws")),
    "csharp": frozenset(("new", "await", "is", "as", "out", "ref")),
    "cpp": frozenset(("new", "delete", "co_await")),
    "rust": frozenset(("mut", "ref", "dyn", "impl", "as", "in", "move")),
}
_NEEDS_MORE["javascript"] = _NEEDS_MORE["typescript"]
# Operators that need something after them, in the languages in which a statement may not end so.
_NEEDS_OPERAND = re.compile(r"(?:(?<![=!<>])=|[=!]=|[<>]=|&&|\|\||\?\?|(?<!\+)\+|(?<!-)-|[=-]>)\Z")
# What may follow on the cursor's line after which an operator has no operand; "" for nothing.
_ENDS_OPERAND = ("", ")", "]", "}", ",", ";")
_WITH_OPERATORS = frozenset(
    ("typescript", "javascript", "java", "csharp", "cpp", "c", "rust", "go", "ruby", "kotlin", "php", "swift", "scala")
)
_LAST_WORD = re.compile(r"(?<![\w.$])[a-z_]+\Z")
# Words that begin a declaration: on a line of their own nothing is declared.
_DECLARES = (
    "abstract async class const enum export extends extern final fn func function get impl implements import interface"
    " let mod namespace new package private protected pub public readonly set static struct trait type typedef use var"
)
_BEGINNINGS = frozenset(_DECLARES.split())
# Signs that are no statement and close nothing: `|`, `///`, `=>`.
_SIGNS = re.compile(r"(?=[^)\]}]*\Z)[^\w\s\"'`{(\[;,@#]+")
_WORD = re.compile(r"[\w$]+")
_LAST_TOKEN = re.compile(r"(?:\w+|[^\w\s])\s*$")


NOTHING = Shaped("")


def is_complete(text: str, place: Place, extent: Extent) -> bool:
    """Return whether `text`, still growing, already holds all that will be shown: the model may stop."""
    lines = fit_indentation(unix_line_ends(text), place).split("\n")
    return len(lines) > 1 and _end_of_extent(lines[:-1], place, extent, growing=True) is not None


def shape(text: str, place: Place, extent: Extent, is_whole: bool = True) -> Shaped:
    """Return the part of the model's `text` to show at `place`. `is_whole` is false if it was cut off at a token."""
    lines = fit_indentation(unix_line_ends(text), place).split("\n")
    end = _end_of_extent(lines, place, extent, growing=False)
    cut_off = not is_whole and end is None
    wanted = "\n".join(lines[: end if end is not None else extent.max_lines]).rstrip()
    if cut_off:
        wanted = _without_half_word(wanted)
    if extent.kind == "block":
        wanted = _first_statement(wanted, place)
    wanted = without_repeats(wanted, place).rstrip()
    return _soundest(wanted, place) if wanted.strip() else NOTHING


def unshaped(text: str, extent: Extent) -> Shaped:
    """Return the text as the model wrote it, cut to its lines alone: what shaping is measured against."""
    return Shaped("\n".join(unix_line_ends(text).split("\n")[: extent.max_lines]).rstrip())


def _first_statement(text: str, place: Place) -> str:
    """Return the first statement alone if, in the tree, it spans several lines and ends before `text` does.

    Indentation alone does not always show where a statement ends.
    """
    if place.parsed is None or "\n" not in text:
        return text
    before = len(text) - len(text.lstrip())
    end = place.parsed.replaced(place.offset, place.offset, text).statement_end(place.offset + before)
    length = 0 if end is None else end - place.offset
    statement = text[:length].split("\n")
    if not any(line.strip() for line in statement[:-1]) or inside(statement, place.syntax, place.state)[-1]:
        return text  # it is on one line, or would be without the string in it: more of the kind may follow
    return text[:length]


def _end_of_extent(lines: list[str], place: Place, extent: Extent, growing: bool) -> int | None:
    """Return how many of the lines belong to the requested extent; None where this cannot be seen yet."""
    if extent.kind == "rest":
        return 1 if growing or len(lines) > 1 else None
    code = place.code_of("\n".join(lines)).split("\n")
    in_string = inside([*lines, ""], place.syntax, place.state)
    if extent.kind == "line":
        return _balanced(code, in_string, growing)
    first = _first_line(lines, code, place.syntax)
    if first is None:
        return None
    opens = _opens(lines, first)
    depth = 0
    for number in range(first + 1, len(lines)):
        line = lines[number]
        depth += depth_of(code[number - 1])
        if depth > 0 or in_string[number]:
            continue  # inside brackets and strings, indentation has no meaning
        if not line.strip():
            # An empty line ends a run of statements, but not a body that has begun.
            if not opens and number < len(lines) - 1:
                return number
            continue
        width = _width(line)
        if width < extent.indent:
            return number
        if opens and width <= max(extent.indent, _width(lines[first]) if first else 0) and not _CONTINUES.match(line):
            return number
    return extent.max_lines if len(lines) > extent.max_lines else None


def _balanced(code: list[str], in_string: list[bool], growing: bool) -> int | None:
    """Return the line at which all brackets and strings are closed that the text opens."""
    depth = 0
    for number, line in enumerate(code):
        depth += depth_of(line)
        if depth <= 0 and not in_string[number + 1] and (growing or number + 1 < len(code)):
            return number + 1
    return None


def _first_line(lines: list[str], code: list[str], syntax: str) -> int | None:
    """Return the line at which the first statement begins, else the first line that is not empty.

    Comments and attributes before a statement belong to it.
    """
    depth, shown = 0, None
    for number, line in enumerate(code):
        shown = number if shown is None and lines[number].strip() else shown
        if not line.strip():
            continue
        is_attribute = depth > 0 or _ATTRIBUTE.get(syntax, _NO_ATTRIBUTE).match(line)
        depth += depth_of(line)
        if not is_attribute:
            return number
    return shown


def _opens(lines: list[str], first: int) -> bool:
    """Return whether the first statement has a body."""
    following = next((line for line in lines[first + 1 :] if line.strip()), "")
    return lines[first].rstrip().endswith((":", "{", "(", "[")) or (
        first > 0 and _width(following) > _width(lines[first])
    )


def _width(line: str) -> int:
    return len(line) - len(line.lstrip())


def _without_half_word(text: str) -> str:
    """Return the text without a half word or half line at its end, because the model may have stopped at any token."""
    head, newline, last = text.rpartition("\n")
    if newline and head.strip():
        return head
    return re.sub(r"\w+$", "", last) if re.search(r"\W\w+$", last) else last


def _ends(text: str) -> Iterator[str]:
    """Yield the text, and shorter and shorter beginnings of it: first by lines, then by tokens of the first one."""
    lines = text.split("\n")
    tried = 0
    for count in range(len(lines), 0, -1):
        candidate = "\n".join(lines[:count]).rstrip()
        if candidate.strip():
            tried += 1
            yield candidate
    candidate = lines[0]
    while tried < _MAX_ENDS:
        candidate = _LAST_TOKEN.sub("", candidate).rstrip()
        if not candidate.strip():
            return
        tried += 1
        yield candidate


def _soundest(text: str, place: Place) -> Shaped:
    """Return the longest beginning of the text, and the way to insert it, that leaves the file least broken.

    Return nothing if every candidate leaves the file more broken than it is. The cursor's line is often broken already,
    because it is half written. Prefer a suggestion that fixes it.
    """
    least, best, effort = place.errors + 1, NOTHING, 0
    for candidate in _ends(text):
        if _says_nothing(candidate, candidate != text, place):
            continue
        for way in ways_to_insert(candidate, place.right, place.syntax, place.state):
            errors, with_it = _errors_with(way, place)
            way = _with_commas(way, place, with_it)
            effort += with_it.effort if with_it is not None else 0
            if errors < least and not (errors <= place.errors_elsewhere and _is_rejected(way, place, with_it)):
                least, best = errors, Shaped(way.text, way.replaced)
            if least <= place.errors_elsewhere or effort > _MAX_EFFORT:
                return best
    return best


def _with_commas(way: Insertion, place: Place, with_it: ParsedText | None) -> Insertion:
    """Return the insertion with the commas that Go wants where the line of a list ends."""
    if place.syntax != "go" or with_it is None:
        return way
    text = way.text
    for end in reversed(with_it.missing_commas(place.offset, place.offset + len(text))):
        text = f"{text[: end - place.offset]},{text[end - place.offset :]}"
    return Insertion(text, way.replaced)


def _says_nothing(candidate: str, is_cut: bool, place: Place) -> bool:
    """Return whether what would be shown is a rest that means nothing, or the beginning of the line that follows."""
    text = candidate.strip()
    if (is_cut or not place.right.strip()) and _lacks_more(candidate, place):
        return True
    if (is_cut or place.right.strip()[:1] in _ENDS_OPERAND) and _lacks_operand(candidate, place):
        return True
    if place.left.strip() or place.right.strip():
        return False
    if is_cut and _WORD.fullmatch(text) is not None and text not in _STATEMENTS:
        return True
    last_words = text.rpartition("\n")[2].split()
    if place.parsed is not None and place.kind == "code" and _BEGINNINGS.issuperset(last_words):
        return True
    following = place.text[place.offset :].lstrip()
    return _SIGNS.fullmatch(text) is not None or (_WORD.search(text) is not None and _begins_with(following, text))


def _lacks_more(candidate: str, place: Place) -> bool:
    """Return whether the last word of the code needs something after it."""
    words = _NEEDS_MORE.get(place.syntax)
    last = _LAST_WORD.search((place.left + place.code_of(candidate)).rstrip()) if words else None
    return words is not None and last is not None and last[0] in words


def _lacks_operand(candidate: str, place: Place) -> bool:
    """Return whether the code ends with an operator that needs something after it."""
    if place.language_name not in _WITH_OPERATORS or place.kind != "code":
        return False
    return _NEEDS_OPERAND.search((place.left + place.code_of(candidate)).rstrip()) is not None


def _begins_with(following: str, text: str) -> bool:
    """Return whether a line begins with the words of the text and continues after them."""
    line = following.partition("\n")[0]
    return line.startswith(text) and line != text and not (text[-1] + line[len(text)]).isalnum()


def _spaces(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _is_rejected(way: Insertion, place: Place, with_it: ParsedText | None) -> bool:
    """Return whether the compiler would reject a text that it accepts now.

    The caller asks where the tree has no objection, because the tree already knows what is broken on the line. Without
    a compiler for the language, check instead whether a suggestion on a line of its own takes in what follows. A header
    whose block is yet to be typed is not a fault where its line was already begun.
    """
    if place.judged is None:
        is_alone = not place.left.strip() and not place.right[way.replaced :].strip()
        end = place.offset + len(way.text)
        if with_it is None:
            return False
        if is_alone and with_it.runs_on(place.offset, end):
            return True
        return not with_it.rejected(place.offset, end) <= place.rejected
    start, end = place.judged
    before, after = place.text[start : place.offset] + way.text, place.text[place.offset + way.replaced : end]
    if compiles(before + after, start):
        return False
    rest, _, below = after.partition("\n")
    is_header = bool(place.left.strip()) and "\n" not in way.text and (before + rest).rstrip().endswith(":")
    body = f"{place.left[: place.indent]}{place.indent_unit or '    '}pass"
    return not (is_header and compiles(f"{before}{rest}\n{body}\n{below}", start))


def _errors_with(way: Insertion, place: Place) -> tuple[int, ParsedText | None]:
    """Return how broken the file is with the insertion, and that file, parsed.

    Missing and extra brackets count, as the tree may blame something else, and so does a rest of the line that becomes
    a comment.
    """
    code, state = read(way.text, place.syntax, place.state)
    depth = depth_of(code)
    hidden = state != place.state and state.end == "\n" and bool(place.right[way.replaced :].strip())
    left = depth_of(read(place.left, place.syntax)[0])
    unbalanced = (depth if depth > 0 else max(0, -depth - max(0, left))) + hidden
    rest, end = read(place.right[way.replaced :], place.syntax, state)
    if place.parsed is None:
        twice = max(0, -depth_of(rest) - max(0, left + depth))  # what closes and has nothing left to close
        return unbalanced + twice + (end.end in QUOTES), None
    if place.kind == "string" and end.end and read("\n", place.syntax, end)[1] == CODE:
        unbalanced += 1  # a string of one line that the line does not close
    text = _EXPORT_MACRO.sub(_spaces, way.text) if place.syntax == "cpp" else way.text
    with_it = place.parsed.replaced(place.offset, place.offset + way.replaced, text)
    return with_it.errors() + unbalanced, with_it
