"""What a part is: a command, its environment and files, and how to see that it is ready."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

Probe = Callable[[int], str | None]
"""Looks at a running part once, told when its process was started, in milliseconds since the epoch.

Returns None when it serves, else in a few words why not yet; raises nothing for "not yet".
"""

# Servers see this much of our environment and no more: JAVA_TOOL_OPTIONS, CLASSPATH, QUARKUS_* or KAFKA_* of a
# user's shell would change what runs here.
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "USER")

# Without -UsePerfData every Java process leaves a file in the machine's temporary folder when it is killed.
JVM_COMMON = ("-XX:-UsePerfData", "-Duser.timezone=UTC", "-Dfile.encoding=UTF-8", "-Djava.net.preferIPv4Stack=true")


@dataclass(frozen=True, kw_only=True)
class Part:
    """One process of the stack.

    Attributes:
        name: unique in the stack; also the name of its log file.
        argv: the command, program path first.
        folder: its working folder, made before it starts.
        log: where its output goes.
        address: what a client is given to reach it; empty when nobody reaches it.
        ports: the loopback ports it listens on.
        env: added to the inherited environment.
        inherit_all: inherit the whole environment (our own Python parts), not only INHERITED.
        files: text files written before it starts.
        prepare: a command run to its end first, or empty.
        scratch: folders that are emptied before every start; what a killed process left there is nobody's.
        probe: tells when it is ready, and later whether it still serves; None: as soon as, and as long as, it runs.
        relies_on: another part without which the probe cannot be answered, whatever the state of this one.
        ready_within_s: how long the probe may say "not yet", in seconds.
        grace_s: how long it may take to end after SIGTERM, in seconds.
    """

    name: str
    argv: tuple[str, ...]
    folder: Path
    log: Path
    address: str = ""
    ports: tuple[int, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    inherit_all: bool = False
    files: Mapping[Path, str] = field(default_factory=dict)
    prepare: tuple[str, ...] = ()
    scratch: tuple[Path, ...] = ()
    probe: Probe | None = None
    relies_on: str = ""
    ready_within_s: float = 120.0
    grace_s: float = 5.0

    def environment(self) -> dict[str, str]:
        """The whole environment of the process."""
        names = os.environ.keys() if self.inherit_all else INHERITED
        return {name: os.environ[name] for name in names if name in os.environ} | dict(self.env)


# For servers off the path of events: they become ready with half the processor time, and never run hot.
JVM_QUICK_START = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")

# To the console only, which is the part's log file: one file a part.
LOG4J = """\
rootLogger.level = INFO
rootLogger.appenderRef.console.ref = Console
appender.console.name = Console
appender.console.type = CONSOLE
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{yyyy-MM-dd'T'HH:mm:ss.SSSX}{UTC} %-5p %c{1} - %m%n
"""


def classpath(jars: tuple[Path, ...]) -> str:
    """Jars as java's -classpath takes them."""
    return os.pathsep.join(map(str, jars))
