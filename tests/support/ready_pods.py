"""How many pods of a service are ready, followed event by event: a poll would miss a gap."""

import json
import subprocess
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self


class ReadyPods:
    """Follows the pods while the block lasts; `fewest` is the least that were ready at once."""

    def __init__(self, kubectl: Path, kubeconfig: Path, service: str, wanted: int = 2) -> None:
        self._wanted = wanted
        self._command = [
            str(kubectl), "--kubeconfig", str(kubeconfig), "get", "pods", "--namespace", "manpasik",
            "--selector", f"app.kubernetes.io/name={service}", "--watch", "--output-watch-events",
            "--output", "json",
        ]  # fmt: skip
        self._ready: dict[str, bool] = {}
        self._complete = threading.Event()
        self.counts: list[int] = []

    @property
    def fewest(self) -> int:
        """The least that were ready at once."""
        return min(self.counts)

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        if not self._complete.wait(20):
            self.__exit__(None, None, None)
            raise AssertionError(f"fewer than {self._wanted} pods are ready: {self._ready}")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.terminate()
        self._process.wait()
        self._thread.join()

    def _read(self) -> None:
        assert self._process.stdout
        with self._process.stdout as lines:
            for line in lines:
                event = json.loads(line)
                self._take(event["type"], event["object"])

    def _take(self, event: str, pod: dict[str, Any]) -> None:
        conditions = pod.get("status", {}).get("conditions", [])
        ready = any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)
        leaves = event == "DELETED" or "deletionTimestamp" in pod["metadata"]
        self._ready[pod["metadata"]["name"]] = ready and not leaves
        # The first events tell of the pods that are there, one by one: no gap of the service.
        if self._complete.is_set() or sum(self._ready.values()) >= self._wanted:
            self.counts.append(sum(self._ready.values()))
            self._complete.set()
