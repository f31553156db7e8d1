"""The schema registry: Apicurio, spoken to through its Confluent-compatible API."""

from functools import partial
from pathlib import Path

from millpond.local import probes
from millpond.local.parts.part import JVM_COMMON, JVM_QUICK_START, Part
from millpond.local.ports import LOOPBACK


def registry(*, java: Path, home: Path, folder: Path, logs: Path, heap_mib: int, ports: tuple[int, int]) -> Part:
    """The registry on the first port, its schemas in a file: one that died must not come back without them.

    In memory, its ids would begin anew, and records in the topics beside it would be read with the wrong schema.
    The second port is its management interface, which otherwise binds 9000 on every interface.
    """
    port, management_port = ports
    address = f"http://{LOOPBACK}:{port}/apis/ccompat/v7"
    heap = (f"-Xms{heap_mib // 2}m", f"-Xmx{heap_mib}m", *JVM_QUICK_START)
    return Part(
        name="registry",
        argv=(str(java), *heap, *JVM_COMMON, f"-Djava.io.tmpdir={folder}", "-jar", str(home / "quarkus-run.jar")),
        folder=folder,
        log=logs / "registry.log",
        address=address,
        ports=ports,
        env={
            # Written at each commit: by default half a second of schemas would be lost with a kill -9.
            "APICURIO_DATASOURCE_URL": f"jdbc:h2:file:{folder / 'schemas'};WRITE_DELAY=0",
            "QUARKUS_HTTP_HOST": LOOPBACK,
            "QUARKUS_HTTP_PORT": str(port),
            "QUARKUS_MANAGEMENT_HOST": LOOPBACK,
            "QUARKUS_MANAGEMENT_PORT": str(management_port),
            "QUARKUS_HTTP_ACCESS_LOG_ENABLED": "false",
            "QUARKUS_LOG_CONSOLE_FORMAT": "%d{yyyy-MM-dd'T'HH:mm:ss.SSSZ} %-5p %c{1} - %m%n",
        },
        probe=partial(probes.registry, address),
    )
