"""Code inside other texts: scripts of components and pages, fences of Markdown. Pure.

The code of one language is read as if the rest of the text were blank, so every character keeps its place.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dovetail_context.languages.identify import PLAIN, SUFFIX_OF_ID, id_of_name

# Files whose scripts are modules: other files import them.
COMPONENTS = (".vue", ".svelte", ".astro")
_PAGES = (".html", ".htm", ".xhtml")
_PROSE = (".md", ".markdown", ".mdx", ".qmd", ".rmd")
MAX_REGIONS = 1000  # of one text; a longer list is generated
MAX_PROPS_CHARS = 240  # of what a component takes

_TAG = re.compile(
    r"<(?P<tag>script|style)\b(?P<attributes>(?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>(?P<code>.*?)(?:</(?P=tag)\s*>|\Z)",
    re.DOTALL | re.IGNORECASE,
)
_FRONT_MATTER = re.compile(r"\A\s*---[ \t]*\n(?P<code>.*?)(?:^---[ \t]*$|\Z)", re.DOTALL | re.MULTILINE)
_FENCE = re.compile(
    r"^(?P<indent>[ \t]*)(?P<mark>`{3,}|~{3,})[ \t]*\{?\.?(?P<name>[\w+#-]+)[^\n`]*\n(?P<code>.*?)"
    r"(?:^[ \t]*(?P=mark)[`~]*[ \t]*$|\Z)",
    re.DOTALL | re.MULTILINE,
)
_LANG = re.compile(r"\b(?:lang|type)\s*=\s*[\"']?(?:text/|application/)?(?P<name>[\w-]+)")
_NO_CODE = re.compile(
    r"\btype\s*=\s*[\"']?(?:application/(?:ld\+)?json|text/template|text/x-|importmap|speculationrules)"
)
_NOT_LINE_END = re.compile(r"[^\n]")
_PROPS = re.compile(
    r"defineProps\s*<(?P<typed>(?:\{[^{}]*\}|[^;])*?)>\s*\(|defineProps\s*\((?P<listed>[^;]*?)\)\s*$|"
    r"interface\s+Props\b[^{]*\{(?P<interface>[^}]*)\}|let\s+\{(?P<runes>[^}]*)\}[^=\n]*=\s*\$props",
    re.MULTILINE,
)
_EXPORTED = re.compile(r"^\s*export\s+let\s+([^=;\n]+)", re.MULTILINE)
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Region:
    """The code from `start` to `end` (code points), in the language with the id `language`."""

    start: int
    end: int
    language: str


@dataclass(frozen=True, slots=True)
class Embedded:
    """The code around a cursor: the text with everything else blank, and the id of its language."""

    text: str
    language: str


def holds_code(path: str, language: str = "") -> bool:
    """Whether a text may hold code of other languages, by its name; `language` is its id where an editor knows it."""
    return language in ("", PLAIN) and path.lower().endswith((*COMPONENTS, *_PAGES, *_PROSE))


def embedded(path: str, language: str, text: str, offset: int) -> Embedded | None:
    """The code that `offset` is in; None if it is in none, or if the text holds no other languages."""
    if not holds_code(path, language):
        return None
    found = list(_regions(path, text))
    own = next((region for region in found if region.start <= offset <= region.end), None)
    if own is None:
        return None
    return Embedded(_only(text, [each for each in found if _same(each, own)]), own.language)


def script_of(path: str, text: str) -> tuple[str, str]:
    """The scripts of a component as one text, every character in its place, and the suffix that they have."""
    found = [region for region in _regions(path, text) if region.language in _SCRIPTS]
    suffix = SUFFIX_OF_ID[found[0].language] if found else ".ts"
    return _only(text, found), suffix


def component_head(path: str, script: str) -> tuple[str, str]:
    """The name of a component, and what it takes, as one line."""
    name = path.rpartition("/")[2].partition(".")[0]
    taken = [match[each] for match in _PROPS.finditer(script) for each in match.groupdict() if match[each]]
    taken += _EXPORTED.findall(script)
    props = _SPACE.sub(" ", "; ".join(part.strip() for part in taken))[:MAX_PROPS_CHARS]
    return name, f"component {name}({props})"


_SCRIPTS = frozenset({"typescript", "typescriptreact", "javascript", "javascriptreact"})


def _same(region: Region, other: Region) -> bool:
    return region.language == other.language or (region.language in _SCRIPTS and other.language in _SCRIPTS)


def _regions(path: str, text: str) -> Iterator[Region]:
    lowered = path.lower()
    if lowered.endswith(_PROSE):
        for count, match in enumerate(_FENCE.finditer(text)):
            language = id_of_name(match["name"])
            if count < MAX_REGIONS and language and language != PLAIN:
                yield Region(match.start("code"), match.end("code"), language)
        return
    front = _FRONT_MATTER.match(text) if lowered.endswith(".astro") else None
    if front is not None:
        yield Region(front.start("code"), front.end("code"), "typescript")
    for count, match in enumerate(_TAG.finditer(text, front.end() if front is not None else 0)):
        language = _language_of(match)
        if count < MAX_REGIONS and language:
            yield Region(match.start("code"), match.end("code"), language)


def _language_of(match: re.Match[str]) -> str:
    """The id of the language of a script or style; "" for data and for languages without a grammar."""
    if _NO_CODE.search(match["attributes"]):
        return ""
    is_style = match["tag"].lower() == "style"
    named = _LANG.search(match["attributes"])
    if named is None or named["name"] in ("module", "javascript", "css"):
        return "css" if is_style else "javascript"
    found = id_of_name(named["name"])
    return "" if found == PLAIN or is_style != (found == "css") else found


def _only(text: str, regions: list[Region]) -> str:
    """The text with everything outside of the regions blanked."""
    parts: list[str] = []
    at = 0
    for region in regions:
        parts += (_NOT_LINE_END.sub(" ", text[at : region.start]), text[region.start : region.end])
        at = region.end
    return "".join((*parts, _NOT_LINE_END.sub(" ", text[at:])))
