"""Members without a definition that shows them: a list that lacks a name which exists steers a model off it."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path

import pytest

from dovetail_context.index.index import WorkspaceIndex
from dovetail_context.members import members_at
from dovetail_context.query import Query

CASES = re.split(r"^=== ", Path(__file__).with_name("members.txt").read_text(encoding="utf-8"), flags=re.M)[1:]


@pytest.mark.parametrize("case", CASES, ids=[case.partition("\n")[0] for case in CASES])
def test_no_list_lacks_a_name_that_exists(case: str, tmp_path: Path) -> None:
    _, *parts = re.split(r"^#- (.+)\n", case, flags=re.M)
    files = dict(zip(parts[::2], parts[1::2], strict=True))
    wanted = files.pop("has", ""), files.pop("lists", "")
    query = None
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text.replace("$0", ""), encoding="utf-8")
        if "$0" in text:
            query = Query(path, text.replace("$0", ""), text.index("$0"))
    assert query is not None
    with closing(WorkspaceIndex(tmp_path)) as index:
        index.build()
        names = members_at(query, index.snapshot)
    if wanted[1]:
        assert set(wanted[1].split()) <= set(names)
    else:
        assert not names or wanted[0].strip() in names
