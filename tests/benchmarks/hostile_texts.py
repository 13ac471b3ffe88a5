"""Texts that no one would write, and the cost of each: `python -m tests.benchmarks.hostile_texts [SUFFIX...]`.

Each text has two sizes. Every operation on an open text is timed on both, in processor time. Operations that take too
long, or whose time grows faster than the text, are printed. The tests use these texts, too.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from dovetail.completion.postprocessing.shaping import is_complete, shape
from dovetail.completion.preparation.anchor import freeze
from dovetail.completion.preparation.place import read_place
from dovetail.completion.preparation.trigger import decide
from dovetail.completion.values import Extent
from dovetail.text.changes import changes_of
from dovetail.text.document import Document, Edit
from dovetail.text.lines import Encoding
from dovetail_context.bundle import ContextBundle
from dovetail_context.gather import gather
from dovetail_context.index.extraction.build import read_text, words_of_record
from dovetail_context.index.snapshot import IndexSnapshot
from dovetail_context.members import members_at
from dovetail_context.query import Query
from dovetail_context.records.packed import pack, unpack
from dovetail_context.workspace.secrets.redaction import Redaction

SUFFIXES = (".py", ".ts", ".tsx", ".go", ".java", ".cs", ".rs", ".c", ".cpp", ".txt")
BLOCK = Extent("block", 8)
# Slower operations are printed, in seconds: on the event loop, and elsewhere for each MB of text.
LOOP_S, THREAD_S = 0.02, 1.5
# What grows faster than the text by this factor is printed.
GROWTH = 3.0

# (before, repeated, in the middle, repeated, after): `Money[Money[Money]]` is ("x: ", "Money[", "Money", "]", "").
NESTED = {
    "parentheses": ("x = ", "(", "1", ")", "\n"),
    "brackets": ("x = ", "[", "1", "]", "\n"),
    "braces": ("x = ", "{", "1", "}", "\n"),
    "open parentheses": ("x = ", "(", "", "", ""),
    "open brackets": ("x = ", "[", "", "", ""),
    "open braces": ("", "{\n", "", "", ""),
    "closing": ("", ")]}", "", "", ""),
    "calls": ("x = ", "f(", "1", ")", "\n"),
    "subscripts": ("x = ", "a[", "1", "]", "\n"),
    "generics": ("x: ", "a<", "a", ">", "\n"),
    "open generics": ("", "a<", "", "", ""),
    "open generics in lines": ("", "a<\n", "", "", ""),
    "types": ("def f(x: ", "list[", "int", "]", "): pass\n"),
    "classes": ("", "class A {\n", "", "}\n", ""),
    "Java classes": ("", "public class A { int a; ", "", "}", ""),
    "namespaces": ("", "namespace a { ", "", "}", ""),
    "modules": ("", "mod a { ", "", "}", ""),
    "functions": ("", "function f() {\n", "", "}\n", ""),
    "else if": ("if (a) { b(); }", " else if (a) { b(); }", "", "", "\n"),
    "preprocessor": ("", "#if A\n", "", "#endif\n", ""),
    "preprocessor elif": ("#if A\n", "#elif B\nint b;\n", "", "", "#endif\n"),
    "concatenations": ("x = 'a'", " + 'a'", "", "", "\n"),
    "ternaries": ("x = ", "a ? b : ", "c", "", "\n"),
    "conditional expressions": ("x = ", "a if b else ", "c", "", "\n"),
    "minus": ("x = ", "-", "1", "", "\n"),
    "not": ("x = ", "!", "1", "", "\n"),
    "not in words": ("x = ", "not ", "1", "", "\n"),
    "pointers": ("int ", "*", "x", "", ";\n"),
    "references": ("let x = ", "&", "y", "", ";\n"),
    "lambdas": ("x = ", "lambda: ", "1", "", "\n"),
    "arrows": ("x = ", "() => ", "1", "", "\n"),
    "closures": ("let x = ", "|a| ", "1", "", ";\n"),
    "assignments": ("", "a = ", "1", "", "\n"),
    "chain": ("x = a", ".b", "", "", "\n"),
    "chain at the cursor": ("a", ".b", "", "", "."),
    "chained calls": ("x = a", ".b()", "", "", "\n"),
    "chained calls in lines": ("x = (a", "\n.b()", "", "", ")\n"),
    "paths": ("use a", "::b", "", "", ";\n"),
    "use lists": ("use ", "a::{", "b", "}", ";\n"),
    "comments": ("", "/*", "", "*/", "\n"),
    "templates": ("x = ", "`${", "1", "}`", "\n"),
    "regular expressions": ("x = ", "( /[ ", "", "", "\n"),
    "quotes": ("", "'", "", "", ""),
    "double quotes": ("", '"', "", "", ""),
    "triple quotes": ("", '"""', "", "", "a"),
    "backslashes": ("", "\\", "", "", ""),
    "decorators": ("", "@a(", "", "", ""),
    "colons": ("", "a: ", "", "", ""),
    "angle tags": ("x = ", "<a>", "", "</a>", ";\n"),
    "slash stars in a line": ("", "/*a", "", "", ""),
    "mixed operators": ("", "% a <", "", "", ""),
}
# (before, each item, after): the item may hold {n}.
REPEATED = {
    "x = 1": ("", "x = 1\n", ""),
    "x = x": ("x = 1\n", "x = x\n", "x."),
    "x = 1;": ("", "x = 1;\n", ""),
    "variables": ("", "x{n} = 1\n", ""),
    "aliases of each other": ("", "a{n} = b{n}\nb{n} = a{n}\n", "a0."),
    "aliases in a chain": ("a0 = f()\n", "a{n} = a{n} or a0\n", "a0."),
    "functions": ("", "def f(): pass\n", "f("),
    "typed functions": ("", "public int f() { return 1; }\n", ""),
    "functions of one name": ("class A {\n", "  int f() { return f(); }\n", "}\n"),
    "fn of one name": ("", "fn f() {}\n", ""),
    "func of one name": ("", "func f() {}\n", ""),
    "function of one name": ("", "export function f() {}\n", ""),
    "classes of one name": ("", "class A: pass\n", "A."),
    "structs of one name": ("", "struct A { int a; };\n", ""),
    "methods": ("class A:\n", "  def m{n}(self): return self.m{n}()\n", "A()."),
    "fields": ("class A:\n  def f(self):\n", "    self.f{n} = self.f{n}\n", "    self."),
    "imports": ("", "import a{n}\n", "a0."),
    "imports from": ("", "from a import b{n}\n", "b0("),
    "broken imports": ("(\n", "from a import b{n}\n", ""),
    "Java imports": ("", "import a.b.C{n};\n", ""),
    "usings": ("", "using A.B{n};\n", ""),
    "ES imports": ("", "import { a{n} } from './a'\n", ""),
    "broken ES imports": ("x = {(\n", "import { a{n} } from './a'\n", ""),
    "includes": ("", '#include "a{n}.h"\n', ""),
    "uses": ("", "use a::b{n};\n", ""),
    "Go imports": ('package a\nimport (\n', '"a/b{n}"\n', ")\n"),
    "parameters": ("def f(", "a{n}: int, ", "): pass\nf("),
    "bases": ("class A(", "B{n}, ", "): pass\nA()."),
    "subclasses": ("class A0: pass\n", "class A{n}(A{n}): pass\n", "A0()."),
    "array": ("x = [", "1, ", "]\n"),
    "array in lines": ("x = [\n", "1,\n", "]\n"),
    "array of arrays": ("x = [", "[1, 2], ", "]\n"),
    "object": ("x = {", "a{n}: 1, ", "}\n"),
    "object of functions": ("x = {", "a{n}() {}, ", "}\n"),
    "enum": ("enum A {", "A{n}, ", "}\n"),
    "union": ("type A =", " | B{n}", "\n"),
    "statements in a line": ("", "x = 1; ", ""),
    "words in a line": ("", "word ", ""),
    "words": ("", "word{n}\n", ""),
    "distinct words in a line": ("", "word{n} ", ""),
    "calls in a line": ("", "f(a{n}) ", ""),
    "open calls in lines": ("", "f(a{n}\n", ""),
    "macros in a line": ("", "ABC ", ""),
    "macros": ("", "ABC(a)\n", ""),
    "emoji in a line": ("", "\U0001f600", ""),
    "emoji": ("", "x = '\U0001f600'\n", ""),
    "letters": ("", "é", ""),
    "identifier": ("", "a", ""),
    "identifier before a dot": ("", "a", "."),
    "blank lines": ("", "\n", ""),
    "blank lines below": ("x = ", "\n", ""),
    "carriage returns": ("", "x = 1\r", ""),
    "both line ends": ("", "x = 1\r\n", ""),
    "spaces": ("", " ", "x"),
    "tabs": ("", "\t\n", "x"),
    "comment lines": ("", "# word\n", ""),
    "slash comments": ("", "// word\n", ""),
    "doc comment": ("/**\n", " * word\n", " */\nclass A {}\n"),
    "open string": ('x = """', "word\n", ""),
    "open comment": ("/*", "word\n", ""),
    "strings": ("", "'\n", ""),
    "cases": ("match x:\n", "  case A{n}(): pass\n", ""),
    "semicolons": ("", ";", ""),
    "for headers": ("for (", ";", ""),
    "NUL": ("", "\0", ""),
    "lone surrogates": ("", "\ud83d", ""),
}  # fmt: skip


