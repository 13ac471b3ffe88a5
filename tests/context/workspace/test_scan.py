"""Which files count: `.gitignore`, vendored, secret, generated and odd files, links."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from dovetail_context.workspace.exclude import MAX_FILE_BYTES, excluded_head, excluded_name, is_generated
from dovetail_context.workspace.read import read_source
from dovetail_context.workspace.root import find_root, is_too_wide
from dovetail_context.workspace.scan import OWN_RULES, is_excluded, scan
from tests.marks import needs_links


def tree(root: Path, *paths: str, **texts: str) -> Path:
    """Return files with a harmless content, or with the text given."""
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(texts.get(path, "x = 1\n"), encoding="utf-8")
    return root


def ignore(folder: Path, *lines: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".gitignore").write_text("\n".join(lines) + "\n", encoding="utf-8")


def found(root: Path) -> list[str]:
    return [file.path for file in scan(root, lambda path: path.endswith((".py", ".env"))).files]


def skipped(root: Path) -> dict[str, str]:
    return {skip.path: skip.reason for skip in scan(root, lambda path: path.endswith((".py", ".env"))).skipped}


def test_lists_files_in_order(tmp_path: Path) -> None:
    tree(tmp_path, "b.py", "a/c.py", "a/b/d.py", "notes.txt")
    assert found(tmp_path) == ["a/b/d.py", "a/c.py", "b.py"]


GITIGNORE_CASES = {
    "a name anywhere": (["secret.py"], ["secret.py", "a/secret.py", "a/other.py"], ["a/other.py"]),
    "anchored": (["/top.py"], ["top.py", "a/top.py"], ["a/top.py"]),
    "folder only": (["gen/"], ["gen/x.py", "a/gen/x.py", "a/gen.py"], ["a/gen.py"]),
    "negated": (["*.py", "!keep.py"], ["x.py", "keep.py", "a/keep.py"], ["a/keep.py", "keep.py"]),
    "no way back into an ignored folder": (["gen/", "!gen/keep.py"], ["gen/keep.py", "x.py"], ["x.py"]),
    "back into a folder whose content is ignored": (
        ["gen/*", "!gen/keep.py"],
        ["gen/keep.py", "gen/x.py"],
        ["gen/keep.py"],
    ),
    "double star": (["a/**/z.py"], ["a/z.py", "a/b/z.py", "a/b/c/z.py", "z.py"], ["z.py"]),
    "comments and escapes": (["# x.py", r"\#y.py"], ["x.py", "#y.py"], ["x.py"]),
    "a pattern that nobody can read": (["[", "x.py"], ["x.py", "y.py"], ["y.py"]),
}


@pytest.mark.parametrize(("lines", "paths", "expected"), GITIGNORE_CASES.values(), ids=GITIGNORE_CASES)
def test_gitignore(lines: list[str], paths: list[str], expected: list[str], tmp_path: Path) -> None:
    tree(tmp_path, *paths)
    ignore(tmp_path, *lines)
    assert found(tmp_path) == expected
    for path in paths:
        assert (is_excluded(tmp_path, path) is None) == (path in expected), path


def test_nested_gitignore_wins(tmp_path: Path) -> None:
    tree(tmp_path, "x.py", "a/x.py", "a/y.py", "a/b/y.py")
    ignore(tmp_path, "x.py")
    ignore(tmp_path / "a", "!x.py", "/y.py")
    assert found(tmp_path) == ["a/b/y.py", "a/x.py"]


def test_a_folder_with_rules_of_its_own_is_apart(tmp_path: Path) -> None:
    tree(tmp_path, "x.py", "a/x.py", "a/b/y.py", "c/z.py")
    (tmp_path / ".dovetail.toml").write_text("", encoding="utf-8")
    (tmp_path / "a" / ".dovetail.toml").write_text("", encoding="utf-8")
    assert found(tmp_path) == ["c/z.py", "x.py"]
    assert is_excluded(tmp_path, "a/b/y.py") == OWN_RULES
    assert is_excluded(tmp_path / "a", "b/y.py") is None


def test_git_info_exclude_is_the_weakest(tmp_path: Path) -> None:
    tree(tmp_path, "x.py", "y.py")
    (tmp_path / ".git" / "info").mkdir(parents=True)
    (tmp_path / ".git" / "info" / "exclude").write_text("*.py\n", encoding="utf-8")
    ignore(tmp_path, "!y.py")
    assert found(tmp_path) == ["y.py"]


def test_vendored_and_hidden_folders(tmp_path: Path) -> None:
    tree(tmp_path, "a.py", "node_modules/b.py", ".venv/c.py", "env/pyvenv.cfg", "env/d.py", "lib/site-packages/e.py")
    tree(tmp_path, "pyproject.toml", "build/f.py", "src/build/g.py", "__pycache__/h.py", ".hidden/i.py")
    assert found(tmp_path) == ["a.py", "src/build/g.py"]  # `build` is output only beside what builds
    assert skipped(tmp_path)["env"] == "virtual environment"
    assert skipped(tmp_path)["node_modules"] == "vendored or built folder"


@pytest.mark.parametrize(
    "name", [".env", ".env.local", "server.pem", "id_rsa", "ID_RSA", "credentials.json", "secrets.yml"]
)
def test_secrets_are_never_read(name: str, tmp_path: Path) -> None:
    assert excluded_name(name) == "may hold secrets"


@pytest.mark.parametrize("name", [".env.example", "secrets.py", "environment.py", "keys.py", "credential_store.go"])
def test_harmless_names(name: str) -> None:
    assert excluded_name(name) is None


HEADS = {
    "binary": (b"MZ\0\x01", "binary"),
    "UTF-16 is text": ("x = 1\n".encode("utf-16"), None),
    "minified": (b"a=" + b"1+" * 2000, "minified or data"),
    "ordinary": (b'"""Docs."""\nimport os\n', None),
    "empty": (b"", None),
}


@pytest.mark.parametrize(("head", "reason"), HEADS.values(), ids=HEADS)
def test_heads(head: bytes, reason: str | None) -> None:
    assert excluded_head(head) == reason


def test_huge_files_are_reported(tmp_path: Path) -> None:
    (tmp_path / "big.py").write_bytes(b"x = 1\n" * (MAX_FILE_BYTES // 6 + 1))
    assert found(tmp_path) == []
    assert "larger" in skipped(tmp_path)["big.py"]
    assert "larger" in read_source(tmp_path / "big.py").skipped


GENERATED = {
    "by a tool": ("a.py", "# Generated by the protocol buffer compiler.  DO NOT EDIT!\n", True),
    "in Go's words": ("a.go", "// Code generated by stringer; DO NOT EDIT.\npackage x\n", True),
    "by the common mark": ("a.ts", "/**\n * @generated\n */\n", True),
    "by its name": ("service/shop.pb.go", "package shop\n", True),
    "code about such marks": ("a.py", 'MARK = "@generated"\n# DO NOT EDIT the next line by hand\n', False),
    "ordinary": ("a.py", '"""Docs."""\nimport os\n', False),
}


@pytest.mark.parametrize(("path", "text", "expected"), GENERATED.values(), ids=GENERATED)
def test_generated_files_are_known(path: str, text: str, expected: bool) -> None:
    assert is_generated(path, text) is expected


@needs_links
def test_links_never_lead_out_and_never_loop(tmp_path: Path) -> None:
    outside = tree(tmp_path / "outside", "stranger.py")
    root = tree(tmp_path / "root", "a/real.py", "z/own.py")
    (root / "loop").symlink_to(root)
    (root / "a" / "up").symlink_to(root / "a")
    (root / "0_link").symlink_to(root / "z")
    (root / "out").symlink_to(outside)
    (root / "out.py").symlink_to(outside / "stranger.py")
    (root / "dangling.py").symlink_to(root / "nothing.py")
    assert found(root) == ["a/real.py", "z/own.py"]
    assert skipped(root)["out"] == skipped(root)["out.py"] == "links out of the workspace"
    assert "unreadable" in skipped(root)["dangling.py"]


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="needs folders that this user cannot read")
def test_unreadable_folders_are_reported(tmp_path: Path) -> None:
    tree(tmp_path, "a.py", "locked/b.py")
    (tmp_path / "locked").chmod(0)
    try:
        assert found(tmp_path) == ["a.py"]
        assert "unreadable" in skipped(tmp_path)["locked"]
    finally:
        (tmp_path / "locked").chmod(0o700)


def test_missing_root_is_reported(tmp_path: Path) -> None:
    result = scan(tmp_path / "nothing")
    assert result.files == ()
    assert "unreadable" in result.skipped[0].reason


def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("needs named pipes")
    os.mkfifo(tmp_path / "pipe.py")
    assert found(tmp_path) == []
    assert skipped(tmp_path)["pipe.py"] == "not a plain file"


ENCODINGS = {
    "utf-8": ("ä = 1\n".encode(), "ä = 1\n", ""),
    "utf-8 with a mark": (b"\xef\xbb\xbfx = 1\n", "x = 1\n", ""),
    "utf-16": ("ä = 1\n".encode("utf-16"), "ä = 1\n", ""),
    "cookie": ("# -*- coding: cp1251 -*-\nд = 1\n".encode("cp1251"), "# -*- coding: cp1251 -*-\nд = 1\n", ""),
    "cookie in line two": (
        "#!x\n# vim: fileencoding=latin-1\nä\n".encode("latin-1"),
        "#!x\n# vim: fileencoding=latin-1\nä\n",
        "",
    ),
    "unknown cookie": (b"# coding: klingon\nx\n", "# coding: klingon\nx\n", "not valid klingon, read as latin-1"),
    "a codec that makes no text": (b"# coding: hex\nx\n", "# coding: hex\nx\n", "not valid hex, read as latin-1"),
    "not utf-8": ("ä = 1\n".encode("latin-1"), "ä = 1\n", "not valid utf-8, read as latin-1"),
    "line ends stay": (b"a\r\nb\rc\n", "a\r\nb\rc\n", ""),
    "empty": (b"", "", ""),
}


@pytest.mark.parametrize(("data", "text", "problem"), ENCODINGS.values(), ids=ENCODINGS)
def test_encodings(data: bytes, text: str, problem: str, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(data)
    result = read_source(tmp_path / "a.py")
    assert (result.text, result.problem) == (text, problem)


def test_reading_never_raises(tmp_path: Path) -> None:
    assert read_source(tmp_path / "nothing.py").text is None
    assert read_source(tmp_path).text is None
    assert read_source(Path("\0")).text is None


def test_root_is_the_nearest_marker(tmp_path: Path) -> None:
    tree(tmp_path, "pyproject.toml", "a/b/c.py", "a/go.mod")
    assert find_root(tmp_path / "a" / "b" / "c.py") == tmp_path / "a"
    assert find_root(tmp_path / "x" / "nothing.py") == tmp_path


@needs_links
@pytest.mark.parametrize("root", ["real", "link", "real/..", "elsewhere"])
def test_a_home_folder_is_never_read_whole(root: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However its name leads to it, and what holds it neither."""
    base = tmp_path / "users"
    tree(base, "real/a.py", "real/project/b.py")
    (base / "link").symlink_to("real")
    (tmp_path / "elsewhere").symlink_to("users")
    monkeypatch.setenv("HOME", str(base / "link"))
    monkeypatch.setenv("USERPROFILE", str(base / "link"))
    given = tmp_path / root if root == "elsewhere" else base / root
    for path in (given, given.resolve()):
        assert is_too_wide(path)
        assert found(path) == []
        assert "open the folder of a project" in skipped(path)["."]
    assert found(base / "link" / "project") == ["b.py"]


