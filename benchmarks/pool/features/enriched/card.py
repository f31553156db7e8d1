"""What a card does, to the millisecond."""

from features.enriched.exactly import exactly

from features.payments import sources
from millpond import _

card = exactly(sources.card, _.card_id)
