"""The language of a text, from its editor, its suffix or its first line, and the reader that it gets."""

from __future__ import annotations

import pytest

from dovetail_context.languages.identify import IPYTHON, PLAIN, SUFFIX_OF_ID
from dovetail_context.languages.registry import extract, language_for, language_of, named_by_language, shown_path
from dovetail_context.parse import parse_text


def name_of(path: str, said: str = "", text: str = "") -> str:
    language = language_for(path, language_of(path, said, text))
    return language.name if language else ""


EDITORS = {
    "python": "python Python python3 python-ts py python.django",
    "typescript": """
        javascript javascriptreact javascript.jsx typescript typescriptreact typescript.tsx js js2 jsx tsx tsx-ts
        """,
    "java": "java java-ts",
    "csharp": "csharp cs c# c-sharp",
    "go": "go golang go-ts",
    "rust": "rust rustic rs",
    "cpp": "c cpp c++ C++ cuda cuda-cpp arduino cpp.doxygen c++-ts",
}


@pytest.mark.parametrize(("said", "name"), [(said, name) for name, names in EDITORS.items() for said in names.split()])
def test_what_an_editor_says_decides_without_a_suffix_and_against_one(said: str, name: str) -> None:
    assert name_of("Untitled-1", said) == name
    assert name_of("notes.txt", said) == name
    assert name_of("other.go" if name != "go" else "other.py", said) == name


@pytest.mark.parametrize("said", ["", "plaintext", "text", "unknown-thing", "MagicThing", "objective-c"])
def test_an_editor_that_says_nothing_leaves_it_to_suffix_and_first_line(said: str) -> None:
    assert name_of("main.py", said) == "python"
    assert name_of("tool", said, "#!/usr/bin/env python3\n") == "python"
    assert name_of("tool", said) == ""


@pytest.mark.parametrize("said", ["markdown", "xml", "json", "html"])
def test_what_an_editor_knows_to_be_something_else_is_none_of_ours(said: str) -> None:
    """Qt keeps translations, which are XML, in files called `.ts`."""
    assert name_of("app_de.ts", said) == ""
    assert parse_text("app_de.ts", "<TS/>", 0, language_of("app_de.ts", said)) is None


@pytest.mark.parametrize(
    ("path", "name"),
    [
        *((path, "python") for path in ("a.py", "a.pyi", "a.pyw", "A.PYW")),
        *((path, "cpp") for path in ("a.ino", "a.tpp", "a.ipp", "a.inl", "a.cppm", "a.ixx", "a.cxx", "a.hh", "a.h")),
        *((path, "typescript") for path in ("a.mts", "a.cts", "a.mjs", "a.cjs")),
        ("a.csx", "csharp"),
        *((path, "") for path in ("a", ".py", "a.ipynb", "a.png", "a.lock", "src.py/a")),
        *((path, "text") for path in ("a.py.txt", "a.m", "a.graphql", "Makefile", "docs/Dockerfile")),
        *((path, "typescript") for path in ("a.vue", "a.svelte", "a.astro")),
        *((path, "kotlin") for path in ("a.kt", "build.gradle.kts")),
    ],
)
def test_suffixes(path: str, name: str) -> None:
    assert name_of(path) == name


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("#!/usr/bin/python", "python"),
        ("#!/usr/bin/env python3.12", "python"),
        ("#! /usr/bin/env   python3 -u", "python"),
        ("#!/usr/bin/env -S uv run --script", "python"),
        ("#!/usr/bin/env -S PYTHONUNBUFFERED=1 pypy3", "python"),
        ("#!C:\\Python312\\python.exe", "python"),
        ('#!"C:\\Python312\\python.exe"', "python"),
        ("\ufeff#!/usr/bin/env python", "python"),
        ("#!/usr/bin/env node", "typescript"),
        ("#!/usr/bin/env -S deno run --allow-net", "typescript"),
        ("#!/usr/bin/env bun", "typescript"),
        ("#!/usr/bin/env -S cargo +nightly -Zscript", "rust"),
        ("#!/usr/bin/java --source 21", "java"),
        ("#!/usr/bin/env dotnet-script", "csharp"),
        ("#!/bin/sh", "bash"),
        ("#!/usr/bin/env bash", "bash"),
        ("#!/usr/bin/perl -w", ""),
        ("#!/opt/python/bin/ruby", "ruby"),
        ("#!", ""),
        ("# /usr/bin/python", ""),
        ("", ""),
    ],
)
@pytest.mark.parametrize("rest", ["", "\nx = 1\n", "\r\nx = 1\r\n", "\npython node\n"])
def test_first_lines(line: str, name: str, rest: str) -> None:
    assert name_of("tool", text=line + rest) == name
    assert name_of("tool.go", text=line + rest) == "go"


@pytest.mark.parametrize("path", ["Untitled-1", "a.txt", "lib/a.h", "a.js", "a.ts", "a.py"])
@pytest.mark.parametrize("language", SUFFIX_OF_ID)
def test_a_name_for_a_language_has_its_grammar_and_says_so_to_a_model(path: str, language: str) -> None:
    found = language_for(path, language)
    assert found is not None
    assert found.grammar(named_by_language(path, language)) is found.grammar(f"a{SUFFIX_OF_ID[language]}")
    assert language_for(shown_path(path, language)) is found


@pytest.mark.parametrize(
    ("path", "language", "shown"),
    [
        ("Untitled-1", "python", "Untitled-1.py"),
        ("bin/tool", "javascript", "bin/tool.js"),
        ("lab/day.ipynb", IPYTHON, "lab/day.py"),
        ("lab/day.ipynb", PLAIN, "lab/day.ipynb"),
        ("a.h", "c", "a.h"),
        ("a.js", "typescriptreact", "a.js"),
        ("setup.pyw", "python", "setup.pyw"),
        ("notes.txt", "python", "notes.txt.py"),
        ("README.md", "", "README.md"),
    ],
)
def test_what_a_model_is_shown(path: str, language: str, shown: str) -> None:
    assert shown_path(path, language) == shown


def test_the_grammar_follows_the_editor() -> None:
    as_c, as_cpp = (parse_text("a.h", "int class = new;\n", 0, language) for language in ("c", "cpp"))
    assert as_c is not None and as_cpp is not None
    assert as_c.errors() == 0 and as_cpp.errors() > 0
    assertion = "const a = <string>b;\n"  # with JSX this begins an element
    with_jsx, without = (parse_text("a.ts", assertion, 0, language) for language in ("typescriptreact", ""))
    assert with_jsx is not None and without is not None
    assert with_jsx.errors() > 0 and without.errors() == 0


def test_a_record_keeps_its_path() -> None:
    record = extract("bin/tool", "def run(): ...\n", "python")
    assert (record.path, record.language, record.symbols[0].name) == ("bin/tool", "python", "run")
