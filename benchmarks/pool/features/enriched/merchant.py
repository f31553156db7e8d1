"""What a merchant does, to the millisecond."""

from features.enriched.exactly import exactly

from features.payments import sources
from millpond import _

merchant = exactly(sources.merchant, _.merchant_id)
