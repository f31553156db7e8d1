"""Where a preview's data is: a Parquet file, a folder with one a topic, or a topic itself."""

from pathlib import Path
from typing import Protocol

from millpond.offline.events import Events
from millpond.offline.subject import Subject
from millpond.plan.errors import MillpondError
from millpond.plan.model import SourcePlan


class Data(Protocol):
    """What reads the records of sources."""

    def read(self, events: Events, source: SourcePlan, paths: list[str]) -> None:
        """Take in a source's events.

        Raises:
            MillpondError: they are not there, or not as the source has them.
        """


class Files:
    """Parquet: a folder with `<topic>.parquet` for each source, as `millpond simulate` writes it, or one source's file.

    Args:
        path: the folder or the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self, events: Events, source: SourcePlan, paths: list[str]) -> None:
        """See Data."""
        events.read(source, paths, self._file(source))

    def _file(self, source: SourcePlan) -> Path:
        if not self.path.is_dir():
            return self.path
        file = self.path / f"{source.topic}.parquet"
        if not file.exists():
            raise MillpondError(
                f"there is no file of the topic {source.topic}", where=str(self.path), mend=f"put {file.name} there"
            )
        return file


def load(subject: Subject, data: Data) -> Events:
    """The events of every source that a subject needs.

    Raises:
        MillpondError: data of a source is missing or wrong, or one file is to be of several sources.
    """
    sources = subject.sources
    if len(sources) > 1 and isinstance(data, Files) and not data.path.is_dir():
        topics = ", ".join(f"{source.topic}.parquet" for source in sources.values())
        raise MillpondError(
            f"{subject.plan.full_name} is over {len(sources)} sources, and this is one file",
            where=str(data.path),
            mend=f"name a folder with {topics}",
        )
    events = Events()
    try:
        for source in sources.values():
            data.read(events, source, subject.paths(source))
    except BaseException:
        events.close()
        raise
    return events