def test_a_home_folder_with_rules_of_its_own_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    tree(tmp_path, "a.py", ".dovetail.toml")
    assert found(tmp_path) == ["a.py"]


def test_a_file_in_a_home_folder_that_looks_like_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    tree(tmp_path, "package.json", ".git/HEAD", "scripts/a.py", "pkg/__init__.py", "pkg/b.py", "__init__.py")
    assert find_root(tmp_path / "scripts" / "a.py") == tmp_path / "scripts"
    assert find_root(tmp_path / "pkg" / "b.py") == tmp_path / "pkg"
    assert is_too_wide(find_root(tmp_path / "c.py"))


LIBRARIES = (
    "venv/lib/python3.12/site-packages/foo/bar.py",
    "venv/lib64/python3.12/json/decoder.py",
    "usr/lib/python3/dist-packages/foo.py",
    "app/node_modules/left-pad/index.js",
    "go/pkg/mod/example.org/x@v1.2.3/a/b.go",
    "gopath/pkg/mod/example.org/x@v1.2.3/b.go",
    ".cargo/registry/src/index/serde-1.0/src/lib.rs",
    ".rustup/toolchains/stable/lib/rustlib/src/rust/library/core/src/option.rs",
    ".m2/repository/org/x/x.java",
    ".cache/bazel/x/external/y/z.cc",
    ".local/share/uv/python/cpython-3.12/lib/python3.12/os.py",
)


