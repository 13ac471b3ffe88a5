"""`dovetail/statistics` {html?}: what became of suggestions on this computer.

Answers the object of `dovetail stats --json`, or with `html` true {"html"}, the same as a page.
"""

from __future__ import annotations

import asyncio
from typing import Any

import attrs
from pygls.exceptions import JsonRpcInternalError

from dovetail.server.server import DovetailServer
from dovetail.stats.page import stats_page
from dovetail.stats.store import StatsError, read, stats_path
from dovetail.stats.summary import summarize, summary_json

STATISTICS = "dovetail/statistics"


@attrs.frozen
class StatisticsParams:
    html: bool | None = None


async def statistics(ls: DovetailServer, params: StatisticsParams) -> dict[str, Any]:
    await ls.session.feedback.write()
    try:
        rows = await asyncio.to_thread(read, stats_path(), None)
    except StatsError as error:
        raise JsonRpcInternalError(str(error)) from error
    summary = summarize(rows)
    return {"html": stats_page(summary)} if params.html else summary_json(summary)
