"""Files of a project in dependency order: Algorithm 1 of the DeepSeek-Coder paper (section 2.2). Pure.

A topological sort that takes the file with the fewest unread dependencies, so that cycles are no obstacle, one
connected
part of the project after another.
"""

import heapq
from collections import defaultdict
from collections.abc import Mapping, Sequence

from models.starter.corpus.imports import ProjectPaths, imported_files
from models.starter.corpus.projects import File


def in_dependency_order(files: Sequence[File]) -> list[File]:
    """Each file after the files that it imports, as far as cycles allow."""
    by_path = {file.path: file for file in files}
    return [by_path[path] for path in dependency_order(import_graph(files))]


def import_graph(files: Sequence[File]) -> dict[str, list[str]]:
    """Path to the paths that it imports, inside the project."""
    paths = ProjectPaths(file.path for file in files)
    return {file.path: imported_files(file, paths) for file in files}


def dependency_order(graph: Mapping[str, Sequence[str]]) -> list[str]:
    """Algorithm 1: within each connected part, always the file with the fewest dependencies that have not been read;
    ties by name."""
    unread = {path: len(imports) for path, imports in graph.items()}
    importers: dict[str, list[str]] = defaultdict(list)
    for path, imports in graph.items():
        for imported in imports:
            importers[imported].append(path)
    ordered: list[str] = []
    for part in _connected_parts(graph, importers):
        queue = [(unread[path], path) for path in part]
        heapq.heapify(queue)
        done: set[str] = set()
        while queue:
            count, path = heapq.heappop(queue)
            if path in done or count != unread[path]:
                continue  # an entry from before a dependency was read
            done.add(path)
            ordered.append(path)
            for importer in importers[path]:
                unread[importer] -= 1
                if importer not in done:
                    heapq.heappush(queue, (unread[importer], importer))
    return ordered


def _connected_parts(graph: Mapping[str, Sequence[str]], importers: Mapping[str, Sequence[str]]) -> list[list[str]]:
    parts = []
    seen: set[str] = set()
    for start in sorted(graph):
        if start in seen:
            continue
        seen.add(start)
        part, frontier = [], [start]
        while frontier:
            path = frontier.pop()
            part.append(path)
            for neighbour in (*graph[path], *importers.get(path, ())):
                if neighbour not in seen:
                    seen.add(neighbour)
                    frontier.append(neighbour)
        parts.append(part)
    return parts
