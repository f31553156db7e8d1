"""What an environment runs and serves, out of its journal; nothing is written."""

from millpond.control.recorded import read_records
from millpond.control.settings import Settings
from millpond.review.standing import Standing


def standing_of(settings: Settings) -> Standing:
    """The records of an environment as they are now.

    Raises:
        MillpondError: Kafka does not answer.
        PlanError: a record is damaged.
    """
    records = read_records(settings)
    return Standing(
        ns=settings.ns,
        jobs=records.jobs(),
        retired=records.retired_generations(),
        published=records.published(),
        is_real=True,
    )
