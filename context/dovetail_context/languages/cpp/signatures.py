"""The shown text of C and C++ definitions: signatures, documentation lines, parameters, bases."""

import re
from collections.abc import Callable, Iterator

from dovetail_context.languages import doc_comments
from dovetail_context.languages.cpp.expressions import declared_name, declared_type, type_text
from dovetail_context.syntax import Node, SyntaxTree

MAX_SIGNATURE_CHARS = 600  # the longest signatures that people write; what is longer is data
MAX_VALUE_CHARS = 100  # enough for a literal or a constructor call

_SPACE = re.compile(r"\s*\\?\s+")
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_AFTER_OPENING = re.compile(r"([(\[]) ")
_BEFORE_CLOSING = re.compile(r" ([)\],;])")
# Macros between a keyword and a name (`class API_EXPORT Money`), alone in a line or before its `{` (`LIB_TRY {`),
# before a declaration or behind one (`GUARDED_BY(mutex)`): no grammar knows their expansion, and without them the code
# parses as intended. Each of them is a name in capitals; the text before it is checked afterwards.
_CAPITALS = re.compile(r"[A-Z](?<!\w[A-Z])[A-Z0-9_]{2}")
_EXPORT = re.compile(r"(?<=\s)[A-Z0-9_]{3,}+(?:\([^()\n]*\))?(?=\s+[A-Za-z_])")
_ALONE = re.compile(r"(?<!\S)[A-Z0-9_]{4,}+(?=[ \t]*\{?[ \t]*$)", re.MULTILINE)
_BEFORE = re.compile(r"[A-Z0-9_]{3,}+(?=\s+[A-Za-z_:\[])")
_ANNOTATION = re.compile(r"(?<=\s)[A-Z0-9_]{4,}+\([^()\n]*\)(?=\s*[;{=])")
# They follow on a line end, for which Python searches fast.
_HAS_MODULES = re.compile(r"\n[ \t]*(?:(?:export[ \t]+)?(?:module|import)\b[^(=\n]*;|export[ \t]+[\w{])")
# `export` before a declaration, `module name;` and `import name;`.
_MODULE_WORDS = re.compile(
    r"^[ \t]*(?:export[ \t]+)?(?:module|import)\b[^(=\n;]*;|^[ \t]*export(?=[ \t]+[\w{])", re.MULTILINE
)
_LONGEST_GAP = 200  # the maximum number of characters from a macro back to the text that it follows
_KEYWORD = re.compile(r"\b(?:class|struct|union|enum)\Z")
_TELLING = re.compile(r"EXPORT|API|INLINE|CONSTEXPR|NODISCARD|NORETURN|DEPRECATED|VISIBILITY|FALLTHROUGH")


def without_macros(text: str) -> str:
    """The text with spaces in place of macros that would keep it from being parsed, and of the words of modules; every
    character in its place."""
    if _HAS_MODULES.search("\n" + text):
        text = _MODULE_WORDS.sub(lambda match: " " * len(match[0]), text)
    places = [match.start() for match in _CAPITALS.finditer(text)]
    text = _blanked(text, places, _ANNOTATION, _is_behind_declaration)
    text = _blanked(text, places, _EXPORT, _is_behind_keyword)
    text = _blanked(text, places, _ALONE, _begins_line)
    return _blanked(text, places, _BEFORE, lambda match: _TELLING.search(match[0]) is not None)


def _blanked(
    text: str, places: list[int], macro: re.Pattern[str], is_in_the_way: Callable[[re.Match[str]], bool]
) -> str:
    """`text` with spaces in place of the macros of one kind that begin at these places."""
    parts: list[str] = []
    done = blank_until = 0
    for place in places:
        match = macro.match(text, place) if place >= done else None
        if match is not None:
            done = match.end()
            if is_in_the_way(match):
                parts += (text[blank_until:place], " " * (done - place))
                blank_until = done
    return "".join((*parts, text[blank_until:])) if parts else text


def _is_behind_declaration(match: re.Match[str]) -> bool:
    """Whether it follows on the end of a declarator: a bracket, `const`, or a name in the same line."""
    before = match.string[max(0, match.start() - _LONGEST_GAP) : match.start()]
    word = before.rstrip()
    if word.endswith((")", "const")):
        return True
    named = word[-1:].isalnum() or word[-1:] in ("_", ">")
    return named and bool(word) and not word.endswith("return") and not before[len(word) :].strip(" \t")


