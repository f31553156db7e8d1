"""The entry point: errors a person can mend are printed without a traceback."""

import sys

from millpond.plan.errors import MillpondError

USER_ERROR = 2
INTERRUPTED = 130


def main() -> None:
    """Run `millpond`; an error that names its mend is printed as text, with exit code 2."""
    try:
        # Imported here: Ctrl-C while the verbs are being imported ends as quietly as any other.
        from millpond.cli.app import app

        app()
    except MillpondError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(USER_ERROR)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
