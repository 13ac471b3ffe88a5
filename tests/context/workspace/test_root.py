"""Which folder is read as the workspace of a file: where a module belongs to more than its own folder."""

import json
from pathlib import Path

import pytest

from dovetail_context.workspace import root as roots
from dovetail_context.workspace.named_folders import names_folder
from dovetail_context.workspace.root import choose_root, find_root
from dovetail_context.workspace.scan import scan

# A workspace that is no repository: the manifest at its top, and that of the folder `parts/core` which it names.
WORKSPACES: dict[str, tuple[str, str, str]] = {
    "Maven": ("pom.xml", "<project><modules>\n<module>parts/core</module></modules></project>", "pom.xml"),
    "Maven, a file": ("pom.xml", "<modules><module>parts/core/pom.xml</module></modules>", "pom.xml"),
    "Gradle": ("settings.gradle.kts", 'include(":parts:core")', "build.gradle.kts"),
    "Cargo": ("Cargo.toml", '[workspace]\nmembers = ["parts/*"]', "Cargo.toml"),
    "Cargo, by path": ("Cargo.toml", '[dependencies]\ncore = { path = "parts/core" }', "Cargo.toml"),
    "CMake": ("CMakeLists.txt", "project(x)\nADD_SUBDIRECTORY( parts/core )", "CMakeLists.txt"),
    "CMake, here": ("CMakeLists.txt", "add_subdirectory(${CMAKE_CURRENT_SOURCE_DIR}/parts/core)", "CMakeLists.txt"),
    "CMake, any": ("CMakeLists.txt", "add_subdirectory(${each})", "CMakeLists.txt"),
    "Meson": ("meson.build", "project('x')\nsubdir('parts/core')", "meson.build"),
    "solution": ("App.sln", 'Project("{1}") = "Core", "parts\\core\\Core.csproj", "{2}"', "Core.csproj"),
    "new solution": ("App.slnx", '<Solution><Project Path="parts/core/Core.csproj"/></Solution>', "Core.csproj"),
    "pnpm": ("pnpm-workspace.yaml", "catalog:\n  a: 1\npackages:\n  # ours\n  - 'parts/*'\n", "package.json"),
    "pnpm, in one line": ("pnpm-workspace.yaml", 'packages: ["parts/**"]\n', "package.json"),
    "npm": ("package.json", json.dumps({"workspaces": ["parts/*"]}), "package.json"),
    "yarn": ("package.json", json.dumps({"workspaces": {"packages": ["./parts/core"]}}), "package.json"),
    "Go": ("go.work", "go 1.22\nuse (\n\t./parts/core // ours\n)\n", "go.mod"),
    "Go, replaced": ("go.mod", "module a\nreplace a/core => ./parts/core\n", "go.mod"),
    "uv": ("pyproject.toml", '[tool.uv.workspace]\nmembers = ["parts/*"]', "pyproject.toml"),
    "deno": ("deno.json", '{"workspace": ["./parts/core"]}', "deno.json"),
    "references": ("tsconfig.json", '{"references": [{"path": "parts/core"}]}', "tsconfig.json"),
}
# What names something else, or nothing.
OTHERS = {
    "another module": ("pom.xml", "<modules><module>parts/other</module></modules>", "pom.xml"),
    "a comment in XML": ("pom.xml", "<!-- <module>parts/core</module> -->", "pom.xml"),
    "a comment in CMake": ("CMakeLists.txt", "# add_subdirectory(parts/core)", "CMakeLists.txt"),
    "left out": ("Cargo.toml", '[workspace]\nmembers = ["parts/*"]\nexclude = ["parts/core"]', "Cargo.toml"),
    "left out by pnpm": ("pnpm-workspace.yaml", "packages:\n- parts/*\n- '!parts/core'\n", "package.json"),
    "upward": ("package.json", '{"workspaces": ["../*", "..", "."]}', "package.json"),
    "no JSON": ("package.json", '{"workspaces": [', "package.json"),
    "another form": ("package.json", '{"workspaces": {"packages": 5}}', "package.json"),
}


def write(root: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return root


@pytest.mark.parametrize("kind", WORKSPACES)
def test_a_manifest_that_names_a_module_is_its_workspace(kind: str, tmp_path: Path) -> None:
    name, text, inner = WORKSPACES[kind]
    write(tmp_path, {f"all/{name}": text, f"all/parts/core/{inner}": "", "all/parts/core/src/x.txt": ""})
    chosen = choose_root(tmp_path / "all/parts/core/src/x.txt")
    assert chosen.root == tmp_path / "all"
    assert chosen.reason == f"{name} names parts/core"


@pytest.mark.parametrize("kind", OTHERS)
def test_a_manifest_that_does_not_name_a_module(kind: str, tmp_path: Path) -> None:
    name, text, inner = OTHERS[kind]
    write(tmp_path, {f"all/{name}": text, f"all/parts/core/{inner}": "", "all/parts/core/x.txt": ""})
    assert find_root(tmp_path / "all/parts/core/x.txt") == tmp_path / "all/parts/core"


def test_folders_that_are_named_step_by_step(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "CMakeLists.txt": "add_subdirectory(src)",
            "src/CMakeLists.txt": "add_subdirectory(core)",
            "src/core/CMakeLists.txt": "",
        },
    )
    assert find_root(tmp_path / "src/core/a.c") == tmp_path


