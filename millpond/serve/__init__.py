"""What an inference service imports: Reader and AsyncReader, the Vector they return, and tables of them."""

from millpond.plan.errors import ReadError
from millpond.serve.async_reader import AsyncOpenSet, AsyncReader
from millpond.serve.reader import OpenSet, Reader
from millpond.serve.status import STATUSES, USABLE, Status
from millpond.serve.vector import Vector, to_arrow, to_numpy

__all__ = [
    "STATUSES",
    "USABLE",
    "AsyncOpenSet",
    "AsyncReader",
    "OpenSet",
    "ReadError",
    "Reader",
    "Status",
    "Vector",
    "to_arrow",
    "to_numpy",
]
