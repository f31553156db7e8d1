"""What a device does, to the millisecond."""

from features.enriched.exactly import exactly

from features.payments import sources
from millpond import _

device = exactly(sources.device, _.device_id)