def _is_behind_keyword(match: re.Match[str]) -> bool:
    before = match.string[max(0, match.start() - _LONGEST_GAP) : match.start()].rstrip()
    return _KEYWORD.search(before[-7:]) is not None  # the longest keyword and the character before it


def _begins_line(match: re.Match[str]) -> bool:
    """Whether it is the first in its line, and not the name of the class whose keyword is in the line before."""
    before = match.string[max(0, match.start() - _LONGEST_GAP) : match.start()]
    return not before.rpartition("\n")[2].strip(" \t") and not _is_behind_keyword(match)


def one_line(source: str) -> str:
    """Source text on one line, without comments and the spaces that only broke lines."""
    source = source.strip()
    if "\n" not in source and "  " not in source and "/" not in source:
        return source
    text = _SPACE.sub(" ", _COMMENT.sub(" ", source).strip())
    return _BEFORE_CLOSING.sub(r"\1", _AFTER_OPENING.sub(r"\1", text))


def head_text(tree: SyntaxTree, start: int, end: int) -> str:
    """A definition between two byte offsets on one line."""
    text = one_line(tree.slice(start, min(end, start + 4 * MAX_SIGNATURE_CHARS))).rstrip(" ;,{:")
    return text if len(text) <= MAX_SIGNATURE_CHARS else text[:MAX_SIGNATURE_CHARS] + " ..."


def value_text(tree: SyntaxTree, node: Node) -> str:
    """A variable, field or macro on one line, its value cut where it becomes data."""
    text = one_line(tree.slice(node.start_byte, min(node.end_byte, node.start_byte + 4 * MAX_VALUE_CHARS))).rstrip("; ")
    if len(text) <= MAX_VALUE_CHARS:
        return text
    return text.partition(" = ")[0].partition("{")[0][:MAX_SIGNATURE_CHARS].rstrip()


def doc_line(tree: SyntaxTree, start_byte: int) -> str:
    """The first line of the comment right above a definition."""
    comment: list[bytes] = []
    is_block = False
    for line in doc_comments.lines_above(tree.data, start_byte):
        is_block = is_block or (not comment and line.rstrip().endswith(b"*/"))
        begins = line.lstrip()
        if not is_block and not begins.startswith(b"//"):
            break
        comment.append(line)
        if is_block and begins.startswith(b"/*"):
            break
    return doc_comments.doc_line(b"\n".join(reversed(comment)).decode("utf-8", "replace")) if comment else ""


def parameters(tree: SyntaxTree, declarator: Node) -> Iterator[tuple[str, str]]:
    """Names and types of a function's parameters; unnamed parameters have the name ""."""
    listed = declarator.child_by_field_name("parameters")
    for child in listed.named_children if listed is not None else ():
        if child.type in ("parameter_declaration", "optional_parameter_declaration"):
            name = declared_name(child.child_by_field_name("declarator"))
            type_ = declared_type(tree, child.child_by_field_name("type"), child.child_by_field_name("declarator"))
            yield (tree.text(name) if name is not None else ""), type_


def type_parameters(tree: SyntaxTree, template: Node | None) -> Iterator[tuple[str, str]]:
    """The type parameters of a template; C++ writes no bounds that could be followed."""
    listed = template.child_by_field_name("parameters") if template is not None else None
    for child in listed.named_children if listed is not None else ():
        name = child.child_by_field_name("name")
        if name is None:
            name = next((each for each in child.named_children if each.type == "type_identifier"), None)
        default = child.child_by_field_name("default_type")
        if name is not None and child.type.endswith("type_parameter_declaration"):
            yield tree.text(name), type_text(tree, default)
        elif name is None or child.type == "parameter_declaration":
            yield "", ""  # a value: it takes a place among the arguments


def base_names(tree: SyntaxTree, node: Node) -> tuple[str, ...]:
    """The base classes of a class."""
    for child in node.named_children:
        if child.type == "base_class_clause":
            found = (type_text(tree, each) for each in child.named_children if each.type != "access_specifier")
            return tuple(text for text in found if text)
    return ()
