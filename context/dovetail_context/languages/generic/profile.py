"""`Profile`: what one language is, as data. A language with a grammar, a tags query and a profile is complete."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from dovetail_context.languages.generic.notation import Notation
from dovetail_context.languages.language import TypeRules
from dovetail_context.records.record import FileRecord
from dovetail_context.syntax import SyntaxTree

_EDGES = re.compile(r"[\"'<>()\s;]+")
_VARYING = re.compile(r"^package:\w+/|\$\{?\w+\}?/")  # the beginning of a path that only a tool resolves


def _as_is(record: FileRecord, tree: SyntaxTree) -> FileRecord:
    return record


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """A language for the generic reader.

    `wheel` and `function` name the grammar, `package` the folder with its `tags.scm`. `ids` are what editors call it.
    `separator` joins the parts of qualified names as written; records join them with dots. `is_flat`: the members of
    nested classes are recorded under the name of their own class alone, as they are reached from anywhere (Ruby).
    `blocks` is how an outline closes a class. `noise` matches what signatures leave out: annotations, comments.
    `hidden` matches signatures of what other files cannot reach, `hidden_name` names of such. `by_last_name`: a
    qualified name may be written without its first parts. `sees` is what a file sees without an import: its package,
    what its namespaces hold (`nest`), or everything. `module_paths` are patterns of the path of a module, in which
    braces represent its name with slashes. `prepare` changes a text before it is parsed, without changing its length;
    `refine` adds to a record what the query cannot say. `trim` is removed from the end of symbols' names.
    `names_types`: a variable without a type most likely has that of its name (`purse` is a `Purse`). `opens` matches
    lines that open a block or define something. `reopens` is the word that adds members to a class. `bodies_apart`: the
    grammar puts the body of a function beside it. `implicit_parameter` is the name of a block's only parameter where it
    needs no declaration (`it`). `receiver_blocks` are functions whose block reaches the members of an object without
    naming it: the one before the dot, or the only argument; other functions declare it. `declares` matches what gives a
    local name its type in a comment.
    """

    name: str
    suffixes: tuple[str, ...]
    wheel: str
    package: str
    notation: Notation
    function: str = "language"
    rules: TypeRules = field(default_factory=TypeRules)
    separator: str = "."
    is_flat: bool = False
    blocks: Literal["braces", "end", "indent", "parentheses"] = "braces"
    noise: re.Pattern[str] | None = None
    hidden: re.Pattern[str] | None = None
    hidden_name: re.Pattern[str] | None = None
    by_last_name: bool = False
    sees: Literal["package", "nest", "everything", "nothing"] = "package"
    module_paths: tuple[str, ...] = ()
    prepare: Callable[[str], str] | None = None
    refine: Callable[[FileRecord, SyntaxTree], FileRecord] = _as_is
    trim: str = ""
    names_types: bool = False
    opens: re.Pattern[str] | None = None
    bodies_apart: bool = False
    reopens: str = "class"
    implicit_parameter: str = ""
    receiver_blocks: frozenset[str] = frozenset()
    declares: re.Pattern[str] | None = None

    @property
    def is_ended_by_word(self) -> bool:
        """Whether blocks have no opening mark, so that the first line is the head."""
        return self.blocks in ("end", "indent")

    def prepared(self, text: str) -> str:
        """The text as the grammar can read it; every character keeps its place."""
        return text if self.prepare is None else self.prepare(text)

    def refined(self, record: FileRecord, tree: SyntaxTree) -> FileRecord:
        """The record with what only this language's own code reads."""
        return self.refine(record, tree)

    def symbol_name(self, written: str) -> str:
        """The name of a symbol, as access paths write it."""
        name = written.rpartition(self.separator)[2] if self.separator in written else written
        return name.strip("`\"':$@").rstrip(self.trim) if self.trim else name.strip("`\"':$@")

    def module_name(self, written: str) -> str:
        """A qualified name as records write it."""
        name = _VARYING.sub("", _EDGES.sub("", written).strip("`"))
        if self.separator == "/" or "/" in name:
            return name
        return name.replace(self.separator, ".").strip(".") if self.separator != "." else name

    def is_hidden(self, name: str, signature: str) -> bool:
        """Whether other files cannot reach a symbol."""
        if self.hidden_name is not None and self.hidden_name.match(name):
            return True
        return self.hidden is not None and self.hidden.search(signature) is not None
