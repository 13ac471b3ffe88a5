"""Patterns of paths, as git reads them in `.gitignore`, and the `{stem}` that ties a test to what it tests. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import PurePosixPath

from pathspec import GitIgnoreSpec

STEM = "{stem}"
# With more, a pattern and a name made for it take seconds to compare, and any project may say any pattern.
MOST_STARS = 3
_OTHER_BRACES = re.compile(r"\{(?!stem\})[^}]*\}")
_SPECIAL = re.compile(r"[*?\[\]]")
# What a test's name has more than the name of what it tests, over our languages.
_TEST_PARTS = re.compile(
    r"^tests?[_\-]|[_\-.](?:tests?|spec|unittest)$|(?<=[a-z0-9])(?:Tests?|Spec|IT)$|^Test(?=[A-Z])"
)


def fault(pattern: str) -> str | None:
    """What is wrong with a pattern, None if nothing is."""
    if not pattern.strip():
        return "is empty"
    if "\\" in pattern:
        return "has a backslash: write folders with / on every system"
    if ".." in pattern.split("/"):
        return "leads out of the workspace"
    if re.match(r"[A-Za-z]:/", pattern):
        return "is an absolute path: write it from the root of the workspace"
    if pattern.startswith("#"):
        return "begins with #, which git reads as a comment; write [#]"
    if pattern.count("**") > MOST_STARS or any(part.count("*") > MOST_STARS for part in pattern.split("/")):
        return f"has more than {MOST_STARS} * in one part, or more than {MOST_STARS} **; write several patterns"
    if pattern.count(STEM) > 1:
        return f"has {STEM} more than once"
    other = _OTHER_BRACES.search(pattern)
    if other is not None:
        return f"has {other[0]}: only {STEM} may stand in braces; write several patterns for alternatives"
    try:
        _spec((pattern.replace(STEM, "*"),))
    except ValueError as error:
        return f"cannot be read: {error}"
    return None


def deciding(patterns: Sequence[str], path: str) -> int | None:
    """The index of the pattern that takes `path` (posix, relative) in, None if none does; `!` takes back, as in git."""
    if not patterns:
        return None
    result = _spec(tuple(pattern.replace(STEM, "*") for pattern in patterns)).check_file(path)
    return result.index if result.include else None


def matching(pattern: str, paths: Sequence[str]) -> list[str]:
    """The paths that a pattern takes in."""
    if not _SPECIAL.search(pattern) and "/" in pattern.strip("/"):
        plain = pattern.removeprefix("/")
        below = plain.rstrip("/") + "/"
        return [path for path in paths if path == plain or path.startswith(below)]
    spec = _spec((pattern,))
    return [path for path in paths if spec.match_file(path)]


def stem_of(path: str, pattern: str) -> str | None:
    """What `{stem}` stands for where `pattern` takes `path` in; by the file's own name if the pattern has none."""
    if STEM not in pattern:
        return plain_stem(path)
    segment = next(part for part in pattern.split("/") if STEM in part)
    is_last = segment == pattern.rstrip("/").rsplit("/", 1)[-1]
    parts = path.split("/")
    wanted = re.compile("".join(_as_regex(piece) for piece in re.split(r"(\{stem\}|\*+|\?)", segment)) + "$")
    for part in parts[-1:] if is_last else parts[:-1]:
        match = wanted.match(part)
        if match is not None:
            return match["stem"]
    return None


def plain_stem(path: str) -> str:
    """A file's name without its suffix and without what marks it as a test."""
    name = PurePosixPath(path).name
    stem = name.split(".", 1)[0] if not name.startswith(".") else name
    if "." in name[1:]:
        stem = PurePosixPath(name).stem
    bare = _TEST_PARTS.sub("", stem)
    return bare or stem


def with_stem(pattern: str, stem: str) -> str:
    """The pattern with a stem in place; what is special in patterns stands for itself in it."""
    return pattern.replace(STEM, _SPECIAL.sub(lambda special: f"\\{special[0]}", stem))


def _as_regex(piece: str) -> str:
    if piece == STEM:
        return "(?P<stem>.+)"
    return ".*" if piece.startswith("*") and piece else "." if piece == "?" else re.escape(piece)


@lru_cache(maxsize=512)
def _spec(patterns: tuple[str, ...]) -> GitIgnoreSpec:
    return GitIgnoreSpec.from_lines(patterns)
