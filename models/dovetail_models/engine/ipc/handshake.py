"""The handshake between a client and a host: who they are, which protocol they speak, whether the host is needed.

The host's side is `service.py`'s.
"""

import asyncio

from dovetail_models.engine.ipc import transport, wire
from dovetail_models.engine.ipc.registry import HostEndpoint

GREETING_TIMEOUT_S = 15
"""Seconds. A host greets within milliseconds, whatever its model does. One that takes longer than this hangs."""


async def greet(streams: transport.Streams, endpoint: HostEndpoint, make_way: bool = False) -> wire.Message:
    """Return the host's reply to our hello. Raises OSError if it disconnected, TimeoutError if it does not reply."""
    reader, writer = streams
    hello = {"op": "hello", "version": wire.VERSION, "token": endpoint.token, "make_way": make_way}
    try:
        writer.write(wire.encode(hello))
        line = await asyncio.wait_for(reader.readline(), GREETING_TIMEOUT_S)
        if not line:
            raise ConnectionResetError("the host closed the connection")
        return wire.decode(line)
    except BaseException:
        writer.close()
        raise


async def asked_to_leave(endpoint: HostEndpoint) -> bool:
    """Ask a host to leave if it has no clients; return whether it has left."""
    try:
        streams = await transport.connect(endpoint.address)
        answer = await greet(streams, endpoint, make_way=True)
        streams[1].close()
    except TimeoutError:
        return False
    except (OSError, wire.WireError):
        return True
    return bool(answer["op"] == "leaving")
