"""What an inference service imports: Reader, the Vector it returns, and tables of them."""

from millpond.plan.errors import ReadError
from millpond.serve.reader import OpenSet, Reader
from millpond.serve.status import STATUSES, USABLE, Status
from millpond.serve.vector import Vector, to_arrow, to_numpy

__all__ = ["STATUSES", "USABLE", "OpenSet", "ReadError", "Reader", "Status", "Vector", "to_arrow", "to_numpy"]
