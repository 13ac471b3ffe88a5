"""Random trees with random files of patterns, for comparing what git ignores with what we ignore."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

NAMES = (
    *("a", "b", "ab", "abc", "foo", "bar", "foobar", "conf", "A", "Foo", "x.py", "y.py", "a.txt", "b.c", "a.b.c", "x"),
    *(
        "é",
        "ünï.py",
        "日",
        "a b",
        "b ",
        " a",
        "-",
        "a-b",
        "]",
        "[",
        "[a]",
        "!a",
        "#a",
        "*",
        "a*",
        "?",
        "{a}",
        "a\\",
        "\\",
    ),
    *("a\tb", "~", "^", "a^b", "0", "9z", "_", "a'", "aaa", "aaab", "..a", "a\x0bb", "a\rb", "\x7f"),
)
BRACKETS = (
    *(
        "[a]",
        "[ab]",
        "[a-c]",
        "[c-a]",
        "[!a]",
        "[^a]",
        "[]a]",
        "[!]a]",
        "[a-]",
        "[-a]",
        "[--0]",
        "[a",
        "[",
        "[]",
        "[!]",
    ),
    *("[[:alpha:]]", "[![:alpha:]]", "[[:digit:]_]", "[[:upper:]]", "[[:lower:]-z]", "[[:space:]]", "[[:punct:]]"),
    *("[[:nope:]]", "[[:alpha]", "[[:alpha:]", "[[:]", "[[::]]", "[:alpha:]", "[a[:digit:]b]", "[\\]]", "[\\a-c]"),
    *(
        "[a-\\c]",
        "[\\",
        "[a\\",
        "[a-",
        "[/]",
        "[!/]",
        "[a/b]",
        "[é]",
        "[\x01-\xff]",
        "[A-Z]",
        "[a-zA-Z]",
        "[+--]",
        "[,-.]",
    ),
    *("[[:cntrl:]]", "[[:graph:]]", "[[:print:]]", "[[:blank:]]", "[[:xdigit:]]", "[[:alnum:][:space:]]", "[[a]]"),
)
PIECES = ("*", "**", "***", "?", "\\*", "\\?", "\\a", "\\[", "\\\\", "\\", "\\/", "\\ ", "\\!", "\\#")


@dataclass(frozen=True, slots=True)
class IgnoreSet:
    """A tree: folders and files (relative, posix), and files of patterns. `sub` is the part that is opened."""

    folders: tuple[str, ...]
    files: tuple[str, ...]
    patterns: dict[str, bytes]
    info: bytes
    own: bytes
    ignore_case: bool
    sub: str


def random_set(seed: int) -> IgnoreSet:
    """Return the set with this number."""
    dice = random.Random(seed)
    names = dice.sample(NAMES, dice.randint(3, 9))
    folders = [""]
    for _ in range(dice.randint(1, 6)):
        base = dice.choice(folders)
        path = f"{base}/{dice.choice(names)}" if base else dice.choice(names)
        if path.count("/") < 4 and path not in folders:
            folders.append(path)
    taken = set(folders)
    files = []
    for _ in range(dice.randint(3, 12)):
        base = dice.choice(folders)
        path = f"{base}/{dice.choice(names)}" if base else dice.choice(names)
        if path not in taken:
            taken.add(path)
            files.append(path)
    patterns = {"": _file(dice, names, folders)}
    for folder in folders[1:]:
        if dice.random() < 0.3:
            patterns[folder] = _file(dice, names, folders)
    return IgnoreSet(
        tuple(folders[1:]),
        tuple(files),
        patterns,
        _file(dice, names, folders) if dice.random() < 0.2 else b"",
        _file(dice, names, folders) if dice.random() < 0.2 else b"",
        dice.random() < 0.15,
        dice.choice(folders) if dice.random() < 0.4 else "",
    )


def _file(dice: random.Random, names: list[str], folders: list[str]) -> bytes:
    lines = [_line(dice, names, folders) for _ in range(dice.randint(1, 6))]
    end = "\r\n" if dice.random() < 0.15 else "\n"
    text = end.join(lines) + (end if dice.random() < 0.8 else "")
    data = os.fsencode(text)
    if dice.random() < 0.05:
        data = data.replace(b"a", bytes([dice.randint(0, 255)]), 1)
    return b"\xef\xbb\xbf" + data if dice.random() < 0.1 else data


def _line(dice: random.Random, names: list[str], folders: list[str]) -> str:
    if dice.random() < 0.06:
        return dice.choice(
            ("", "#a", "!", "/", "//", " ", "\\", "!/", "**/", "/**", "**", "*", "!*", "*/", "!#a", "\r", "/*")
        )
    depth = dice.choice((1, 1, 1, 2, 2, 3))
    if dice.random() < 0.35 and len(folders) > 1:
        parts = dice.choice(folders[1:]).split("/") + [_segment(dice, names)] * dice.randint(0, 1)
        parts = [_segment(dice, names) if dice.random() < 0.2 else _mutated(dice, part) for part in parts]
    else:
        parts = [_segment(dice, names) for _ in range(depth)]
    line = "/".join(parts)
    line = ("/" if dice.random() < 0.2 else "") + line + ("/" if dice.random() < 0.25 else "")
    if dice.random() < 0.3:
        line = f"!{line}"
    return line + " " * (dice.random() < 0.08)


def _mutated(dice: random.Random, name: str) -> str:
    if dice.random() < 0.6:
        return name
    at = dice.randrange(len(name) + 1)
    return name[:at] + dice.choice((*BRACKETS, *PIECES)) + name[at + dice.randint(0, 1) :]


def _segment(dice: random.Random, names: list[str]) -> str:
    kind = dice.random()
    if kind < 0.3:
        return _mutated(dice, dice.choice(names))
    if kind < 0.4:
        return "**"
    if kind < 0.5:
        return dice.choice(("*.py", "*.c", "a*", "*a", "*b*", "f*o", "?", "??", "*.*", "x.?y", "a**b", "**a", "a**"))
    return "".join(
        dice.choice((*BRACKETS, *PIECES, *names)) if dice.random() < 0.5 else dice.choice("ab.cfox")
        for _ in range(dice.randint(1, 4))
    )


def write(chosen: IgnoreSet, top: Path, home: Path) -> None:
    """Put the set on disk as a repository at `top`, with the user's own patterns in `home`."""
    git = top / ".git"
    for folder in ("objects", "refs", "info"):
        (git / folder).mkdir(parents=True)
    (git / "HEAD").write_text("ref: refs/heads/main\n", encoding="utf-8")
    case = "true" if chosen.ignore_case else "false"
    (git / "config").write_text(f"[core]\n\trepositoryformatversion = 0\n\tignorecase = {case}\n", encoding="utf-8")
    (git / "info" / "exclude").write_bytes(chosen.info)
    own = home / ".config" / "git" / "ignore"
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_bytes(chosen.own)
    for folder in chosen.folders:
        (top / folder).mkdir(parents=True)
    for file in chosen.files:
        (top / file).touch()
    for folder, data in chosen.patterns.items():
        (top / folder / ".gitignore").write_bytes(data)


def ignored_by_git(chosen: IgnoreSet, top: Path) -> set[str]:
    """Return every path of the set that git ignores, relative to `top`."""
    paths = [*chosen.folders, *chosen.files]
    done = subprocess.run(
        ["git", "check-ignore", "--no-index", "-z", "--stdin"],
        cwd=top,
        input=b"".join(os.fsencode(path) + b"\0" for path in paths),
        capture_output=True,
        check=False,
    )
    if done.returncode > 1:
        raise AssertionError(done.stderr.decode())
    return {os.fsdecode(path) for path in done.stdout.split(b"\0") if path}


def levels(path: str) -> Iterator[str]:
    """Return the folders above a path, from the top down, and the path itself."""
    parts = path.split("/")
    return ("/".join(parts[: depth + 1]) for depth in range(len(parts)))
