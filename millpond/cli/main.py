"""The entry point: errors a person can mend are printed without a traceback."""

import os
import sys
from collections.abc import Callable

from millpond.cli.stopping import INTERRUPTED, is_interrupt
from millpond.plan.errors import MillpondError

USER_ERROR = 2


def main() -> None:
    """Run `millpond`."""
    run(_verbs)


def _verbs() -> None:
    # Imported here: Ctrl-C while the verbs are being imported ends as quietly as any other.
    from millpond.cli.app import app

    app()


def run(program: Callable[[], None]) -> None:
    """Run a program of a terminal; an error that names its mend is printed as text, with exit code 2."""
    _keep_loopback_from_proxies()
    try:
        program()
    except MillpondError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(USER_ERROR)
    except (KeyboardInterrupt, RuntimeError) as stop:
        if not is_interrupt(stop):
            raise
        sys.exit(INTERRUPTED)


def _keep_loopback_from_proxies() -> None:
    """Behind a proxy the parts on this machine are still asked directly, by us and by all we start."""
    for name in ("no_proxy", "NO_PROXY"):
        hosts = [host for host in os.environ.get(name, "").split(",") if host]
        os.environ[name] = ",".join(dict.fromkeys([*hosts, "localhost", "127.0.0.1"]))


if __name__ == "__main__":
    main()
