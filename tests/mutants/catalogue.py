"""The faults: each a mistake that somebody could make, in code that decides a number."""

from typing import Final

from tests.mutants.algebra import ALGEBRA_FAULTS
from tests.mutants.caching import CACHING
from tests.mutants.cuts import CUTS
from tests.mutants.expressions import EXPRESSIONS
from tests.mutants.flink import FLINK_FAULTS
from tests.mutants.flow import FLOW_FAULTS
from tests.mutants.guard import GUARD_FAULTS
from tests.mutants.offline import OFFLINE
from tests.mutants.oracles import ORACLES_FAULTS
from tests.mutants.receipts import RECEIPT_FAULTS
from tests.mutants.records import RECORDS_FAULTS
from tests.mutants.reviews import REVIEWS
from tests.mutants.sets import SETS
from tests.mutants.several import SEVERAL
from tests.mutants.sightings import SIGHTINGS
from tests.mutants.simulate import SIMULATE
from tests.mutants.sources import SOURCES
from tests.mutants.strips import STRIP_FAULTS
from tests.mutants.transport import TRANSPORT
from tests.mutants.windows import WINDOWS_FAULTS

MUTANTS: Final = (
    *WINDOWS_FAULTS,
    *ALGEBRA_FAULTS,
    *FLINK_FAULTS,
    *RECORDS_FAULTS,
    *GUARD_FAULTS,
    *FLOW_FAULTS,
    *ORACLES_FAULTS,
    *SOURCES,
    *TRANSPORT,
    *CACHING,
    *EXPRESSIONS,
    *SEVERAL,
    *SIGHTINGS,
    *CUTS,
    *SETS,
    *REVIEWS,
    *SIMULATE,
    *OFFLINE,
    *STRIP_FAULTS,
    *RECEIPT_FAULTS,
)
