"""`millpond materialize`: one process that moves tiles from Kafka to the store."""

import logging
import signal
import threading
from typing import Annotated

import typer

from millpond.cli.context import Env, settings_of


def materialize(
    env: Env = "dev",
    kafka: Annotated[str | None, typer.Option(help="Bootstrap servers, in place of the environment's.")] = None,
    registry: Annotated[str | None, typer.Option(help="The schema registry's Confluent API, in its place.")] = None,
    store: Annotated[str | None, typer.Option(help="The store's redis:// address, in its place.")] = None,
    ns: Annotated[str | None, typer.Option(help="What topics and keys begin with, in its place.")] = None,
) -> None:
    """Write the tiles of all jobs to the store, until stopped. Any number of these share the work."""
    # Imported here: no other verb needs the Kafka client's weight.
    from millpond.materialize.materializer import Materializer
    from millpond.store.nodes import Nodes
    from millpond.store.writer import Writer

    if not (kafka and registry and store and ns):
        settings = settings_of(env)
        kafka, registry = kafka or settings.kafka, registry or settings.registry
        store, ns = store or settings.store, ns or settings.ns
    logging.basicConfig(format="%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    logging.getLogger("millpond").setLevel(logging.INFO)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    Materializer(
        kafka=kafka,
        registry=registry,
        ns=ns,
        writer=Writer(Nodes.connect(store), ns),
        stop=stop,
    ).run()
