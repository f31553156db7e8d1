"""The errors a person meets, as one tree.

* MillpondError               says what, where, and how to mend it
  x DefinitionError           a definition under features/ is wrong
  x PlanError                 a compiled document is damaged, stale or of an unknown form
  x ReadError                 a read was asked for something that cannot be answered
  x DeployError               a deployment was refused; nothing was changed
  x StackError                a part of the local stack did not start or died
"""


class MillpondError(Exception):
    """An error with its place and its mend.

    Args:
        what: one sentence on what is wrong.
        where: file, definition and field, as precisely as is known.
        mend: what to do about it.
        is_passing: a part is away, or has not begun yet: the same may succeed later, with nothing changed.
    """

    def __init__(
        self, what: str, *, where: str | None = None, mend: str | None = None, is_passing: bool = False
    ) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.mend = mend
        self.is_passing = is_passing

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text}\n  mend: {self.mend}" if self.mend else text

    def at(self, where: str) -> "MillpondError":
        """The same error with an outer place put before its own."""
        self.where = f"{where}: {self.where}" if self.where else where
        return self


class DefinitionError(MillpondError):
    """A definition in the pool is wrong."""


class PlanError(MillpondError):
    """A compiled document is damaged, stale or of an unknown form."""


class ReadError(MillpondError):
    """A read asked for something that cannot be answered."""


class DeployError(MillpondError):
    """A deployment was refused; nothing was changed."""


class StackError(MillpondError):
    """A part of the local stack did not start or died."""
