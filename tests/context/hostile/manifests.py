"""What the tests of hostile files share: a project of each language."""

from __future__ import annotations

# A file of each language that has manifests, what is asked in it, and its manifest.
SOURCES = {
    "pyproject.toml": ("a.py", "def first(count: int): ...\n", "b.py", "from a import first\nfirst("),
    "package.json": ("a.ts", "export function first(count: number) {}\n", "b.ts", 'import {first} from "./a"\nfirst('),
    "go.mod": ("k/a.go", "package k\n\nfunc First(count int) {}\n", "k/b.go", "package k\n\nfunc f() {\n\tFirst("),
    "Cargo.toml": ("src/a.rs", "pub fn first(n: u8) {}\n", "src/lib.rs", "mod a;\nfn f() {\n    a::first("),
    "compile_commands.json": ("a.h", "void first(int count);\n", "b.cpp", '#include "a.h"\nvoid f() {\n  first('),
}
SOURCES["tsconfig.json"] = SOURCES["deno.json"] = SOURCES["package.json"]
SOURCES["setup.cfg"] = SOURCES["pyrightconfig.json"] = SOURCES["pyproject.toml"]
SOURCES["go.work"] = SOURCES["go.mod"]
SOURCES["App.csproj"] = (
    "A.cs",
    "class A { public void First(int n) {} }\n",
    "B.cs",
    "class B { void F(A a) { a.First(",
)
# Other names of files in the same form.
ALIKE = {
    "tsconfig.json": {"tsconfig*.json", "jsconfig*.json", "base.json"},
    "deno.json": {"deno.jsonc", "import_map.json", "importMap.json", "jsr.json"},
    "setup.cfg": {"mypy.ini", ".mypy.ini", "pytest.ini", "tox.ini"},
    "App.csproj": {"*.csproj", "*.projitems", "Directory.Build.props", "Directory.Build.targets"},
}
