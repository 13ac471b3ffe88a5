"""Types that JSDoc comments give to JavaScript: `@type`, `@param`, `@returns`, `@typedef`, `@import`."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from dovetail_context.languages.numbered import numbered
from dovetail_context.languages.typescript.grammar import grammar
from dovetail_context.languages.typescript.types import type_text
from dovetail_context.records.record import Import
from dovetail_context.syntax import Node, SyntaxTree

MAX_COMMENT_CHARS = 4_000  # longer ones are documents

_BRACED = r"\{(?P<type>(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}"
_TAG = re.compile(
    rf"@(?P<tag>type|param|arg|argument|returns?|typedef|property|prop)\b[ \t]*{_BRACED}[ \t]*\[?(?P<name>[\w$.]*)"
    r"|@(?P<called>callback)\b[ \t]+(?P<callback>[\w$]+)"
)
_IMPORTED_TYPE = re.compile(r"""(?:typeof\s+)?import\(\s*["'](?P<module>[^"'\n]+)["']\s*\)\.(?P<name>[\w$]+)""")
_IMPORT = re.compile(
    r"""@import\s+(?P<default>[\w$]+\s*,?\s*)?(?:\{(?P<names>[^}]*)\}|\*\s+as\s+(?P<all>[\w$]+))?\s*from\s*["'](?P<module>[^"'\n]+)["']"""
)
_NAME = re.compile(r"([\w$]+)(?:\s+as\s+([\w$]+))?")
_PLAIN_TYPE = re.compile(r"[\w$.]+(?:<[\w$., ]+>)?(?:\[\])*")
_STARS = re.compile(r"^[ \t]*\*", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class JsDoc:
    """The types that a comment states, in type notation.

    `type` is that of a variable, `returns` that of a function's result, `parameters` those of its parameters by name.
    """

    type: str = ""
    returns: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)


NOTHING = JsDoc()


def read_jsdoc(tree: SyntaxTree, comment: Node | None) -> JsDoc:
    """The types that a comment above a definition states."""
    if comment is None or comment.end_byte - comment.start_byte > MAX_COMMENT_CHARS:
        return NOTHING
    return read_comment(tree.text(comment))


def jsdoc_type(tree: SyntaxTree, comment: Node | None) -> str:
    """The type that a comment gives to the variable below it."""
    return read_jsdoc(tree, comment).type


def read_comment(text: str) -> JsDoc:
    """The types that the text of a comment states."""
    if not text.startswith("/**") or "@" not in text:
        return NOTHING
    type_ = returns = ""
    parameters: dict[str, str] = {}
    for tag in _TAG.finditer(_STARS.sub(" ", text)):
        if tag["called"]:
            return NOTHING  # what follows describes a type
        written = notation(tag["type"])
        if tag["tag"] == "type":
            type_ = written
        elif tag["tag"].startswith("return"):
            returns = written
        elif tag["tag"] in ("param", "arg", "argument") and "." not in tag["name"]:
            parameters[tag["name"]] = written
    return JsDoc(type_, returns, parameters)


@lru_cache(maxsize=256)  # comments name few types, each of them often; none is longer than a comment that is read
def notation(source: str) -> str:
    """A type as JSDoc writes it, in type notation."""
    source = (
        _IMPORTED_TYPE.sub(lambda found: found["name"], source).strip().lstrip("?!").removeprefix("...").rstrip("=")
    )
    source = re.sub(r"\.<", "<", source)
    if re.fullmatch(r"[\w$.]+", source):
        return source
    tree = grammar().parse(f"let _: {source};")
    declaration = tree.root.named_child(0) if tree.root.named_child_count else None
    declarator = declaration.named_child(0) if declaration is not None and declaration.named_child_count else None
    return type_text(tree, declarator.child_by_field_name("type")) if declarator is not None else ""


def read_comment_imports(text: str, bound: frozenset[str]) -> Iterator[Import]:
    """What comments import: by `@import`, and by types such as `import("./money").Money`. `bound` names are known."""
    if "@import" in text:
        for line, found in numbered(_IMPORT, text, "module"):
            module = found["module"]
            if found["default"]:
                yield Import(module, "default", found["default"].strip(" ,\n\t"), line)
            if found["all"]:
                yield Import(module, "", found["all"], line)
            for name, alias in _NAME.findall(found["names"] or ""):
                yield Import(module, name, alias or name, line)
    if "import(" in text:
        known = set(bound)
        for line, found in numbered(_IMPORTED_TYPE, text, "module"):
            if found["name"] not in known and found["name"] != "then":
                known.add(found["name"])
                yield Import(found["module"], found["name"], found["name"], line)


@dataclass(frozen=True, slots=True)
class TypeDefinition:
    """A type that a comment defines: an alias of `type` ("" for an object), or an object with `properties`. `shown` is
    what it is written as, where `type` is not that."""

    name: str
    type: str = ""
    properties: tuple[tuple[str, str], ...] = ()
    shown: str = ""


def typedefs(text: str) -> Iterator[TypeDefinition]:
    """The types that a comment defines. A type that it only imports under its own name is none."""
    tags: list[re.Match[str]] = []
    for tag in _TAG.finditer(_STARS.sub(" ", text)):
        if tag["called"] or tag["tag"] == "typedef":
            yield from _defined(tags)
            tags = []
        tags.append(tag)
    yield from _defined(tags)


def _defined(tags: list[re.Match[str]]) -> Iterator[TypeDefinition]:
    """The type that the first of some tags defines, with what the others say of it."""
    if not tags or not (tags[0]["called"] or tags[0]["tag"] == "typedef"):
        return
    first, *others = tags
    if first["called"]:
        taken = [tag for tag in others if (tag["tag"] or "").startswith(("param", "arg")) and "." not in tag["name"]]
        result = next((tag["type"] for tag in others if (tag["tag"] or "").startswith("return")), "void")
        types = ", ".join(notation(tag["type"]) or "unknown" for tag in taken)
        listed = ", ".join(f"{tag['name']}: {_plain(tag['type'])}" for tag in taken)
        type_ = f"Callable[[{types}], {notation(result) or 'unknown'}]"
        yield TypeDefinition(first["callback"], type_, shown=f"({listed}) => {_plain(result)}")
        return
    name, type_ = first["name"], notation(first["type"])
    properties = [tag for tag in others if (tag["tag"] or "").startswith("prop") and "." not in tag["name"]]
    if name and name != type_:
        pairs = tuple((tag["name"], notation(tag["type"])) for tag in properties)
        yield TypeDefinition(name, "" if type_ in ("Object", "object") else type_, pairs)


def _plain(type_: str) -> str:
    return type_.strip() if _PLAIN_TYPE.fullmatch(type_.strip()) else "any"
