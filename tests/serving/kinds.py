"""What is killed while others read and ask. Nothing here mends: who dies is started again by the stack that looks
after its parts, as under `millpond up`; but a node that is to stay away for a while is started by its kind.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from tests.serving.stage import ENRICHERS, MATERIALIZERS, Stage, Store

AWAY_S: Final = 10.0

Act = Callable[[Stage], str]
"""Kills a part; returns its name."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of death.

    Attributes:
        what: in words, for the table.
        act: does it.
        stores: of the runs that have it.
    """

    what: str
    act: Act
    stores: tuple[Store, ...] = ("one", "cluster")


def _kill(name: str, stage: Stage) -> str:
    stage.stack.crash(name)
    return name


def _node(stage: Stage) -> str:
    return _kill(stage.node_of_documents(), stage)


def _node_away(stage: Stage) -> str:
    name = stage.other_node()
    stage.stack.kill(name)  # and nobody starts it again
    stage.pause(AWAY_S)
    stage.stack.restart(name)
    return name


# The store at last: the more it held, the longer it takes to be filled again.
KINDS: Final[dict[str, Kind]] = {
    "materializer": Kind(what="one of two materializers", act=partial(_kill, MATERIALIZERS[0])),
    "taskmanager": Kind(what="the TaskManager", act=partial(_kill, "taskmanager")),
    "broker": Kind(what="the broker", act=partial(_kill, "kafka")),
    "enricher": Kind(what="one of two enrichers", act=partial(_kill, ENRICHERS[0])),
    "registry": Kind(what="the schema registry", act=partial(_kill, "registry")),
    "valkey": Kind(what="Valkey, which comes back empty", act=partial(_kill, "valkey"), stores=("one",)),
    "node": Kind(
        what="the cluster's node that has the plans, which comes back empty, maybe before its replica takes over",
        act=_node,
        stores=("cluster",),
    ),
    "node-away": Kind(
        what=f"another node, which stays away for {AWAY_S:.0f} s: its replica takes over",
        act=_node_away,
        stores=("cluster",),
    ),
}


def kinds_of(store: Store) -> list[str]:
    """What is killed in a run over a store, one after the other."""
    return [name for name, kind in KINDS.items() if store in kind.stores]
