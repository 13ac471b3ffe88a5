"""`FallbackEngine`: a server while it answers, the local model while it does not.

The change is reported once each way. While the server is away it is looked at now and then, without a prompt.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from dovetail_models.engine.client.connection import Enough
from dovetail_models.engine.job import CompletionJob, CompletionReply
from dovetail_models.engine.status import EngineStatus
from dovetail_models.errors import EngineError
from dovetail_models.remote.connection import BeforeSending
from dovetail_models.remote.engine import RemoteEngine, Sleep
from dovetail_models.remote.faults import RemoteFault, probe_pause_s


class LocalEngine(Protocol):
    """The engine that replaces the server during an outage."""

    async def ensure_ready(self) -> EngineStatus: ...
    async def complete(
        self, job: CompletionJob, enough: Enough | None = None, before_sending: BeforeSending | None = None
    ) -> CompletionReply: ...
    async def keep(self, may_be_kept: Callable[[str], bool]) -> None: ...
    async def close(self) -> None: ...


OnStatus = Callable[[EngineStatus], None]


class FallbackEngine:
    """Belongs to one event loop. The local model is loaded when it is first needed."""

    def __init__(
        self,
        make_remote: Callable[[OnStatus], RemoteEngine],
        make_local: Callable[[OnStatus], LocalEngine],
        on_status: OnStatus | None = None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """Raises EngineError if the remote engine cannot be made."""
        self._on_status = on_status or (lambda _status: None)
        self._remote = make_remote(self._take_remote_status)
        self._make_local = make_local
        self._local: LocalEngine | None = None
        self._sleep = sleep
        self._outage: RemoteFault | None = None
        self._failures = 0  # in a row: of requests and of looks at the server
        self._probing: asyncio.Task[None] | None = None

    async def ensure_ready(self) -> EngineStatus:
        """Return the state of the engine that answers now. Raises EngineError if neither can."""
        if self._outage is None:
            try:
                return await self._remote.ensure_ready()
            except RemoteFault as fault:
                self._begin_outage(fault)
        return self._with_outage(await self._local_engine().ensure_ready())

    async def complete(
        self, job: CompletionJob, enough: Enough | None = None, before_sending: BeforeSending | None = None
    ) -> CompletionReply:
        """Complete by the server or, if it cannot, by the local model. `before_sending` is awaited before each."""
        if self._outage is None:
            try:
                reply = await self._remote.complete(job, enough, before_sending)
            except RemoteFault as fault:
                self._begin_outage(fault)
            else:
                self._failures = 0
                return reply
        local = self._local_engine()
        await local.ensure_ready()
        if before_sending is not None:
            await before_sending()
        return await local.complete(job, enough, before_sending)

    async def keep(self, may_be_kept: Callable[[str], bool]) -> None:
        """Only the local model keeps anything on this machine."""
        if self._local is not None:
            await self._local.keep(may_be_kept)

    async def close(self) -> None:
        """Leave nothing running. May be called twice."""
        if self._probing is not None:
            self._probing.cancel()
            await asyncio.gather(self._probing, return_exceptions=True)
        await self._remote.close()
        if self._local is not None:
            await self._local.close()

    def _begin_outage(self, fault: RemoteFault) -> None:
        if self._outage is not None:
            return  # several requests found out
        self._outage = fault
        self._failures += 1
        self._probing = asyncio.create_task(self._wait_for_the_server(), name="look for the server")

    async def _wait_for_the_server(self) -> None:
        while True:
            await self._sleep(probe_pause_s(self._failures))
            try:
                status = await self._remote.probe()
            except EngineError:
                self._failures += 1
                continue
            break
        self._outage = self._probing = None
        self._on_status(replace(status, notice=f"{self._remote.address.host} answers again and completes from now on"))

    def _local_engine(self) -> LocalEngine:
        if self._local is None:
            self._local = self._make_local(self._take_local_status)
        return self._local

    def _take_remote_status(self, status: EngineStatus) -> None:
        # What its probes find out is reported when they succeed; its failure, with who answers instead.
        if self._outage is None and status.state != "failed":
            self._on_status(status)

    def _take_local_status(self, status: EngineStatus) -> None:
        if self._outage is not None:
            self._on_status(self._with_outage(status))

    def _with_outage(self, status: EngineStatus) -> EngineStatus:
        if self._outage is None:
            return status
        line = f"{self._outage}; until it is back {status.model or 'the local model'} answers on this machine"
        return status if status.state == "failed" else replace(status, message=line, notice=line)
