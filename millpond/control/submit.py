"""Hand a job to Flink: render its SQL, and let the entry point in Flink's own environment submit it."""

import json
import os
import secrets
import subprocess
import tempfile
from pathlib import Path
from typing import Final

import msgspec
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError
from httpx2 import HTTPError  # what confluent-kafka's client raises for a registry that does not answer

from millpond.control.settings import Settings, find_root
from millpond.plan.errors import DeployError
from millpond.plan.model import SourcePlan
from millpond.sql.flink_tables import Target
from millpond.sql.job_sql import JobSql

ENTRY_POINT: Final = Path("jobs") / "submit.py"
WITHIN_S: Final = 180.0
FIXED_JOB_ID: Final = "$internal.pipeline.job-id"  # PipelineOptionsInternal.PIPELINE_FIXED_JOB_ID


def source_schema_id(settings: Settings, source: SourcePlan) -> int:
    """The id under which the registry knows the source's own schema.

    The decoder asks for it before it believes that any id is unknown: a registry that lost its schemas must not turn
    good events into dead letters.

    Raises:
        DeployError: the registry does not answer, or has no schema for the topic.
    """
    subject = f"{source.topic}-value"
    try:
        with SchemaRegistryClient({"url": settings.registry}) as registry:
            found: int | None = registry.get_latest_version(subject).schema_id
    except SchemaRegistryError as cause:
        raise DeployError(
            f"the registry has no schema for it: {cause.error_message}",
            where=f"source {source.name!r}, subject {subject}",
            mend="register the topic's schema; its producer usually does",
        ) from cause
    except (OSError, HTTPError) as cause:
        raise DeployError(
            f"the registry does not answer: {cause}", where=settings.registry, mend="check the address"
        ) from cause
    assert found is not None, "a registered schema has an id"
    return found


def target_of(settings: Settings, *, schema_id: int) -> Target:
    """Where a job runs: what Flink's tasks connect to may have other names there than here."""
    return Target(
        ns=settings.ns,
        kafka=settings.flink_kafka or settings.kafka,
        registry=settings.flink_registry or settings.registry,
        schema_id=schema_id,
        parallelism=settings.parallelism,
    )


def new_job_id() -> str:
    """An id for a Flink job."""
    return secrets.token_hex(16)


def submit_sql(settings: Settings, rendered: JobSql, *, job_id: str = "", checkpoint: str = "") -> str:
    """Start a job on the cluster; returns Flink's id of it.

    Args:
        job_id: the id it is to have; whoever submits it again, later or still, is refused. Drawn where empty.
        checkpoint: the address of a retained checkpoint to go on from; all of its state must be claimed.

    Raises:
        DeployError: there is no Flink client here, or the cluster refused the job; says why.
    """
    job_id = job_id or new_job_id()
    for name in ("flink_home", "flink_python", "java_home"):
        if not getattr(settings, name):
            raise DeployError(
                f"nothing says where {name} is", mend=f"set it in millpond.toml or as MILLPOND_{name.upper()}"
            )
    given = {FIXED_JOB_ID: job_id} | ({"execution.state-recovery.path": checkpoint} if checkpoint else {})
    job = msgspec.structs.replace(rendered, config=rendered.config | given)
    with tempfile.TemporaryDirectory(prefix="millpond-") as folder:
        spec = Path(folder) / "job.json"
        spec.write_bytes(msgspec.json.encode(job))
        try:
            done = subprocess.run(
                [settings.flink_python, str(find_root() / ENTRY_POINT), str(spec), "--rest", settings.flink],
                env={**os.environ, **_client_environment(settings), "FLINK_LOG_DIR": folder},
                cwd=folder,
                capture_output=True,
                text=True,
                timeout=WITHIN_S,
                check=False,
            )
        except subprocess.TimeoutExpired as cause:
            raise DeployError(
                f"Flink did not take the job within {WITHIN_S:.0f} s",
                where=job.name,
                mend="see `millpond doctor`, then run the same command again: it is the same job",
            ) from cause
    if done.returncode != 0:
        raise DeployError(f"Flink refused the job: {done.stderr.strip()[-2000:]}", where=job.name, mend="see above")
    given_id = json.loads(done.stdout.splitlines()[-1])["job_id"]
    if given_id != job_id:
        raise DeployError(
            f"Flink runs it as {given_id}, not as {job_id}",
            where=job.name,
            mend=f"cancel it; this Flink does not know {FIXED_JOB_ID}, use the version in requirements/flink.txt",
        )
    return job_id


def _client_environment(settings: Settings) -> dict[str, str]:
    environment = {"FLINK_HOME": settings.flink_home, "JAVA_HOME": settings.java_home}
    return environment | ({"FLINK_CONF_DIR": settings.flink_conf} if settings.flink_conf else {})