def hostile_texts(characters: int) -> Iterator[tuple[str, str]]:
    """Yield each text of about that many characters with its name."""
    for name, (before, opening, middle, closing, after) in NESTED.items():
        times = max(1, characters // (len(opening) + len(closing)))
        yield f"nested {name}", before + opening * times + middle + closing * times + after
    for name, (before, item, after) in REPEATED.items():
        count = max(1, characters // len(item))
        items = "".join(item.replace("{n}", str(n)) for n in range(count)) if "{n}" in item else item * count
        yield name, before + items + after
    depth = int((characters / 2) ** 0.5)
    for keyword in ("if a:", "class A:", "def f():"):
        lines = (" " * level + keyword + "\n" for level in range(depth))
        yield f"{keyword} inside one another", "".join(lines) + " " * depth + "x."


def operations(path: str, text: str) -> Iterator[tuple[str, bool, Callable[[], object]]]:
    """What is done with an open text: a name, whether it is done on the event loop, and a call that does it once."""
    snapshot = IndexSnapshot(Path("/project"))
    places = {"middle": len(text) // 2, "end": len(text)}
    yield "index", False, lambda: _indexed(path, text)
    for name, offset in places.items():
        yield f"gather ({name})", False, lambda offset=offset: gather(Query(path, text, offset), snapshot, 500)
        dotted = text[:offset] + "." + text[offset:]
        yield (
            f"members ({name})",
            False,
            lambda text=dotted, offset=offset + 1: members_at(Query(path, text, offset), snapshot),
        )
        place = read_place(path, text, offset)
        yield f"read_place ({name})", True, lambda offset=offset: read_place(path, text, offset)
        yield f"parse ({name})", False, lambda place=place: place.kind
        yield f"decide ({name})", True, lambda place=place: decide(place, "automatic")
        yield f"shape ({name})", False, lambda place=place: shape("if a(b):\n    c(d)\n", place, BLOCK)
        yield f"is_complete ({name})", True, lambda place=place: is_complete("a(b\n", place, BLOCK)
        yield f"freeze ({name})", True, lambda place=place: freeze(place, "0", ContextBundle(0, 0, (), ()), 1280)
    yield "open", True, lambda: Document.of("file:///a", "a", 1, text)
    document = Document.of("file:///a", "a", 1, text)
    for name, offset in places.items():
        for encoding in Encoding:
            yield (
                f"key in {encoding.value} ({name})",
                True,
                lambda offset=offset, encoding=encoding: _typed(document, offset, encoding),
            )
    yield "redact", False, lambda: Redaction.of(text)
    before = Redaction.of(text)
    yield "redact a key", True, lambda: before.followed_by(text[: len(text) // 2] + "x" + text[len(text) // 2 :])


def _indexed(path: str, text: str) -> None:
    record = read_text(path, text)
    if not isinstance(record, str):
        words_of_record(record)
        unpack(path, pack(record)).members("")
        record.members("")


def _typed(document: Document, offset: int, encoding: Encoding) -> None:
    at = document.position_at(offset, encoding)
    edit = Edit("x", at, at)
    list(changes_of(document, [edit], encoding))
    changed = document.edited([edit], 2, encoding)
    changed.position_at(changed.offset_at(at, encoding) + 1, encoding)
    len(changed.text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suffixes", nargs="*", default=SUFFIXES)
    parser.add_argument("--small", type=int, default=50_000, help="characters of the smaller text")
    parser.add_argument("--large", type=int, default=200_000, help="characters of the larger one")
    parser.add_argument("--only", default="", help="texts whose names hold this")
    arguments = parser.parse_args()
    for suffix in arguments.suffixes:
        texts = zip(hostile_texts(arguments.small), hostile_texts(arguments.large), strict=True)
        for (name, small), (_, large) in texts:
            if arguments.only in name:
                _report(f"a{suffix}", name, small, large)
        sys.stdout.write(f"{suffix} done\n")


def _report(path: str, name: str, small: str, large: str) -> None:
    pairs = zip(operations(path, small), operations(path, large), strict=True)
    for (what, on_loop, first), (_, _, second) in pairs:
        try:
            one, two = _seconds(first), _seconds(second)
        except Exception as error:  # noqa: BLE001 - the others are still wanted
            sys.stdout.write(f"{path:6} {name:28} {what:22} {type(error).__name__}: {str(error)[:60]}\n")
            continue
        most = LOOP_S if on_loop else THREAD_S * max(0.2, len(large) / 1e6)
        grows = two > most / 4 and two > GROWTH * one * len(large) / len(small)
        if two > most or grows:
            mark = "grows" if grows else ""
            sys.stdout.write(f"{path:6} {name:28} {what:22} {one * 1e3:8.1f} {two * 1e3:9.1f} ms {mark}\n")
            sys.stdout.flush()


def _seconds(work: Callable[[], object]) -> float:
    started = time.thread_time()
    work()
    return time.thread_time() - started


if __name__ == "__main__":
    main()
