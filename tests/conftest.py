"""What every test runs under."""

import os
import signal

from hypothesis import settings

# Machines are shared and slow at times: a slow example is no failure. CI draws the same examples every time.
settings.register_profile("here", deadline=None)
settings.register_profile("ci", parent=settings.get_profile("here"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")

# A background shell, or nohup, has this and all it starts ignore signals that tests send on purpose.
for ignored, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(ignored) is signal.SIG_IGN:
        signal.signal(ignored, handler)
