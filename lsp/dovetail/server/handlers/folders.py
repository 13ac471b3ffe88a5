"""`workspace/didChangeWorkspaceFolders` and `workspace/didChangeWatchedFiles`."""

from __future__ import annotations

from lsprotocol import types

from dovetail.server import convert
from dovetail.server.server import DovetailServer


def did_change_workspace_folders(ls: DovetailServer, params: types.DidChangeWorkspaceFoldersParams) -> None:
    for folder in params.event.removed:
        path = convert.file_path(folder.uri)
        if path is not None:
            ls.session.projects.close(path)
    for folder in params.event.added:
        path = convert.file_path(folder.uri)
        if path is not None:
            ls.session.projects.open(path)


def did_change_watched_files(ls: DovetailServer, params: types.DidChangeWatchedFilesParams) -> None:
    """We watch the disk ourselves; a client that watches too, or where we cannot, is heard as well."""
    paths = (convert.file_path(change.uri) for change in params.changes)
    ls.session.projects.files_changed([path for path in paths if path is not None])
