"""Services around the Reader: what answers requests over Kafka. Here stands what its command line says."""

from typing import Final, Literal

From = Literal["earliest", "latest"]
WhenUnavailable = Literal["reply", "wait"]
Takes = Literal["numpy", "vectors"]
Degraded = Literal["refuse", "default", "flag"]

WAIT_MS: Final = 300  # within 200 ms 996 of 1,000 events were in, at 500 a second on two shared cores
BUDGET_MS: Final = 1_000
READ_MS: Final = 250
LARGEST: Final = 1_000_000
