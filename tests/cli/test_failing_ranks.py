#!/usr/bin/python3
"""Ranks that stop, die or cannot read: the job ends in bounded time, with one line that says why, and leaves nothing."""
import os
import signal
import subprocess
import time
import unittest

import harness

harness.require("numpy", "h5py")
import h5py  # noqa: E402
import networks  # noqa: E402
import numpy as np  # noqa: E402

BOUND_SECONDS = 30


def children(pid):
    """All processes below this one."""
    found, parents = [], {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                parents[int(name)] = int(file.read().rpartition(")")[2].split()[1])
        except (OSError, IndexError):
            continue
    todo = [pid]
    while todo:
        parent = todo.pop()
        mine = [child for child, its in parents.items() if its == parent]
        found += mine
        todo += mine
    return found


def rank_of(pid):
    """The rank of a process of Tally's own; None for others."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            variables = dict(entry.split(b"=", 1) for entry in file.read().split(b"\0") if b"=" in entry)
        if os.path.basename(os.readlink(f"/proc/{pid}/exe")) == os.path.basename(harness.TALLY):
            return int(variables[b"OMPI_COMM_WORLD_RANK"])
    except (OSError, KeyError, ValueError):
        pass
    return None


@unittest.skipIf(harness.MPIEXEC is None, "no mpiexec")
class FailingRanks(harness.TallyTest):
    def setUp(self):
        super().setUp()
        random = np.random.default_rng(41)
        self.model, self.data = self.path("model.h5"), self.path("data.h5")
        # Some ten seconds of work for one thread.
        networks.write_native(self.model, [networks.random_layer(random, 50, 2000, "tanh"),
                                           networks.random_layer(random, 2000, 2000, "tanh"),
                                           networks.random_layer(random, 2000, 5, "softmax")])
        with h5py.File(self.data, "w") as file:
            file.create_dataset("inputs", data=random.standard_normal((400_000, 50)).astype(np.float32),
                                chunks=(1000, 50), compression="gzip", compression_opts=1)
            file["labels"] = random.integers(0, 5, 400_000)

    def start(self, np_, *options):
        command = [harness.MPIEXEC, "--oversubscribe", "--bind-to", "none", "-n", str(np_), harness.TALLY, "evaluate",
                   "--model", self.model, "--data", self.data, "--threads", "1", "--predictions",
                   self.path("predictions.h5"), *options]
        job = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               text=True, errors="replace")
        self.addCleanup(lambda: (job.kill(), job.communicate(timeout=BOUND_SECONDS)) if job.returncode is None else None)
        return job

    def ranks(self, job, np_):
        """{rank: pid}, once all are at work."""
        for _ in range(200):
            # A rank begins with children of its own, which try the kernels.
            found = {rank_of(pid): pid for pid in sorted(children(job.pid), reverse=True)}
            found.pop(None, None)
            if len(found) == np_:
                time.sleep(2)
                return found
            time.sleep(0.05)
        self.fail("the ranks do not start")

    def ends(self, job, pids, started):
        """The lines of stderr that are Tally's, once the job has ended."""
        try:
            _, stderr = job.communicate(timeout=BOUND_SECONDS)
        except subprocess.TimeoutExpired:
            job.kill()
            self.fail("the job does not end")
        for pid in pids.values():
            for _ in range(100):
                if rank_of(pid) is None:
                    break
                time.sleep(0.1)
            else:
                os.kill(pid, signal.SIGKILL)
                self.fail(f"process {pid} outlives the job")
        self.assertNotEqual(job.returncode, 0)
        self.assertLess(time.monotonic() - started, BOUND_SECONDS)
        return harness.error_lines(stderr), stderr

    def test_a_rank_that_stops(self):
        for np_ in (2, 3):
            with self.subTest(np=np_):
                job = self.start(np_, "--stall-timeout", "3")
                pids = self.ranks(job, np_)
                # All others as well, so that nothing comes back any more; the root remains.
                for rank in range(1, np_):
                    os.kill(pids[rank], signal.SIGSTOP)
                started = time.monotonic()
                try:
                    lines, stderr = self.ends(job, {0: pids[0]}, started)
                finally:
                    for rank in range(1, np_):
                        try:
                            os.kill(pids[rank], signal.SIGKILL)
                        except ProcessLookupError:
                            pass
                self.assertEqual(len([line for line in lines if line.startswith("tally: ")]), 1, stderr)
                self.assertRegex(stderr, r"tally: no progress for .* s: rank \d does not return rows")
                self.assertFalse(os.path.exists(self.path("predictions.h5")))


if __name__ == "__main__":
    unittest.main(verbosity=2)