def test_a_solution_above_a_folder_with_settings_of_its_own(tmp_path: Path) -> None:
    solution = '<Solution><Project Path="src\\Core\\Core.csproj"/></Solution>'
    write(tmp_path, {"all.slnx": solution, "src/Directory.Build.props": "", "src/Core/Core.csproj": ""})
    assert choose_root(tmp_path / "src/Core/A.cs").reason == "all.slnx names src/Core"


def test_a_layout_shows_a_project_without_a_manifest(tmp_path: Path) -> None:
    write(tmp_path, {"a/src/main/java/org/x/y/z/A.java": "", "b/src/v4/core/a.ts": "", "c/src/x/y/z/w/a.go": ""})
    assert find_root(tmp_path / "a/src/main/java/org/x/y/z/A.java") == tmp_path / "a"
    assert find_root(tmp_path / "b/src/v4/core/a.ts") == tmp_path / "b"
    assert find_root(tmp_path / "c/src/x/y/z/w/a.go") == tmp_path / "c/src/x/y/z/w"


def test_the_top_of_a_repository_is_the_workspace(tmp_path: Path) -> None:
    write(tmp_path, {"package.json": '{"workspaces": ["**"]}', "repo/.git/HEAD": "", "repo/a/b/go.mod": ""})
    chosen = choose_root(tmp_path / "repo/a/b/main.go")
    assert (chosen.root, chosen.reason) == (tmp_path / "repo", "top of the repository (.git)")


def test_a_submodule_is_a_repository_of_its_own(tmp_path: Path) -> None:
    write(tmp_path, {".git/HEAD": "", "libs/x/.git": "gitdir: ../../.git/modules/x", "libs/x/src/a.c": ""})
    assert find_root(tmp_path / "libs/x/src/a.c") == tmp_path / "libs/x"


def test_rules_mark_the_workspace_where_they_are(tmp_path: Path) -> None:
    write(tmp_path, {".git/HEAD": "", "app/.dovetail.toml": "", "app/web/package.json": "{}"})
    assert find_root(tmp_path / "app/web/a.js") == tmp_path / "app"
    assert find_root(tmp_path / "other/a.js") == tmp_path


def test_rules_of_a_home_folder_are_not_those_of_a_project_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    write(tmp_path, {".dovetail.toml": "", ".git/HEAD": "", "pom.xml": "<module>app</module>", "app/pom.xml": ""})
    assert find_root(tmp_path / "app/A.java") == tmp_path / "app"
    assert find_root(tmp_path / "notes.py") == tmp_path


def test_a_repository_with_too_many_files_is_narrowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roots, "MAX_FILES", 5)
    write(tmp_path, {".git/HEAD": "", "go/go.work": "use ./a", "go/a/go.mod": "", "go/a/x.go": "", "go/b/y.go": ""})
    write(tmp_path, {f"more/{number}.json": "" for number in range(9)})
    assert find_root(tmp_path / "go/a/x.go") == tmp_path
    write(tmp_path, {f"more/{number}.rb": "" for number in range(9)})
    chosen = choose_root(tmp_path / "go/a/x.go")
    assert chosen.root == tmp_path / "go"
    assert chosen.narrowed.startswith(f"{tmp_path} holds more than 5 files, so {tmp_path / 'go'} alone is read: ")


def test_a_workspace_with_too_many_files_is_read_in_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dovetail_context.workspace.scan.MAX_FILES", 2)
    write(tmp_path, {f"{folder}/{number}.py": "" for folder in "abc" for number in range(2)})
    result = scan(tmp_path)
    assert [file.path for file in result.files] == ["a/0.py", "a/1.py", "b/0.py", "b/1.py"]
    assert "put a .dovetail.toml into the folder" in {skip.path: skip.reason for skip in result.skipped}["."]


def test_what_is_ignored_above_a_module_is_not_read(tmp_path: Path) -> None:
    write(tmp_path, {".git/HEAD": "", ".gitignore": "private/\n", "private/a.py": "", "app/go.mod": "", "app/b.py": ""})
    root = find_root(tmp_path / "app/b.py")
    assert [file.path for file in scan(root, lambda path: path.endswith(".py")).files] == ["app/b.py"]


@pytest.mark.parametrize("text", ["", "\0", "[" * 9000, "packages:\n" + "- a\n" * 9000, "add_subdirectory(" * 9000])
@pytest.mark.parametrize("name", ["pom.xml", "Cargo.toml", "CMakeLists.txt", "x.sln", "pnpm-workspace.yaml", "go.work"])
def test_a_manifest_may_hold_anything(name: str, text: str) -> None:
    assert not names_folder(name, text, "parts/core")


def test_rules_of_a_module_keep_its_neighbours_from_reading_it(tmp_path: Path) -> None:
    """What module b excludes would be read for a cursor in module a, where b's rules do not hold."""
    for path, text in {
        "Cargo.toml": '[workspace]\nmembers = ["a", "b"]\n',
        "a/Cargo.toml": '[package]\nname = "a"\n',
        "b/Cargo.toml": '[package]\nname = "b"\n',
    }.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    assert choose_root(tmp_path / "a" / "lib.rs").root == tmp_path
    (tmp_path / "b" / ".dovetail.toml").write_text('exclude = ["secret.rs"]\n', encoding="utf-8")
    choice = choose_root(tmp_path / "a" / "lib.rs")
    assert choice.root == tmp_path / "a"
    assert f"{tmp_path} holds b/.dovetail.toml, whose rules hold there alone" in choice.narrowed
    assert choose_root(tmp_path / "b" / "lib.rs").root == tmp_path / "b"
