"""Flink's REST interface: jobs, their states, and why one failed."""

import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Iterable
from http.client import HTTPException
from typing import Any, Final

from millpond.plan.errors import DeployError

TIMEOUT: Final = 10.0
ENDS_WITHIN: Final = 60.0
POLL_S: Final = 0.2
# Not SUSPENDED: its JobManager no longer leads, and whichever leads next takes the job up from its last checkpoint.
ENDED: Final = frozenset({"FAILED", "CANCELED", "FINISHED"})


class FlinkCluster:
    """A Flink cluster given by its REST address."""

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")

    def get(self, path: str) -> Any:
        """The JSON answer of `GET path`."""
        return self._ask(urllib.request.Request(self.address + path))

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """The JSON answer of `POST path`."""
        return self._ask(self._with_body(path, body, "POST"))

    def patch(self, path: str) -> Any:
        """The JSON answer of `PATCH path`."""
        return self._ask(self._with_body(path, {}, "PATCH"))

    def _with_body(self, path: str, body: dict[str, Any], method: str) -> urllib.request.Request:
        headers = {"Content-Type": "application/json"}
        return urllib.request.Request(
            self.address + path, data=json.dumps(body).encode(), headers=headers, method=method
        )

    def _ask(self, request: urllib.request.Request) -> Any:
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
                return json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as cause:
            text = cause.read().decode(errors="replace")[:300]
            raise DeployError(
                f"Flink answered {cause.code} to {request.get_method()} {request.selector}: {text}",
                where=self.address,
                mend="see the JobManager's log",
            ) from cause
        except (OSError, HTTPException, ValueError) as cause:
            raise DeployError(
                f"Flink does not answer: {cause}", where=self.address, mend="check the address, and `millpond status`"
            ) from cause

    def jobs(self) -> dict[str, str]:
        """Job id -> state of every job the cluster knows."""
        return {job["id"]: job["status"] for job in self.get("/jobs")["jobs"]}

    def alive(self) -> set[str]:
        """The ids of the jobs that have not ended."""
        return {job_id for job_id, state in self.jobs().items() if state not in ENDED}

    def end(self, job_ids: Iterable[str]) -> None:
        """Cancel jobs, and wait until they have ended.

        Raises:
            DeployError: one of them does not end in time.
        """
        wanted = frozenset(job_ids)
        for job_id in self.alive() & wanted:
            self.cancel(job_id)
        deadline = time.monotonic() + ENDS_WITHIN
        while left := self.alive() & wanted:
            if time.monotonic() > deadline:
                raise DeployError(
                    f"a job does not end within {ENDS_WITHIN:.0f} s",
                    where=" ".join(sorted(left)),
                    mend="see Flink's page",
                )
            time.sleep(POLL_S)

    def is_running(self, job_id: str) -> bool:
        """True once every task of the job runs.

        Raises:
            DeployError: the job ended instead; says why.
        """
        job = self.get(f"/jobs/{job_id}")
        if job["state"] in ENDED:
            raise DeployError(
                f"the job is {job['state']}: {self.why_failed(job_id)}",
                where=job["name"],
                mend="see the JobManager's log",
            )
        return job["state"] == "RUNNING" and all(vertex["status"] == "RUNNING" for vertex in job["vertices"])

    def why_failed(self, job_id: str) -> str:
        """The innermost cause of a job's last failure; empty where it had none."""
        entries = self.get(f"/jobs/{job_id}/exceptions")["exceptionHistory"]["entries"]
        lines = entries[0]["stacktrace"].splitlines() if entries else []
        causes = [line for line in lines if line.startswith("Caused by:")] or lines[:1]
        return causes[-1].removeprefix("Caused by: ") if causes else ""

    def source_offsets(self, job_id: str, topic: str) -> dict[int, int]:
        """Partition -> the next offset the job reads, of the partitions it has read from since its last restart."""
        escaped = re.escape(topic).replace(r"\.", "[._]")
        metric = re.compile(rf".*KafkaSourceReader\.topic\.{escaped}\.partition\.(\d+)\.currentOffset")
        reached: dict[int, int] = {}
        for vertex in self.get(f"/jobs/{job_id}")["vertices"]:
            # The source is chained first: its vertex is named after it.
            if not vertex["name"].startswith("Source:"):
                continue
            path = f"/jobs/{job_id}/vertices/{vertex['id']}/metrics"
            known = [entry["id"] for entry in self.get(path)]
            partitions = {name: int(found[1]) for name in known if (found := metric.fullmatch(name))}
            if not partitions:
                continue
            for entry in self.get(f"{path}?get={','.join(partitions)}"):
                partition = partitions[entry["id"]]
                reached[partition] = max(reached.get(partition, 0), int(entry["value"]) + 1)
        return reached

    def checkpoint_folder(self) -> str:
        """The address of the folder that checkpoints are kept in; empty where the cluster keeps them nowhere."""
        config: dict[str, str] = {entry["key"]: entry["value"] for entry in self.get("/jobmanager/config")}
        return config.get("execution.checkpointing.dir", "")

    def cancel(self, job_id: str) -> None:
        """Ask a job to stop."""
        self.patch(f"/jobs/{job_id}?mode=cancel")
