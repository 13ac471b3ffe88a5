"""Import aliases that the configuration of a bundler declares: Vite, webpack, SvelteKit, Nuxt, Jest and the like.

Such a file is a program. What is read of it are the tables called `alias`, and in them the texts that a path is made
of: `path.resolve(__dirname, "./src")` is `./src`. Nothing is run. The file's record carries the result as facts.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import islice

from dovetail_context.languages.paths import join, parent

ALIAS = "alias "  # of a fact: the prefix of modules, a space, and the folder or file relative to the workspace
_CONFIGURATION = re.compile(r"(?:.*[.-])?config(?:\.[\w-]+)?\.[cm]?[jt]s|webpack[\w.-]*\.[cm]?js|\.babelrc\.c?js")
# Where a tool that names its folders by convention keeps them; a missing folder does no harm.
_CONVENTIONS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "svelte": (("$lib", "src/lib"),),
    "nuxt": (("~~", "."), ("@@", "."), ("~", "app"), ("@", "app"), ("~", "."), ("@", ".")),
    "vue": (("@", "src"),),
    "quasar": (("src", "src"), ("components", "src/components"), ("stores", "src/stores")),
}
MAX_ALIASES = 64
MAX_TEXT = 60_000  # characters of a configuration that somebody wrote
MAX_TABLES = 8
MAX_TABLE = 10_000  # characters that are looked through for the end of a table
MAX_ENTRY = 400  # characters

_TEXT = r""""(?:[^"\\\n]|\\.)*+"?|'(?:[^'\\\n]|\\.)*+'?|`(?:[^`\\]|\\.)*+`?"""
_PATTERN = r"(?<=[:,(\[ ])/(?![/*])(?:[^/\\\n]|\\.)++/"
_COMMENT = re.compile(rf"({_TEXT}|{_PATTERN})|//[^\n]*+|/\*(?:[^*]|\*(?!/))*+(?:\*/)?")
_TABLE = re.compile(r"""\b(?:alias|moduleNameMapper)["']?\s*[:=]\s*(?:\w+\s*\(\s*)?([{\[])""")
_CONSTANT = re.compile(r"^[ \t]*(?:export\s+)?(?:const|let|var)\s+([\w$]{1,80})\s*=\s*([^\n;]{1,400})", re.MULTILINE)
_STRING = re.compile(r""""((?:[^"\\\n]|\\.)*+)"|'((?:[^'\\\n]|\\.)*+)'|`([^`\\]*+)`""")
_SKIPPED = re.compile(rf"{_TEXT}|{_PATTERN}")
_FIND = re.compile(r"""\bfind["']?\s*:\s*(.*?),\s*["']?replacement["']?\s*:\s*(.*)""", re.DOTALL)
_KEY = re.compile(r"""\s*(?:"([^"\n]+)"|'([^'\n]+)'|([\w$@~#]+))\s*:\s*(.*)""", re.DOTALL)
_TEMPLATE = re.compile(r"\$\{[^}]*\}")
_ROOT = re.compile(r"^<rootDir>")


def read_aliases(path: str, text: str) -> tuple[str, ...]:
    """Return the facts of a configuration file; () for any other file. Never raises."""
    name = path.rpartition("/")[2]
    if not _CONFIGURATION.fullmatch(name):
        return ()
    tool = name.partition(".")[0]
    pairs = [*_tables(text), *_CONVENTIONS.get(tool, ())]
    found: dict[str, None] = {}
    for key, target in islice(pairs, MAX_ALIASES):
        place = join(parent(path), target)
        if place is not None and key and " " not in key:
            found[f"{ALIAS}{key} {place}"] = None
    return tuple(found)


def _tables(text: str) -> Iterator[tuple[str, str]]:
    """The entries of all tables called `alias`, with the relative path of each."""
    if len(text) > MAX_TEXT or ("alias" not in text and "moduleNameMapper" not in text):
        return
    text = _COMMENT.sub(lambda found: found[1] or " ", text)
    constants = dict(_CONSTANT.findall(text))
    for table in islice(_TABLE.finditer(text), MAX_TABLES):
        for entry in _entries(text, table.end()):
            key, value = _entry(entry)
            target = _path(value, constants)
            if key and target:
                yield key, target


