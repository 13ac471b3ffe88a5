"""Commit this folder as the root of a branch, for plugin managers, which cannot install from a folder of a repository.

Usage: python editors/nvim/scripts/plugin_branch.py BRANCH VERSION

The branch gets one commit for each release, with what is committed at HEAD. Nothing is checked out. If the branch holds
the same files already, nothing is committed and the exit status is 1.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

FOLDER = "editors/nvim"


def git(repository: Path, *arguments: str) -> str:
    """Return what git prints. Raises CalledProcessError."""
    done = subprocess.run(["git", *arguments], cwd=repository, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def commit_of(repository: Path, branch: str) -> str | None:
    """Return the commit of a local branch, or of origin's, or None."""
    for reference in (f"refs/heads/{branch}", f"refs/remotes/origin/{branch}"):
        if found := git(repository, "for-each-ref", "--format=%(objectname)", reference):
            return found
    return None


def publish(repository: Path, branch: str, version: str) -> str | None:
    """Commit the folder at HEAD to the branch. Returns the commit, or None if nothing differs."""
    tree = git(repository, "rev-parse", f"HEAD:{FOLDER}")
    parent = commit_of(repository, branch)
    if parent and git(repository, "rev-parse", f"{parent}^{{tree}}") == tree:
        return None
    parents = ["-p", parent] if parent else []
    source = git(repository, "rev-parse", "HEAD")
    message = f"Dovetail for Neovim {version}\n\n{FOLDER} at {source}"
    commit = git(repository, "commit-tree", tree, *parents, "-m", message)
    git(repository, "update-ref", f"refs/heads/{branch}", commit)
    return commit


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("branch")
    parser.add_argument("version")
    arguments = parser.parse_args()
    try:
        commit = publish(Path(__file__).resolve().parents[3], arguments.branch, arguments.version)
    except subprocess.CalledProcessError as error:
        print(f"git failed: {error.stderr.strip()}", file=sys.stderr)  # noqa: T201
        return 1
    if commit is None:
        print(f"{arguments.branch} holds the same files already: nothing to publish", file=sys.stderr)  # noqa: T201
        return 1
    print(commit)  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
