"""`millpond explain`: which events a vector was made of, and its numbers computed anew from them."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from millpond.cli.context import Env, Json, out, print_json, say, settings_of
from millpond.plan.errors import ReadError

if TYPE_CHECKING:
    from millpond.control.settings import Settings
    from millpond.offline.arrived import Arrivals
    from millpond.offline.explain import Explanation
    from millpond.serve.receipts import Receipt

STDIN = "-"
NOT_THE_SAME = 1


def explain(
    receipt: Annotated[
        str,
        typer.Argument(
            metavar="RECEIPT", help="A file of receipts, one a line, or `-`: what `vector.receipt.encode()` gave."
        ),
    ],
    feature: Annotated[
        str | None, typer.Option(metavar="NAME", help="List each event that this feature or derived place is made of.")
    ] = None,
    env: Env = "dev",
    json: Json = False,
) -> None:
    """Say which events each number of a vector came from, and compute it anew from them, bit for bit.

    A receipt is what a read gives that is asked for one: `read(…, receipt=True)`, or `millpond read … --receipt FILE`.
    It names the plan, and what each tile had counted. The plan is taken from the store, the events from the sources'
    topics; tiles are not looked at. Exits 1 where a value does not come to the same bits, or its events are not known
    any more.

        millpond read retail.shopper household_id=1609 store_id=406 --receipt receipt.json

        millpond explain receipt.json --feature household.spend_30d
    """
    # Imported here: no other verb needs Kafka's client and the algebra.
    from millpond.offline.arrived import Arrivals
    from millpond.offline.explained import document, line, rendered
    from millpond.serve.receipts import receipts_in

    receipts = receipts_in(_read(receipt), where="stdin" if receipt == STDIN else receipt)
    settings = settings_of(env)
    arrivals = Arrivals(settings.kafka, settings.registry)
    found = _explained(receipts, settings, arrivals)
    is_same = all(one.is_same for one in found)
    if json:
        print_json({"same": is_same, "receipts": [document(one, feature) for one in found]})
    else:
        for one in found:
            out.print(line(one) if len(found) > 1 and one.is_same and feature is None else rendered(one, feature))
    for (topic, reason), count in sorted(arrivals.unread.items()):
        say(f"{topic}: {count:,} records could not be read ({reason}); they counted for nothing")
    if not is_same:
        raise typer.Exit(NOT_THE_SAME)


def _read(receipt: str) -> bytes:
    if receipt == STDIN:
        return sys.stdin.buffer.read()
    try:
        return Path(receipt).read_bytes()
    except OSError as cause:
        raise ReadError(f"it cannot be read: {cause}", where=receipt, mend="name a file, or `-`") from cause


def _explained(receipts: "list[Receipt]", settings: "Settings", arrivals: "Arrivals") -> "list[Explanation]":
    import redis

    from millpond.offline.explain import explain
    from millpond.store import publications
    from millpond.store.documents import place_key
    from millpond.store.nodes import Nodes

    for one in receipts:
        if one.ns != settings.ns:
            raise ReadError(
                f"the receipt is of {one.ns!r}, and this environment is {settings.ns!r}",
                mend="say which it is by --env",
            )
    nodes = Nodes.connect(settings.store)
    try:
        client = nodes.client_of(place_key(settings.ns))
        return explain(
            receipts,
            lambda content: publications.load_content(client, settings.ns, content),
            publications.jobs(client, settings.ns),
            arrivals.of,
        )
    except redis.RedisError as cause:
        raise ReadError(
            f"the store does not answer: {cause}", where="the store", mend="see `millpond status`"
        ) from cause
    finally:
        nodes.close()
