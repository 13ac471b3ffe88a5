"""Posix paths relative to the workspace, as text. Pure."""

MAX_STARS = 4  # a thousand stars and a long name would make a text of a gigabyte


def parent(path: str) -> str:
    """The folder of a path, "" at the root."""
    return path.rpartition("/")[0]


def join(folder: str, relative: str) -> str | None:
    """`relative` as seen from `folder`; None if it leads out of the workspace."""
    parts = folder.split("/") if folder else []
    for part in relative.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


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
