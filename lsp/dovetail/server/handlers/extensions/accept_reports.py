"""What an editor reports about a suggestion's fate, if it does: all of it is optional.

The command `dovetail.accepted` comes with every item, and the editor runs it after an accept. Other completion servers
define the notifications `textDocument/didShowCompletion` {item} and `textDocument/didPartiallyAcceptCompletion` {item,
acceptedLength}, and plugins send them already. `acceptedLength` counts UTF-16 units of the item's text.
`dovetail/dismissed` {textDocument} reports that the user dismissed what is on the screen.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs
from lsprotocol import types

from dovetail.server.server import DovetailServer

ACCEPTED = "dovetail.accepted"
SHOWN = "textDocument/didShowCompletion"
DISMISSED = "dovetail/dismissed"
PARTLY_ACCEPTED = "textDocument/didPartiallyAcceptCompletion"


def accepted_commands(names: Iterable[str]) -> list[types.Command]:
    """Return the commands of the items with these names, so that the editor can refer to the items."""
    return [types.Command("Completion accepted", ACCEPTED, arguments=[name]) for name in names]


def accepted(ls: DovetailServer, *arguments: Any) -> None:
    if arguments and isinstance(arguments[0], str):
        ls.session.feedback.accepted(arguments[0])


@attrs.frozen
class ShownCommand:
    arguments: list[Any]


@attrs.frozen
class ShownItem:
    command: ShownCommand | None = None


@attrs.frozen
class ShownParams:
    item: ShownItem
    accepted_length: int | None = None


def shown(ls: DovetailServer, params: ShownParams) -> None:
    name = _name(params)
    if name is not None:
        ls.session.feedback.seen(name)


def partly_accepted(ls: DovetailServer, params: ShownParams) -> None:
    name, length = _name(params), params.accepted_length
    if name is not None and length is not None:
        ls.session.feedback.accepted(name, length)


@attrs.frozen
class DismissedParams:
    text_document: types.TextDocumentIdentifier


def dismissed(ls: DovetailServer, params: DismissedParams) -> None:
    opened = ls.session.opened.get(params.text_document.uri)
    if opened is not None:
        ls.session.feedback.dismissed(opened.document)


def _name(params: ShownParams) -> str | None:
    """Return the name that the item bears; None where an item of ours is not in the message."""
    arguments = params.item.command.arguments if params.item.command else ()
    return arguments[0] if arguments and isinstance(arguments[0], str) else None
