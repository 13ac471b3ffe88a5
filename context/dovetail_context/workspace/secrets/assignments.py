"""What a name is given: from the end of a name to the literals that are its value. Pure.

A value follows its name behind an operator, as an argument, between the tags of an element, as a default further on in
the same declaration, or in the lines below. It may be wrapped in calls, or be a list of values.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache

from dovetail_context.workspace.secrets.literals import Literal, read_delimited, read_quoted, read_to_line_end


class Where(Enum):
    """How sure it is that a value without quotes is a value, and no expression of code."""

    CODE = "code"
    LINE = "line"  # all that is left in a line of which it depends on the lines around what it is; see `is_setting`
    SETTING = "setting"  # of a file, a command or an address: names of variables are no values there


@dataclass(frozen=True, slots=True)
class Given:
    """A literal that a name is given; whether it comes out of a call that looks something up by it."""

    literal: Literal
    where: Where = Where.CODE
    is_looked_up: bool = False
    is_indirect: bool = False  # it is in an expression or in prose with the name, and need not be its value


_REST = re.compile(r"(?:[.\-]?\w){0,40}(?:::\w{1,30}|\.<\w{1,20}>)?")
_CLOSE = r"(?P<close>\\{0,3}[\"'`]|&quot;)?(?:[\])}?!]|\[[\w +*]{0,20}\]){0,3}"
_CONNECT = re.compile(
    rf"{_CLOSE}(?:[ \t]{{0,20}}(?:"
    r"(?P<op>:[ \t]*[\w&<>\[\].|*?, ':]{1,60}?[ \t]*=(?![=>])|:=|:-|=>|<-|\?\?=?|\?=|\|\|=?"
    r"|={1,3}|[!+.]==?|\?:|->|[:(>,?]"
    r"|\{[^{}\r\n]{0,60}\}[ \t]*=(?![=>])|\.\w{1,30}!?\(|or(?=[ \t]))"
    r"|(?P<typed>(?<=[ \t])(?:[Aa]s[ \t]+)?(?:\[\]|\*)?[A-Za-z][\w.]{1,30}[ \t]*=(?![=>]))"
    r"|(?P<prose>(?<=[ \t])(?:is|was|to|are)[ \t]+:?[ \t]*)"
    r"|(?P<space>(?<=[ \t]))"
    r")|[ \t]*\r?\n[ \t]*(?P<below>[=:?+|(]{0,2}))"
)
# `password() string { return "..." }`, `getPassword() => "..."`, `password{"..."}`
_BODY = re.compile(r"(?:\([^()\r\n]{0,80}\)[^;=\"'`(){}\r\n]{0,30}(?:\{|=>)|\{)\s{0,40}(?:return[ \t]+)?(?=[\"'`])")
_SPACE = re.compile(r"(?:\s|\\\r?\n){0,80}")
_QUOTE_SOON = re.compile(r"[^\"'`;]{0,160}[\"'`]|&")
_OTHER_QUOTES = re.compile(r"\[=*\[(?=[^\"'`\[\]\s{])|%?[qQ][qQ]?[({\[<|!](?=\S)")
_BLANKS = re.compile(r"[ \t]{0,40}")
# `os.getenv("X") or "..."`, `cfg.x ?? "..."`
_OTHERWISE = re.compile(
    r"[\w.$?]{1,60}(?:\([^()\r\n]{0,60}\)|\[[^\]\r\n]{0,40}\]){0,2}\s{0,20}"
    r"(?:\|\||\?\?|or(?=[ \t])|\?:|\?(?=[ \t]))\s{0,20}"
)
# `old if known else "..."`, `known ? old : "..."`, `optional(string, "...")`
_INDIRECT = re.compile(r"[\w.$?!() \t\[\]=<>&|]{1,100}(?:\belse|[:,])[ \t]*(?=[\"'`])")
_OPENER = re.compile(
    r"(?P<callee>(?:(?:new|await|return|mut)[ \t]+)?[&*]{0,2}(?:\[\d{0,4}\])?[\w.:$<>]{0,60}!?(?:\[\])?)"
    r"(?P<open>[(\[{])"
    r"\s{0,60}(?:(?:default\w*|value|s|str|raw)[ \t]*[=:][ \t]*(?=[\w\"'`@$]))?"
)
_LISTING = re.compile(
    r"(?:^|[.:])(?:of|asList|array|Array|list|List|listOf|arrayOf|set|Set|vec|tuple|c|qw)!?$|\[\]$|\[\d+\]"
)
_LOOKS_UP = frozenset(
    """
    get load read fetch find look lookup resolve require env environ getenv config input prompt ask translate gettext t
    path open url import select query regex match test describe label format param prop inject search
    compile filter check validate assert expect has contains parse split join replace index exec log print
    """.split()  # noqa: SIM905 - a list of one-word strings fills a screen
)
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_ITEM = re.compile(
    r"\s{0,60}(?:[,;]\s{0,60})?(?:(?:[\w.\-]{1,40}|[\"'][^\"'\r\n]{1,60}[\"'])\s{0,20}(?::|=>|=)\s{0,20})?(?=[^\s])"
)
_MAX_ITEMS = 100
# Further on in a declaration: `option("--token", type=str, default="...")`, `variable "token" { default = "..." }`.
_DEFAULT = re.compile(
    r"[\s,(\[{;:][\"']?(?:default\w*|value|fallback|content|password|secret)[\"']?[ \t]*(?:=>|[=:]|,)[ \t]*",
    re.IGNORECASE,
)
_NEXT_DECLARATION = re.compile(
    r"\n[}\])]|\n[ \t]*@|option\(|argument\(|variable |\bname[\"']?[ \t]*[:=]|\n[ \t]*- \w+:|/>|\)[ \t]*;?[ \t]*\n"
)
_REACH = 400
_LIST_ITEM = re.compile(r"([ \t]*)- +(?:[\w.\-]{1,40}:[ \t]+)?")
_BLOCK_SCALAR = re.compile(r"[|>][+\-]?\d?[+\-]?[ \t]*(?:#[^\r\n]*)?\r?\n")
_YAML_TAG = re.compile(r"(?:[!&][\w!\-/]*[ \t]+){1,2}")
_LINE_START = re.compile(
    r"[ \t]*(?:[#;*/\-]{1,3}[ \t]+|> )?"
    r"(?:(?:export|set|setx|ENV|ARG|declare -x|env|RUN)[ \t]+|\$env:|-[ \t]+|--?)?[\"']?[\w.\-/]*\Z"
)
_LINE_OF_SETTINGS = re.compile(
    r"[ \t]*(?:$|[#;]|-[ \t]|---|\[[\w .:\"\-/]+\][ \t]*$"
    r"|(?:-[ \t]+)?[\"']?[\w./\-]+[\"']?[ \t]*:(?:[ \t]|$)|(?:export )?[\w.\-]+[ \t]*=)"
)
_SECTION = re.compile(r"(?m)^\[[\w .:\"\-/]+\][ \t]*\r?$")
_TYPE = re.compile(
    r"(?:u?int|float|bytes?|vec|char|str|string|complex|decimal|[iuf]|[A-Z][A-Za-z]*)(?:[1-4]|8|16|32|64|128|256|512)\??\Z"
)
_ENDS_LIKE_CODE = re.compile(
    r"[,;{}()\[\]\\][ \t]*$|(?:^|[ \t])(?:(?:def|class|func|fn|if|return|let|const|var|import)\b|self\.|this\.)"
)


# In the line of a name that may be given a random value, one of these is behind the name, or its end is open.
HINTS_AT_RANDOM = re.compile(r"\d|[\"'`=:>][ \t]?[A-Za-z]{16}|[,(\[{+.|=:>&\\\-][ \t]*\r?\Z").search
# Matches behind most names that are given nothing.
IS_GIVEN_NOTHING = re.compile(
    r"(?:,(?![ \t]*[\"'`])|;)|\(\)[;,).]|\)+[;,:]|\)?[ \t]*\r?\n(?:[ \t]*[)}\]]|\r?\n)"
    r"|\.(?:\s|clone|len|split|value\b|is_|starts|as_|get\()|::[A-Za-z]"
    r"|[ \t](?:in|of|if|and|for|else|as|the|that|from|with|not|can|must|should|has|will|a|by|on|when|may|can)[ \t,]"
    r"|[ \t](?:[!=]=[ \t])?(?:None|null|nil|true|false|undefined)\b|\)[ \t]*[{+]|[ \t]+\{[ \t]*\r?\n|\[[a-z]\](?!\s*=)"
).match


def given(text: str, start: int, end: int) -> Iterator[Given]:
    """Yield the values that the name at [start:end] of a block of lines is given."""
    rest = _REST.match(text, end)
    place = rest.end() if rest is not None else end
    if text[place : place + 1] in ("(", "{") and (body := _BODY.match(text, place)):
        yield from (replace(each, is_indirect=True) for each in _values(text, body.end(), False))
        return
    connect = _CONNECT.match(text, place)
    if connect is None:
        return
    operator = connect["op"]
    if operator is None:
        yield from _without_operator(text, start, end, connect)
        return
    is_quoted_name = connect["close"] is not None
    if operator == "," and not is_quoted_name and not text[start:end].isupper():
        yield from (replace(each, is_indirect=True) for each in _arguments(text, connect.end(), most=1))
        return
    if operator == "," and _DECLARES.search(text, max(0, start - 60), start):
        yield from _arguments(text, connect.end())
    verb = operator[-1] == "(" and (_looks_up(text[start:end]) or _is_method_of(rest))
    found = False
    for each in _values(text, connect.end(), verb):
        found = True
        yield each
        if operator == "(" and text[each.literal.end : each.literal.end + 1] == ",":
            behind = _arguments(text, each.literal.end + 1, most=1)
            yield from (replace(other, is_looked_up=verb, is_indirect=True) for other in behind)
    if not found and operator[0] in ":=" and (above := _default_above(text, start)):
        yield above
    elif not found and operator in (":", "=", ":=", "=>", ">", ":-", "?="):
        yield from _bare(text, start, place, operator, connect.end())
    elif is_quoted_name and operator in (",", ">"):
        yield from _default(text, connect.end() - 1)


# A program's option, by how it is called or declared.
_DECLARES = re.compile(r"(?:--[\w.\-]*|(?:[Ss]tring|Var|[Ff]lag|[Oo]ption|[Aa]rg)\w*\([^()\r\n]{0,40})\Z")
_PARAMETER = re.compile(r"[ \t]*[<\[][\w.\- ]{1,40}[>\]][\"'`][ \t]*,")


def _arguments(text: str, place: int, most: int = 3) -> Iterator[Given]:
    """Yield the next literals in a list of arguments, as of an option: a short name, the default, what it is for."""
    for _ in range(most):
        literal = read_quoted(text, _SPACE.match(text, place).end())  # type: ignore[union-attr]
        if literal is None:
            return
        yield Given(literal)
        if text[literal.end : literal.end + 1] != ",":
            return
        place = literal.end + 1


def _is_method_of(rest: re.Match[str] | None) -> bool:
    """Whether a method of the named object is called: `pass.write("...")`, but not where one compares or sets it."""
    return rest is not None and "." in rest[0] and _COMPARES.search(rest[0]) is None


_COMPARES = re.compile(
    r"equals|compare|unwrap|or_?else|default|set|put|push|add|append|concat|eq|format", re.IGNORECASE
)


def _without_operator(text: str, start: int, end: int, connect: re.Match[str]) -> Iterator[Given]:
    place = connect.end()
    if connect["prose"]:
        literal = read_quoted(text, place) or read_delimited(text, place)
        if literal is not None:
            yield Given(_without_full_stop(literal), Where.CODE)
        return
    if connect["typed"] or connect["below"]:
        yield from _values(text, place, False)
        return
    if connect["space"] is not None:
        if text[place : place + 1] in ("'", '"'):
            is_verb = text[start:end].lower() == "pass" and text[max(0, start - 1) : start] not in ("-", ".")
            literal = read_quoted(text, place) if not is_verb else None
            if literal is not None:
                yield Given(literal)
            return
        if parameter := _PARAMETER.match(text, place):
            yield from _arguments(text, parameter.end())
            return
        if _takes_an_argument(text, start, end):
            literal = read_quoted(text, place) or read_delimited(text, place)
            if literal is not None and literal.text[0] not in "-$":
                yield Given(literal, Where.SETTING)
            return
        literal = read_delimited(text, place)
        if literal is not None:
            yield Given(_without_full_stop(literal), Where.CODE)
    if connect["close"] is not None or _is_named(text, start):
        yield from _default(text, connect.end("close") if connect["close"] else end)


_NAME_BEFORE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-")
_NAMED = re.compile(r"\b(?:name|key|id|variable|secretKey)[\"']?[ \t]*[:=][ \t]*\Z")
_LOGIN = re.compile(r"\b(?:login|user|machine|default)[ \t]+\S+\s+\Z|\blogin[ \t]+\S+")


def _takes_an_argument(text: str, start: int, end: int) -> bool:
    """Whether what follows the name and a space is its value: `--password x`, `ENV TOKEN x`, `login me password x`."""
    first, lowest = start, max(0, start - 60)
    while first > lowest and text[first - 1] in _NAME_BEFORE:
        first -= 1
    if first < start and text[first] == "-":
        return first == 0 or text[first - 1].isspace() or text[first - 1] in "\"'["
    if text[max(0, first - 4) : first] in ("ENV ", "ARG ", "set ", "ENV\t"):
        return True
    return text[start:end] in ("password", "passwd") and _LOGIN.search(text, max(0, start - 80), start) is not None


def _is_named(text: str, start: int) -> bool:
    """Whether a name without quotes is the value of a `name:`."""
    before = text[max(0, start - 40) : start]
    return before.rstrip(" \t")[-1:] in (":", "=") and _NAMED.search(before) is not None


def _without_full_stop(literal: Literal) -> Literal:
    if literal.is_quoted or literal.text[-1] not in ".:":
        return literal
    start, end = literal.spans[0]
    return Literal(literal.text[:-1], ((start, end - 1),), literal.end, False)


def _values(text: str, place: int, is_looked_up: bool) -> Iterator[Given]:
    """Yield the quoted literals of the expression at `place`."""
    place = _SPACE.match(text, place).end()  # type: ignore[union-attr]
    if text[place : place + 1] in ("'", '"') or _OTHER_QUOTES.match(text, place):  # the first is most common by far
        literal = read_quoted(text, place)
        if literal is not None and not (literal.text == "" and text.startswith(".join(", literal.end)):
            yield Given(literal, is_looked_up=is_looked_up)
            return
        if literal is None:
            return
        place = literal.end + len(".join(")
    if not _QUOTE_SOON.match(text, place):
        return
    if indirect := _INDIRECT.match(text, place):
        literal = read_quoted(text, indirect.end())
        if literal is not None:
            yield Given(literal, is_looked_up=is_looked_up, is_indirect=True)
    otherwise = _OTHERWISE.match(text, place)
    if otherwise is not None:
        place = otherwise.end()
    is_list = False
    for _ in range(3):
        opener = _OPENER.match(text, place)
        if opener is None:
            break
        callee = opener["callee"]
        lists = not callee or opener["open"] == "{" or _LISTING.search(callee) is not None
        if callee and opener["open"] != "{":
            is_looked_up = is_looked_up or _looks_up(callee) or (opener["open"] == "[" and not lists)
        is_list = is_list or lists
        place = opener.end()
    literal = read_quoted(text, place)
    if literal is None or not is_list:
        if literal is not None:
            yield Given(literal, is_looked_up=is_looked_up)
        return
    for _ in range(_MAX_ITEMS):
        item = _ITEM.match(text, place)
        if item is None:
            return
        literal = read_quoted(text, item.end())
        if literal is None:
            return
        yield Given(literal, is_looked_up=is_looked_up)
        place = literal.end


@lru_cache(maxsize=1024)
def _looks_up(name: str) -> bool:
    return not _LOOKS_UP.isdisjoint(word.lower() for word in _WORD.findall(name))


def _default(text: str, place: int) -> Iterator[Given]:
    """Yield the default that comes further on in the declaration of which the name is a part."""
    stop = _NEXT_DECLARATION.search(text, place, place + _REACH)
    end = stop.start() if stop is not None else min(len(text), place + _REACH)
    keyword = _DEFAULT.search(text, place, end)
    if keyword is None:
        return
    found = False
    for each in _values(text, keyword.end(), False):
        found = True
        yield each
    if not found:
        literal = read_to_line_end(text, keyword.end())
        if literal is not None:
            yield Given(literal, Where.LINE)


def _default_above(text: str, start: int) -> Given | None:
    """The default in an annotation in the line above: `#[arg(default_value = "...")]`, `@DefaultValue("...")`."""
    line = text.rfind("\n", 0, start)
    if line <= 0 or text[line - 1] not in ")]\r":
        return None
    annotation = _ANNOTATION.match(text, text.rfind("\n", 0, line) + 1, line)
    literal = read_quoted(text, annotation.end()) if annotation is not None else None
    return Given(literal) if literal is not None else None


_ANNOTATION = re.compile(r"[ \t]*(?:#?\[|@)[^\r\n]{0,200}?[Dd]efault\w*[\"']?[ \t]*[=:(]{1,2}[ \t]*(?=[\w\"'`@])")


def _bare(text: str, start: int, end: int, operator: str, place: int) -> Iterator[Given]:
    """Yield the value without quotes that follows in the same line, or the list or block in the lines below."""
    line = max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1
    place = _BLANKS.match(text, place).end()  # type: ignore[union-attr]
    is_first = _LINE_START.match(text[line:start]) is not None
    if operator in (":", "=") and is_first:
        tag = _YAML_TAG.match(text, place)
        place = tag.end() if tag is not None else place
        if operator == ":" and (block := _BLOCK_SCALAR.match(text, place)):
            yield from _lines_below(text, line, block.end(), _INDENTED)
            return
        if text[place : place + 1] in ("\r", "\n"):
            yield from _lines_below(text, line, text.find("\n", place) + 1, _LIST_ITEM)
            return
        literal = read_to_line_end(text, place)
        if literal is not None:
            yield Given(literal, Where.LINE)
            return
    literal = read_delimited(text, place)
    if literal is not None and text[literal.end : literal.end + 1] not in ("(", "[", "{"):
        follows = text[literal.end : literal.end + 1]
        in_a_list = operator == "=" and text[place - 1] == "=" and follows in (";", "&", '"', "'", "\\")
        is_option = text[max(0, start - 60) : start].rpartition(" ")[2].startswith(("--", '"--', "'--", "-P", "/"))
        is_element = operator == ">" and follows == "<"
        is_default = operator in (":-", ":") and follows == "}"
        is_variable = operator == "=" and text[place - 1] == "=" and follows in _ENDS and text[start:end].isupper()
        sure = in_a_list or is_option or is_element or is_default or is_variable
        yield Given(literal, Where.SETTING if sure else Where.CODE)


_ENDS = ("", " ", "\t", "\r", "\n", '"', "'")
_INDENTED = re.compile(r"([ \t]+)(?=\S)")


def _lines_below(text: str, line: int, place: int, shape: re.Pattern[str]) -> Iterator[Given]:
    """Yield the items of a list, or the lines of a block, that is indented below the line that begins at `line`."""
    indent = len(text[line:place]) - len(text[line:place].lstrip(" \t"))
    dash = text[line + indent : line + indent + 2] == "- "
    for _ in range(_MAX_ITEMS):
        item = shape.match(text, place) if place > line else None
        if item is None or len(item[1]) < indent + dash or (shape is _INDENTED and len(item[1]) <= indent):
            return
        literal = read_quoted(text, item.end()) or read_to_line_end(text, item.end())
        if literal is None:
            return
        yield Given(literal, Where.SETTING)
        place = text.find("\n", literal.end) + 1


def is_setting(text: str, start: int, literal: Literal) -> bool:
    """Whether the line of a name at `start` and of its literal, and the lines around it, are those of settings."""
    line = max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1
    place = literal.spans[0][0]
    if text[place - 1] == "=" and text[line:place].rpartition(" ")[2].isupper():
        return True  # `NAME=value`, as in a shell
    first = text.rfind("\n", 0, max(0, line - 1)) + 1
    last = text.find("\n", place)
    after = text.find("\n", last + 1) if last >= 0 else -1
    lines = text[first : after if after >= 0 else len(text)].splitlines()
    if len(lines) < 2:
        return text[place - 1] == "=" and text[line:place].count(".") >= 2  # a property
    if not all(map(_LINE_OF_SETTINGS.match, lines)) or any(map(_ENDS_LIKE_CODE.search, lines)):
        return False
    # What looks like settings may still be the fields of a class, or assignments to variables.
    if text[line:place].rstrip()[-1:] == "=" and text[place - 1] != "=":
        return _SECTION.search(text, 0, start) is not None
    return _TYPE.match(literal.text) is None