def _entries(text: str, start: int) -> Iterator[str]:
    """The entries of a table or list from behind its bracket to the end, as they are written."""
    depth, begin, place = 0, start, start
    while place < min(len(text), start + MAX_TABLE):
        skipped = _SKIPPED.match(text, place)
        if skipped and skipped.end() > place:
            place = skipped.end()
            continue
        sign = text[place]
        if sign in "{[(":
            depth += 1
        elif sign in "}])":
            depth -= 1
        if depth < 0 or (sign == "," and not depth):
            yield text[begin : min(place, begin + MAX_ENTRY)]
            begin = place + 1
            if depth < 0:
                return
        place += 1


def _entry(entry: str) -> tuple[str, str]:
    """The prefix of modules that an entry is for, and the expression of its path."""
    found = _FIND.search(entry)
    if found:
        key = _STRING.search(found[1])
        return (_first(key) if key else _of_pattern(found[1]), found[2])
    pair = _KEY.match(entry)
    if pair is None:
        return "", ""
    key_text = pair[1] or pair[2] or pair[3]
    return (
        _of_pattern(f"/{key_text}/") if key_text.startswith("^") else key_text.removesuffix("$").removesuffix("/*")
    ), pair[4]


def _of_pattern(written: str) -> str:
    """The literal beginning of a regular expression: `/^@\\//` is `@`."""
    pattern = written.strip().strip("/").removeprefix("^").replace("\\/", "/").replace("\\", "")
    return re.split(r"[(.*+?$\[|]", pattern)[0].rstrip("/")


def _path(value: str, constants: Mapping[str, str]) -> str:
    """The relative path that an expression makes of its texts, one constant deep."""
    texts = [_first(found) for found in _STRING.finditer(value)]
    name = re.match(r"\s*(?:path\.)?(?:\w+\(\s*)?([A-Za-z_$][\w$]*)", value)
    base = constants.get(name[1], "") if name else ""
    texts = [*(_first(found) for found in _STRING.finditer(base)), *texts]
    parts = [_ROOT.sub("", _TEMPLATE.sub("", text)).strip("/") for text in texts]
    joined = "/".join(part for part in parts if part)
    joined = re.sub(r"/(?:\$\d|\*)$", "", joined)
    return joined if joined and not joined.startswith(("@", "node:")) else ""


def _first(found: "re.Match[str]") -> str:
    return next((part for part in found.groups() if part is not None), "")


class Aliases:
    """The aliases of one workspace, from the facts of its configuration files."""

    def __init__(self, facts: Mapping[str, tuple[str, ...]]) -> None:
        self._by_folder: dict[str, list[tuple[str, str]]] = {}
        for path in sorted(facts):
            for fact in facts[path]:
                if fact.startswith(ALIAS):
                    key, _, place = fact.removeprefix(ALIAS).partition(" ")
                    self._by_folder.setdefault(parent(path), []).append((key, place))

    def places(self, module: str, folder: str) -> Iterator[str]:
        """Where a module may be by the configuration nearest to `folder`; the longest alias first."""
        if not self._by_folder:
            return
        for above in (folder, *_above(folder)):
            for key, place in sorted(self._of(above), key=lambda one: -len(one[0])):
                prefix = key if key.endswith("/") else f"{key}/"
                if module == key:
                    yield place
                elif module.startswith(prefix):
                    yield f"{place}/{module[len(prefix) :]}".lstrip("/")

    def _of(self, folder: str) -> list[tuple[str, str]]:
        """The aliases declared in a folder, or in its folders for configurations."""
        places = (folder, *(f"{folder}/{name}" if folder else name for name in ("config", "build", ".config")))
        return [pair for place in places for pair in self._by_folder.get(place, ())]


def _above(folder: str) -> Iterator[str]:
    while folder:
        folder = parent(folder)
        yield folder
