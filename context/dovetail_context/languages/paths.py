"""Posix paths relative to the workspace, as text. Pure."""

from collections.abc import Iterable

MAX_STARS = 4  # a thousand stars and a long name would make a text of a gigabyte


def parent(path: str) -> str:
    """The folder of a path, "" at the root."""
    return path.rpartition("/")[0]


def join(folder: str, relative: str) -> str | None:
    """`relative` as seen from `folder`; None if it leads out of the workspace."""
    path, leads_out = _follow(folder, relative)
    return None if leads_out else path


def join_within(folder: str, relative: str) -> str:
    """`relative` as seen from `folder`; what leads out of the workspace stays at its root."""
    return _follow(folder, relative)[0]


def folders_up(folder: str) -> list[str]:
    """The folder and those above it, nearest first, ending with the root ""."""
    found = [folder]
    while folder:
        folder = parent(folder)
        found.append(folder)
    return found


def with_star(target: str, middle: str) -> str:
    """`target` with `middle` in place of its stars, of which real ones have one or two."""
    return target.replace("*", middle, MAX_STARS)


def shared_folders(path: str, folder: str) -> int:
    """How many leading folders a path shares with a folder."""
    return _shared(path, folder.split("/"))


def nearest_first(paths: Iterable[str], folder: str) -> list[str]:
    """The paths by how many leading folders they share with a folder, most first."""
    parts = folder.split("/")
    return sorted(paths, key=lambda path: (-_shared(path, parts), path))


def _shared(path: str, folders: list[str]) -> int:
    shared = 0
    for one, other in zip(path.split("/"), folders, strict=False):
        if one != other:
            break
        shared += 1
    return shared


def _follow(folder: str, relative: str) -> tuple[str, bool]:
    """The joined path, and whether it led out of the workspace on the way."""
    parts, leads_out = folder.split("/") if folder else [], False
    for part in relative.split("/"):
        if part == "..":
            leads_out |= not parts
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts), leads_out
