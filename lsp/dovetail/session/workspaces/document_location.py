"""Where open documents are: in which workspace, and under which path there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal
from urllib.parse import unquote, urlsplit

from dovetail.session.workspaces.workspaces import Workspace, Workspaces

Kind = Literal["file", "cell", "loose"]
"""file: the document is the file of its path. cell: a part of that file, a notebook. loose: it belongs to no file."""


@dataclass(frozen=True, slots=True)
class DocumentLocation:
    """Where a document is. `workspace` is the project that it is completed with, if there is one."""

    workspace: Workspace | None
    path: str
    kind: Kind = "file"

    @property
    def project(self) -> Workspace | None:
        """The workspace that the document is a file of."""
        return self.workspace if self.kind == "file" else None


def place_of(
    uri: str, path: Path | None, kind: Kind, workspaces: Workspaces, around: Workspace | None
) -> DocumentLocation:
    """Return the place of a document. `path` is its file, or that of its notebook, or where a loose one would be saved.

    What has no such path, or is loose and outside of every workspace, is placed at the root of `around`, as if it were
    a file there.
    """
    if path is not None and kind != "loose":
        workspace = workspaces.of(path)
        return DocumentLocation(workspace, workspace.relative(path), kind)
    if path is not None:
        above = [workspace for workspace in workspaces.all() if path.is_relative_to(workspace.root)]
        if above:
            workspace = max(above, key=lambda each: len(each.root.parts))
            return DocumentLocation(workspace, workspace.relative(path), kind)
    try:
        name = PurePosixPath(unquote(urlsplit(uri).path)).name
    except ValueError:  # "file://[" names nothing
        name = ""
    name = name or "untitled"
    return DocumentLocation(around, name, "cell" if kind == "cell" else "loose")
