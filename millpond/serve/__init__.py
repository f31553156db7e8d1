"""What an inference service imports: Reader, and the Vector it returns."""

from millpond.plan.errors import ReadError
from millpond.serve.reader import OpenSet, Reader
from millpond.serve.status import STATUSES, USABLE, Status
from millpond.serve.vector import Vector

__all__ = ["STATUSES", "USABLE", "OpenSet", "ReadError", "Reader", "Status", "Vector"]