@pytest.mark.skipif(sys.platform == "win32", reason="about folders of other systems")
@pytest.mark.parametrize("path", LIBRARIES)
def test_a_library_is_no_project(path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    file = tree(tmp_path, path) / path
    tree(
        file.parent, "pyproject.toml", "package.json", "go.mod", "__init__.py", "Cargo.toml", "pom.xml"
    )  # it looks like one
    for folder in (find_root(file), file.parent):
        assert is_too_wide(folder)
        assert scan(folder).files == ()


@pytest.mark.skipif(sys.platform == "win32", reason="about folders of other systems")
@pytest.mark.parametrize(
    "file",
    ["/usr/include/stdio.h", "/usr/local/include/x/y.h", "/usr/lib/python3/dist-packages/x.py", "/x.py", "/tmp/x.py"],
)
def test_folders_of_the_system_are_no_projects(file: str) -> None:
    assert is_too_wide(find_root(Path(file)))


def test_a_library_that_is_installed_in_a_project_belongs_to_it(tmp_path: Path) -> None:
    tree(tmp_path, "pyproject.toml", "src/a.py", ".venv/pyvenv.cfg")
    tree(
        tmp_path, ".venv/lib/python3.12/site-packages/foo/bar.py", "web/package.json", "web/node_modules/x/package.json"
    )
    assert find_root(tmp_path / ".venv/lib/python3.12/site-packages/foo/bar.py") == tmp_path
    assert find_root(tmp_path / "web/node_modules/x/index.js") == tmp_path / "web"
    assert found(tmp_path) == ["src/a.py"]


@pytest.mark.parametrize(
    "path", ["src/app/x.py", "registry/src/x.rs", "git/checkouts/x.py", "lib/x.py", "lib/python3/x.py", "mod/pkg/x.go"]
)
def test_projects_with_names_of_that_kind_are_read(path: str, tmp_path: Path) -> None:
    tree(tmp_path, "top/.git/HEAD", f"top/{path}")
    root = find_root(tmp_path / "top" / path)
    assert root == tmp_path / "top"
    assert not is_too_wide(root)
    assert not is_too_wide((tmp_path / "top" / path).parent)


def test_a_virtual_environment_is_left_out_for_single_paths_too(tmp_path: Path) -> None:
    tree(tmp_path, "env/pyvenv.cfg", "env/a.py", "b.py")
    assert found(tmp_path) == ["b.py"]
    assert is_excluded(tmp_path, "env/a.py") == "virtual environment"
