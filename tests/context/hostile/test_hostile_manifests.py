"""Project files with any content: each key with any value, cut off anywhere, too long or too deep."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dovetail_context.index.index import WorkspaceIndex
from dovetail_context.languages.registry import LANGUAGES, language_for, language_of_project_file
from dovetail_context.workspace import manifest
from dovetail_context.workspace.exclude import MAX_FILE_BYTES, max_bytes
from dovetail_context.workspace.manifest import MAX_DEPTH, read_json, read_json_with_comments, read_toml
from tests.bounded import bounded
from tests.context.hostile.manifests import ALIKE, SOURCES

# Parsers and bounds.


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a = " + "[" * 3000 + "]" * 3000, f"nested more than {MAX_DEPTH} levels deep"),
        ("a = " + "{a=" * 3000 + "1" + "}" * 3000, f"nested more than {MAX_DEPTH} levels deep"),
        (
            "\n".join("[" + ".".join("a" * 60) + f".b{n}." + ".".join("c" * 40) + "]" for n in range(2)),
            "a key has more",
        ),
        ("[" + ".".join("a" * 60) + "]\n" + ".".join("b" * 40) + " = 1", f"nested more than {MAX_DEPTH} levels deep"),
        ("a = " + "9" * 5000, "holds a number of too many digits"),
        (".".join("a" * 300_000) + " = 1", "a key has more than 64 parts"),
        (" . ".join(['"\\""'] * 100_000) + " = 1", "a key has more than 64 parts"),
        ('x = """\n""", ' + ".".join("a" * 300_000) + " = 1", "a key has more than 64 parts"),
        ("x = '''\n\"'''\n" + ".".join("a" * 300_000) + " = 1", "a key has more than 64 parts"),
        ('# """\n' + ".".join("a" * 300_000) + " = 1", "a key has more than 64 parts"),
        ("a", "not TOML: "),
        ("[" + "x" * 5000 + "]\n" * 2 + "[" + "x" * 5000 + "]", "not TOML: "),
    ],
    ids=range(12),
)
def test_toml_out_of_bounds(text: str, problem: str) -> None:
    def read() -> None:
        found = read_toml(text)
        assert found.value == {} and found.problem.startswith(problem) and len(found.problem) < 200

    bounded(read)


def test_dots_in_texts_are_no_keys() -> None:
    dots = ".".join("a" * 500)
    text = f'a = "{dots}" # {dots}\nb = """{dots}\n"{dots}"""\nc = \'{dots}\'\nd = [{"1.5, " * 200}]\n'
    assert set(read_toml(text).value) == set("abcd")


@pytest.mark.parametrize(
    "text",
    ['{"a":' * 3000 + "1" + "}" * 3000, "[" * 100_000, '{"a": ' + "9" * 5000 + "}", "", "nul", "[1]", '{"a": "\\ud8"}'],
)
def test_json_out_of_bounds(text: str) -> None:
    assert read_json(text).value == {}
    assert bool(read_json(text).problem) == bool(text)
    assert read_json_with_comments(text).value == {}


