"""`Likelihood`: which names of a file are offered for their words alone."""

from __future__ import annotations

from pathlib import Path

from dovetail_context.retrieve.situation import read_situation
from tests.context.workspace_text import read_workspace

SHOP = """
#- shop/clients.py
class ClientRegistry:
    def register_client(self, client): ...
    def _drop_client(self): ...
    limit = 3
    a = 1
def load_clients(path): ...
def unrelated(): ...
registered_client_names = []
__all__ = []
#- shop/empty.py
# nothing is defined here
#- shop/other.py
from shop.clients import ClientRegistry
def start(registry: ClientRegistry):
    # register the clients of a path
    registry.register_client(load_clients("x"))
#- main.py
from shop.clients import ClientRegistry
def start(registry: ClientRegistry, path):
    # register the clients of the path
    registry.$0
"""


def test_only_names_that_fit_and_are_not_used_yet_are_offered(tmp_path: Path) -> None:
    workspace = read_workspace(SHOP)
    snapshot, query = workspace.snapshot(tmp_path), workspace.query
    assert query is not None
    situation = read_situation(query, snapshot)
    assert situation is not None
    record = snapshot.files["shop/clients.py"]
    fitting = {symbol.name for symbol in situation.likelihood.fitting(record, 100)}
    assert {"register_client", "load_clients"} <= fitting
    assert not fitting & {"unrelated", "a", "__all__", "ClientRegistry"}
    assert situation.likelihood.fitting(record, 1) == []
    assert situation.likelihood.fitting(snapshot.files["shop/empty.py"], 100) == []
