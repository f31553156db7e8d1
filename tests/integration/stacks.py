"""What integration tests may ask of a stack, whether its parts are processes or containers."""

from collections.abc import Sequence
from typing import Protocol

from millpond.local.addresses import Addresses


class AnyStack(Protocol):
    """A stack of either kind; `millpond.local.stack.Stack` says what each of these does."""

    @property
    def addresses(self) -> Addresses:
        """Where the parts are found."""
        ...

    def check(self) -> None:
        """Raise StackError for a part that ended and was not told to."""
        ...

    def spawn(self, name: str, argv: Sequence[str], env: dict[str, str] | None = None) -> None:
        """Start a further program of the checkout."""
        ...

    def stop(self, name: str) -> None:
        """End a part in good order."""
        ...

    def kill(self, name: str) -> None:
        """SIGKILL a part."""
        ...

    def restart(self, name: str) -> None:
        """Start a part again; return when it is ready."""
        ...

    def freeze(self, name: str) -> None:
        """Let a part do nothing, and keep its connections."""
        ...

    def thaw(self, name: str) -> None:
        """Let it go on."""
        ...
