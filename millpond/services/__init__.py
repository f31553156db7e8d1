"""Services around the Reader: what answers requests over Kafka. Here stands what its command line says."""

from typing import Final, Literal

From = Literal["earliest", "latest"]
WhenUnavailable = Literal["reply", "wait"]
Takes = Literal["numpy", "vectors"]
Degraded = Literal["refuse", "default", "flag"]

# At 500 requests a second on two cores all of 15,000 events were in by then; by 200 ms, with others at work, 99.6 %.
WAIT_MS: Final = 300
BUDGET_MS: Final = 1_000
READ_MS: Final = 250
LARGEST: Final = 1_000_000
