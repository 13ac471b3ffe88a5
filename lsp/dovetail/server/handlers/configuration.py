"""`workspace/didChangeConfiguration`: settings that change while the server runs.

`settings` is {"dovetail": {...}}, in the form of the initialization options. Editors that want to be asked send null;
they are asked for the section "dovetail".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from dovetail.server.handlers import rules
from dovetail.server.server import DovetailServer

SECTION = "dovetail"
EDITOR = "The editor's settings"


async def did_change_configuration(ls: DovetailServer, params: types.DidChangeConfigurationParams) -> None:
    given: Any = params.settings
    values = given.get(SECTION) if isinstance(given, Mapping) else None
    if values is None:
        values = await _asked_for(ls)
    if isinstance(values, Mapping):
        configure(ls, values)


def configure(ls: DovetailServer, options: Mapping[str, Any], client: str | None = None) -> None:
    """Apply options of the editor from now on.

    `trusted` stays unchanged where they do not set it; `client` is the editor's name, the first time.
    """
    settings, own_rules, trusted = rules.parted(options, ls.session.projects.is_trusted)
    ls.session.on_settings = lambda settings: ls.session.feedback.follow(settings.statistics)
    ls.session.configure((EDITOR, settings))
    ls.session.projects.configure_rules(own_rules, trusted and not ls.untrusted)
    ls.session.feedback.follow(ls.session.settings.statistics, client)


async def _asked_for(ls: DovetailServer) -> Any:
    workspace = ls.protocol.client_capabilities.workspace
    if workspace is None or not workspace.configuration:
        return None
    item = types.ConfigurationItem(section=SECTION)
    try:
        found = await ls.workspace_configuration_async(types.ConfigurationParams(items=[item]))
    except JsonRpcException:
        return None  # the client has changed its mind
    return found[0] if found else None
