"""`millpond enrich`: answers requests over Kafka with their vectors, and with a model's scores."""

import gc
import logging
import signal
import sys
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated, Final

import typer

from millpond.cli.context import Env, settings_of
from millpond.control.settings import Settings
from millpond.plan.errors import MillpondError
from millpond.plan.names import dead_letter_topic, enricher_group
from millpond.plan.windows import DAY
from millpond.services import BUDGET_MS, LARGEST, READ_MS, WAIT_MS, Degraded, From, Takes, WhenUnavailable

if TYPE_CHECKING:
    from millpond.control.topics import Topics
    from millpond.services.scoring import Scoring

ASK_S: Final = 1.0  # of brokers that are away: while they are asked, nobody is told to stop

# A request that fills a record, with headers that say why it is a dead letter.
LARGEST_ANSWER: Final = 2 * LARGEST

log = logging.getLogger("millpond.services")

# Python's collector. Seen at 500 requests a second: events are remembered for half a minute, 240,000 objects, beside
# the 80,000 of our modules, and every four to eight seconds all of them were gone through: for 130 ms nothing was
# answered. Our modules are left out of it now, and all else is gone through once in a quarter of an hour at the most.
# What does not live long is collected as ever.
GENERATIONS: Final = (700, 10, 1_000)


def enrich(
    name: Annotated[str, typer.Argument(metavar="DOMAIN.SET", help="The feature set.")],
    requests: Annotated[str, typer.Option(help="The topic of the requests: Avro in the Confluent wire format.")],
    replies: Annotated[str, typer.Option(help="The topic of the replies; made where there is none.")],
    version: Annotated[int, typer.Option(help="The set's version.")] = 1,
    dead_letters: Annotated[
        str | None, typer.Option(help="The topic of what cannot be answered; by default one named after the set.")
    ] = None,
    begin: Annotated[
        From, typer.Option("--from", help="Where to begin in a topic that this service has not answered yet.")
    ] = "earliest",
    wait_ms: Annotated[
        int, typer.Option(help="How long a request waits for events that are not in the store yet.", min=0)
    ] = WAIT_MS,
    when_unavailable: Annotated[
        WhenUnavailable, typer.Option(help="While the store does not answer: reply so after --budget-ms, or wait.")
    ] = "reply",
    budget_ms: Annotated[
        int, typer.Option(help="How long a request waits for the store to answer.", min=0)
    ] = BUDGET_MS,
    read_ms: Annotated[int, typer.Option(help="How long the store may take for one look.", min=1)] = READ_MS,
    largest: Annotated[int, typer.Option(help="Bytes that a request may have.", min=1)] = LARGEST,
    group: Annotated[
        str | None, typer.Option(help="The consumer group; by default one named after the replies' topic.")
    ] = None,
    model: Annotated[str | None, typer.Option(metavar="MODULE:CALLABLE", help="Scores the vectors, too.")] = None,
    model_takes: Annotated[
        Takes, typer.Option(help="What it is given: float64 of shape (vectors, places), or the vectors.")
    ] = "numpy",
    degraded: Annotated[
        Degraded,
        typer.Option(
            help="A vector that is not whole: is not scored; has the --default-score; or is scored, with nulls."
        ),
    ] = "refuse",
    default_score: Annotated[float | None, typer.Option(help="Of such a vector.")] = None,
    metrics_port: Annotated[
        int | None, typer.Option(help="Where Prometheus is told what this process does.", min=1, max=65_535)
    ] = None,
    env: Env = "dev",
) -> None:
    """Answer every request with its vector, until stopped. Any number of these share the work.

    A reply has its request's key and headers, and lies in its partition, behind those of earlier requests of its key.
    A request is committed when its reply is delivered: after a crash some replies are there twice. What cannot be read
    as a request goes to the dead letters, as it came, with the reason in its headers.
    """
    # Imported here: no other verb needs these.
    from millpond.control.topics import Topics
    from millpond.materialize.retry import Stopped
    from millpond.serve import Reader
    from millpond.services.enricher import Enricher, once_it_answers
    from millpond.services.metrics import Tally, exposed
    from millpond.services.patience import Patience
    from millpond.services.service import Service

    scoring = _scoring(model, model_takes, degraded, default_score)
    settings = settings_of(env)
    service = Service(
        full_name=name,
        version=version,
        requests=requests,
        replies=replies,
        dead_letters=dead_letters or dead_letter_topic(settings.ns, f"enrich.{name}.v{version}"),
        group=group or enricher_group(settings.ns, replies),
        begin=begin,
        patience=Patience(wait_ms=wait_ms, budget_ms=budget_ms, when_unavailable=when_unavailable),
        read_ms=read_ms,
        largest=largest,
        scoring=scoring,
    )
    logging.basicConfig(format="%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    logging.getLogger("millpond").setLevel(logging.INFO)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    tally = Tally()
    with ExitStack() as stack:
        if metrics_port is not None:
            stack.enter_context(exposed(tally, ns=settings.ns, full_name=name, version=version, port=metrics_port))
        reader = stack.enter_context(Reader.connect(settings.store, ns=settings.ns))
        try:
            enricher = Enricher(
                kafka=settings.kafka,
                registry=settings.registry,
                reader=reader,
                service=service,
                tally=tally,
                stop=stop,
            )
            topics = Topics(settings.kafka, timeout_s=ASK_S)
            once_it_answers(
                lambda: _create_topics(topics, settings, service.requests, service.replies, service.dead_letters),
                what="creating the topics",
                stop=stop,
            )
        except Stopped as stopped:
            log.info("stopped while %s failed; no request was taken", stopped)
            return
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GENERATIONS)
        enricher.run()


def _create_topics(topics: "Topics", settings: Settings, requests: str, replies: str, dead_letters: str) -> None:
    """The topics that are written; replies have as many partitions as requests, so that each lies in its request's."""
    from millpond.control.topics import Topic

    partitions = len(topics.ends(requests))
    if not partitions:
        raise MillpondError(
            "there is no such topic",
            where=requests,
            mend="create it: whoever asks decides its partitions and retention",
        )
    size = {"max.message.bytes": str(LARGEST_ANSWER)}
    retention = {"cleanup.policy": "delete", "retention.ms": str(settings.dead_letter_days * DAY)}
    wanted = [
        Topic(name=replies, partitions=partitions, config=size),
        Topic(name=dead_letters, partitions=1, config=size | retention),
    ]
    topics.create([topic for topic in wanted if not topics.ends(topic.name)])


def _scoring(model: str | None, takes: Takes, degraded: Degraded, default: float | None) -> "Scoring | None":
    """How vectors are scored.

    Raises:
        MillpondError: the options contradict each other, or there is no such model.
    """
    if model is None:
        return None
    from millpond.services.scoring import Scoring, load_model

    if (degraded == "default") != (default is not None):
        raise MillpondError(
            f"--degraded {degraded} {'with' if default is not None else 'without'} a --default-score",
            mend="give both --degraded default and --default-score 0.5, or neither",
        )
    sys.path.insert(0, "")
    return Scoring(model=load_model(model), takes=takes, degraded=degraded, default=default)
