"""Submit a job to a Flink cluster: `python jobs/submit.py SPEC.json --rest http://host:port [--explain]`.

Runs in Flink's own environment. SPEC.json is a JobSql; the one line on stdout is `{"job_id": "...", "name": "..."}`.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import IO, Any, Final
from urllib.parse import urlsplit

import msgspec

from millpond.plan.errors import PlanError
from millpond.sql.job_sql import JobSql

LAST_LINES: Final = 15
# The Java client lives for seconds: compiling its hot code well costs more than it gains (15.5 s became 9.2 s).
CLIENT_OPTIONS: Final = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"


def main() -> int:
    """Submit, or explain; 0 where that was done, 1 with the root cause on stderr."""
    parser = argparse.ArgumentParser(description="Submit a job to a Flink cluster.")
    parser.add_argument("spec", type=Path, help="the job, as JSON")
    parser.add_argument("--rest", required=True, help="the cluster's REST address, http://host:port")
    parser.add_argument("--explain", action="store_true", help="print the plan instead of submitting")
    args = parser.parse_args()
    with tempfile.TemporaryFile("w+") as noise:
        out = _quiet(noise)
        try:
            job = msgspec.json.decode(args.spec.read_bytes(), type=JobSql)
            print(_run(job, args.rest, explain=args.explain), file=out, flush=True)
        except Exception as error:  # noqa: BLE001 - the entry point: whatever it is, its cause is told
            noise.seek(0)
            print(_cause(error, noise.read()), file=sys.stderr)
            return 1
    return 0


def _quiet(noise: IO[str]) -> IO[str]:
    """The real stdout; what Flink's client and its Java process say goes to `noise`.

    They write to file descriptors, so that is where they are turned.
    """
    out = os.fdopen(os.dup(1), "w")
    sys.stderr = os.fdopen(os.dup(2), "w", buffering=1)
    os.dup2(noise.fileno(), 1)
    os.dup2(noise.fileno(), 2)
    return out


def _run(job: JobSql, rest: str, *, explain: bool) -> str:
    os.environ.setdefault("JVM_ARGS", CLIENT_OPTIONS)
    from pyflink.common import Configuration
    from pyflink.table import EnvironmentSettings, TableEnvironment

    address = urlsplit(rest)
    if address.scheme != "http" or address.hostname is None or address.port is None:
        raise PlanError(f"{rest!r} is not an address", where="--rest", mend="write http://host:port")
    config = Configuration()
    for key, value in job.config.items():
        config.set_string(key, value)
    for key, value in {
        "execution.target": "remote",
        "execution.attached": "false",
        "rest.address": address.hostname,
        "rest.port": str(address.port),
        # A cluster that is not there is said after seconds, not after a minute.
        "rest.retry.max-attempts": "3",
        "rest.retry.delay": "1 s",
    }.items():
        config.set_string(key, value)
    settings = EnvironmentSettings.new_instance().in_streaming_mode().with_configuration(config).build()
    table_env = TableEnvironment.create(settings)
    for statement in job.statements:
        table_env.execute_sql(statement)
    inserts = table_env.create_statement_set()
    for insert in job.inserts:
        inserts.add_insert_sql(insert)
    if explain:
        return str(inserts.explain())
    return json.dumps({"job_id": _job_id(inserts.execute()), "name": job.name})


def _job_id(result: Any) -> str:
    client = result.get_job_client()
    assert client is not None, "a statement set of inserts gives a job"
    return str(client.get_job_id())


def _cause(error: Exception, noise: str) -> str:
    """The innermost cause of a Java error; any other error as it is, after the last that the Java process said."""
    lines = str(error).splitlines()
    causes = [line.strip() for line in lines if line.lstrip().startswith("Caused by: ")]
    if causes:
        return causes[-1].removeprefix("Caused by: ")
    if any(line.startswith("\tat ") for line in lines):
        return next((line for line in lines if line.startswith(": ")), lines[0]).removeprefix(": ")
    said = noise.strip().splitlines()[-LAST_LINES:]
    return "\n".join([*said, f"{type(error).__name__}: {error}"])


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    # Not sys.exit: PyFlink's finalizers start threads, which Python 3.12 refuses at shutdown with a traceback.
    os._exit(code)
