"""Jobs that Flink lost: which they are, what mends them, and the checkpoint one can go on from."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from millpond.control.cluster import ENDED, FlinkCluster
from millpond.plan.deployment import JobRecord
from millpond.plan.errors import DeployError
from millpond.plan.model import OUTAGE
from millpond.plan.windows import HOUR


def lost_jobs(jobs: Mapping[str, JobRecord], cluster: FlinkCluster) -> dict[str, str]:
    """Name -> what became of it, of every recorded job that Flink ended or does not know, and that is not retired."""
    states = cluster.jobs()
    wanted = [job for job in jobs.values() if job.state != "starting" and job.living]
    found = {job.name: states.get(job.flink_job_id, "GONE") for job in wanted}
    return {name: state for name, state in found.items() if state in {"GONE", *ENDED}}


def is_superseded(job: JobRecord, jobs: Mapping[str, JobRecord]) -> bool:
    """True where every fragment of a job is covered in a newer generation: nothing is read from it any more."""
    newest: dict[tuple[str, str, int], int] = {}
    for other in jobs.values():
        for fragment in other.living if other.state == "covered" else ():
            place = (fragment.domain, fragment.view, fragment.version)
            newest[place] = max(fragment.generation, newest.get(place, 0))
    return bool(job.living) and all(newest.get((f.domain, f.view, f.version), 0) > f.generation for f in job.living)


def mends(job: JobRecord, jobs: Mapping[str, JobRecord]) -> str:
    """The commands that mend a lost job."""
    if is_superseded(job, jobs):
        old = sorted({(f.view_name, f.version, f.generation) for f in job.living})
        commands = [f"`millpond retire {view} --version {v} --generation {g}`" for view, v, g in old]
        return f"nothing is read from it any more: {', '.join(commands)}"
    return f"`millpond deploy --resume` goes on from its last checkpoint; where there is none, `{rebuild_command(job)}`"


def rebuild_command(job: JobRecord) -> str:
    """What computes a job's views again, as new generations."""
    views = sorted({f.view_version for f in job.living})
    return f"millpond deploy {' '.join(f'--rebuild {view}' for view in views)}"


def last_checkpoint(job: JobRecord, root: str, *, now_ms: int) -> str:
    """The address of a lost job's last retained checkpoint.

    Args:
        root: the address of the folder that the cluster keeps checkpoints in.

    Raises:
        DeployError: there is none, it cannot be seen from here, or it is older than the state in it may be.
    """
    where, mend = f"job {job.name}", f"`{rebuild_command(job)}`"
    address = urlsplit(root)
    if address.scheme != "file":
        raise DeployError(
            f"its checkpoints are in {root or 'no folder'}, which cannot be looked into from here",
            where=where,
            mend=mend,
        )
    folder = Path(unquote(address.path)) / job.flink_job_id
    # A checkpoint is complete once it has its metadata.
    found = max(folder.glob("chk-*/_metadata"), key=lambda path: int(path.parent.name[4:]), default=None)
    if found is None and job.resumed_from:
        # It went on from that one, and was lost before it had one of its own.
        before = Path(unquote(urlsplit(job.resumed_from).path)) / "_metadata"
        found = before if before.is_file() else None
    if found is None:
        raise DeployError(f"there is no checkpoint of it in {folder}", where=where, mend=mend)
    age = now_ms - int(found.stat().st_mtime * 1000)
    if age > OUTAGE:
        raise DeployError(
            f"its last checkpoint is {age / HOUR:.0f} hours old, and state is kept for an outage of {OUTAGE // HOUR}: "
            "going on from it could count events twice or not at all",
            where=where,
            mend=mend,
        )
    return found.parent.as_uri()