@pytest.mark.parametrize("unit", ["/*", '"', '"\\', "//", ",", ", ", "/", '"\n', "/**", "\\", "[/*", "\n", " ", "*/"])
def test_comments_take_time_in_line_with_their_length(unit: str) -> None:
    bounded(lambda: read_json_with_comments(unit * (MAX_FILE_BYTES // len(unit))))


def test_comments_and_commas_go_and_texts_stay() -> None:
    text = '// one\n{"a": "//x /* y */ ,]", /* b\n */ "c": [1, 2, /* d */ ], "e\\"": ",}" , // f\n}'
    assert read_json_with_comments(text).value == {"a": "//x /* y */ ,]", "c": [1, 2], 'e"': ",}"}


def test_what_is_kept_says_the_same_as_the_whole() -> None:
    """A resolver may be given either, and what is kept can be kept again."""
    for name, text in KNOWN_KEYS.items():
        language = language_of_project_file(name)
        assert language is not None
        once = language.read_project(name, text)
        assert once.problem == "" and once.text
        assert language.read_project(name, once.text).text == once.text


NO_TABLES = ("go.mod", "go.work", "setup.cfg", "App.csproj")
KNOWN_KEYS = {
    "pyproject.toml": """
        [tool.setuptools]
        package-dir = {"" = "lib", one = "code"}
        [tool.setuptools.packages.find]
        where = ["code"]
        [tool.pytest.ini_options]
        pythonpath = "code"
        [tool.mypy]
        mypy_path = "code"
        [tool.pyright]
        extraPaths = ["code"]
        [tool.basedpyright]
        extraPaths = ["code"]
        [tool.ruff]
        src = ["code"]
        [tool.pdm.build]
        package-dir = "code"
        [tool.uv.build-backend]
        module-root = "code"
        [tool.maturin]
        python-source = "code"
        [tool.hatch.build.targets.wheel]
        packages = ["code/pack"]
        [tool.hatch.build.targets.wheel.sources]
        "code/pack" = "one"
        [tool.hatch.build.targets.wheel.force-include]
        "code/pack.py" = "one/pack.py"
        [tool.hatch.build]
        sources = ["code"]
        [tool.poetry]
        packages = [{include = "pack", from = "code", to = "one"}]
        """,
    "Cargo.toml": """
        [package]
        name = "one-two"
        [lib]
        name = "one"
        path = "src/code.rs"
        [[bin]]
        path = "src/tool.rs"
        [[example]]
        path = "demo/a.rs"
        [[test]]
        path = "checks/a.rs"
        [[bench]]
        path = "speed/a.rs"
        [workspace.dependencies]
        near = {path = "near"}
        [dependencies]
        near = {workspace = true}
        far = {package = "away"}
        [dev-dependencies]
        near = {path = "near"}
        [build-dependencies]
        near = {path = "near"}
        [target.unix.dependencies]
        near = {path = "near"}
        """,
    "package.json": json.dumps(
        {
            "name": "@x/one",
            "exports": {".": {"import": "./src/a.ts"}, "./*": ["./src/*.ts"]},
            "imports": {"#x/*": "./src/*.ts"},
            "source": "src/a.ts",
            "types": "a.d.ts",
            "typings": "a.d.ts",
            "module": "a.mjs",
            "main": "a.js",
            "tsconfig": "base.json",
            "dependencies": {"near": "workspace:@x/one@*", "far": "file:../far"},
            "devDependencies": {"near": "npm:@x/one@1"},
            "peerDependencies": {"near": "link:.."},
            "optionalDependencies": {"near": "portal:../one"},
        }
    ),
    "tsconfig.json": json.dumps(
        {
            "extends": ["./tsconfig.base.json", "@x/one/base.json"],
            "references": [{"path": "./near/tsconfig.json"}],
            "include": ["src/**/*"],
            "compilerOptions": {"baseUrl": "src", "paths": {"@/*": ["${configDir}/src/*"]}},
        }
    ),
    "deno.json": json.dumps(
        {
            "name": "@x/one",
            "exports": {".": "./src/a.ts"},
            "imports": {"@/": "./src/", "near": "jsr:@x/one@1"},
            "importMap": "near/deno.json",
        }
    ),
    "pyrightconfig.json": json.dumps(
        {"extraPaths": ["code"], "stubPath": "types", "executionEnvironments": [{"root": "a", "extraPaths": ["b"]}]}
    ),
    "setup.cfg": "[options]\npackage_dir =\n    = src\n    one = code\n[options.packages.find]\nwhere = src\n"
    "[tool:pytest]\npythonpath = a b\n[mypy]\nmypy_path = a:b\n",
    "go.work": "go 1.22\nuse ./one\nreplace example.com/two => ./two\n",
    "App.csproj": '<Project><ItemGroup><Using Include="A.B;C" /><!-- <Using Include="D"/> --></ItemGroup></Project>',
    "compile_commands.json": json.dumps(
        [
            {"directory": "/p", "file": "src/b.cpp", "command": "cc -Iinclude '-Iwith blank' -I\"x y\" -I z -c b.cpp"},
            {"directory": "/p", "file": "src/c.cpp", "arguments": ["cc", "-isystem", "include", "-Iother"]},
        ]
    ),
    "go.mod": 'module "example.com/one"\nreplace example.com/two v1.0.0 => ../two // near\nreplace (\n\ta => ./b\n)\n',
}


def values(rng: random.Random, depth: int = 0) -> object:
    """Any value that JSON has."""
    kind = rng.randrange(10 if depth < 3 else 7)
    if kind == 7:
        return [values(rng, depth + 1) for _ in range(rng.randrange(4))]
    if kind >= 8:
        return {rng.choice(WORDS): values(rng, depth + 1) for _ in range(rng.randrange(4))}
    return [None, True, rng.randrange(-5, 5), 10**50, 1.5, rng.choice(WORDS), rng.choice(WORDS)][kind]


WORDS = ["", ".", "..", "/", "*", "./*", "#x", "a/../..", "src", "\ud800", "\0", "*" * 50, "a\\b", "-I", "name", "path"]


def spots(value: object, path: tuple[object, ...] = ()) -> Iterator[tuple[object, ...]]:
    """Yield the path of a value and of each value inside it."""
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from spots(child, (*path, key))


def put(value: object, path: tuple[object, ...], new: object) -> object:
    if not path:
        return new
    copied = dict(value) if isinstance(value, dict) else list(value)  # type: ignore[call-overload]
    copied[path[0]] = put(copied[path[0]], path[1:], new)
    return copied


def whole(name: str, text: str) -> object:
    return manifest.load_toml(text) if name.endswith(".toml") else manifest.load_json(text)


def ask_everything(name: str, text: str) -> None:
    """Read a manifest and ask its resolver all that can be asked."""
    language = language_of_project_file(name)
    assert language is not None
    read = language.read_project(name, text)
    assert "\n" not in read.problem
    files = dict.fromkeys(("src/a" + language.suffixes[0], "near/src/lib.rs", "pack/b" + language.suffixes[0]), ())
    for kept in (text, read.text):
        resolver = language.resolver(files, {name: kept, f"near/{name}": kept})
        for module in (
            "one",
            "near",
            "far",
            "@x/one/a",
            "#x/a",
            "@/a",
            "pack",
            '"a.h"',
            "crate::a",
            "example.com/one/b",
        ):
            for path in files:
                resolver.sources(module, path)
                resolver.is_package(module, path)
                resolver.ambient(path)
                resolver.companions(path)


@pytest.mark.long(keep=2)
@pytest.mark.parametrize("name", [name for name in KNOWN_KEYS if name not in NO_TABLES])
def test_any_value_in_place_of_any_known_one(name: str) -> None:
    rng = random.Random(name)
    good = whole(name, KNOWN_KEYS[name])
    for spot in spots(good):
        for _ in range(12):
            # TOML is read from JSON here, too: a TOML file can hold all of these values, but nothing here writes it.
            ask_everything(name, json.dumps(put(good, spot, values(rng))))


@pytest.mark.long(keep=3)
@pytest.mark.parametrize("name", KNOWN_KEYS)
def test_manifests_cut_off_or_changed_anywhere(name: str) -> None:
    rng = random.Random(name)
    text = KNOWN_KEYS[name]
    for _ in range(150):
        start = rng.randrange(len(text))
        ask_everything(name, text[:start] + rng.choice(['"', "[", "{", "=", "\0", "\n", "9", ""]) + text[start + 1 :])


def test_a_wrong_type_is_named() -> None:
    language = language_of_project_file("pyproject.toml")
    assert language is not None
    read = language.read_project("pyproject.toml", "[tool.mypy]\nmypy_path = 3\n[tool.ruff]\nsrc = ['lib']\n")
    assert read.problem == "tool.mypy.mypy_path is a number, not a text or a list"
    assert json.loads(read.text) == {"tool": {"ruff": {"src": ["lib"]}}}


def test_long_chains_and_lists_are_bounded(tmp_path: Path) -> None:
    """Cycles and chains of `extends`, a long list of them, patterns with many stars, a hundred thousand commands."""
    typescript = language_for("a.ts")
    assert typescript is not None
    chain = {f"p{n}/tsconfig.json": json.dumps({"extends": f"../p{n + 1}"}) for n in range(3000)}
    cycle = {
        "tsconfig.json": json.dumps({"extends": ["./tsconfig.json"] * 100_000 + [f"./x{n}" for n in range(50_000)]})
    }
    stars = {"package.json": json.dumps({"name": "m", "exports": {"./*": "*" * 500_000}})}
    mapped = {"q/tsconfig.json": json.dumps({"compilerOptions": {"paths": {"*": ["*" * 500_000]}}})}

    def ask() -> None:
        for projects in (chain, cycle, stars, mapped):
            resolver = typescript.resolver({"a.ts": (), "p0/a.ts": (), "q/a.ts": ()}, projects)
            for path in ("a.ts", "p0/a.ts", "q/a.ts"):
                resolver.sources("m/" + "x" * 50_000, path)

    bounded(ask)


def test_a_hundred_thousand_compile_commands(tmp_path: Path) -> None:
    command = '/usr/bin/c++ -DNAME=\\"x\\" -I/p/include -I/p/src/part{part} -isystem /usr/include/x -O2 -c src/f{n}.cpp'
    entries = [
        {"directory": "/p/build", "command": command.format(n=n, part=n % 40), "file": f"/p/src/f{n}.cpp"}
        for n in range(100_000)
    ]
    text = json.dumps(entries)
    assert len(text) < max_bytes("compile_commands.json")
    (tmp_path / "compile_commands.json").write_text(text, encoding="utf-8")
    (tmp_path / "src" / "part7").mkdir(parents=True)
    (tmp_path / "src" / "part7" / "deep.h").write_text("void deep(int count);\n", encoding="utf-8")
    (tmp_path / "src" / "f0.cpp").write_text("#include <deep.h>\n", encoding="utf-8")
    index = WorkspaceIndex(tmp_path)
    bounded(index.build)
    assert index.problems == ()
    assert len(index.snapshot.projects["compile_commands.json"]) < 100_000
    assert index.snapshot.resolver("cpp").sources("<deep.h>", "src/f0.cpp") == ("src/part7/deep.h",)
    index.close()


@pytest.mark.parametrize(
    "unit", ["\n", " ", "module ", "a => ", "replace a v", "v" * 50 + " ", "\t\n", "(", "a =>./\n"]
)
def test_a_go_mod_takes_time_in_line_with_its_length(unit: str) -> None:
    bounded(lambda: ask_everything("go.mod", unit * (MAX_FILE_BYTES // len(unit))))


def test_every_language_with_project_files_is_tried_here() -> None:
    names = {name for language in LANGUAGES for name in language.project_files}
    assert names | {"App.csproj", "tsconfig.json"} == set(SOURCES).union(*ALIKE.values())
    assert set(KNOWN_KEYS) == set(SOURCES)


def test_a_recursion_limit_of_the_caller_does_no_harm() -> None:
    """A manifest is parsed wherever a resolver is needed, with little of the stack left or much."""

    def deep(left: int) -> None:
        if left:
            deep(left - 1)
        else:
            read_toml("a = " + "[" * 50 + "]" * 50)
            read_json("[" * 50 + "]" * 50)

    deep(sys.getrecursionlimit() - 200)
