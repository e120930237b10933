"""Tally from outside: its benchmark, its probabilities, its version. Every call is bounded in time."""
import json
import os
import subprocess

import h5py

CALL_SECONDS = 120
EVALUATE_SECONDS = 300


class TallyFailed(Exception):
    """The program ended with an error or did not end in time."""


class Tally:
    def __init__(self, program, folder):
        self.program, self.folder = program, folder

    def run(self, args, timeout, launcher=()):
        command = [*launcher, self.program, *map(str, args)]
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout,
                                  check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise TallyFailed(str(error)) from error
        if done.returncode != 0:
            raise TallyFailed(f"{' '.join(command)}: exit code {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def missing(self):
        """What is missing, in words, or None."""
        try:
            help_text = self.run(["bench", "--help"], CALL_SECONDS)
        except TallyFailed as error:
            return f"no `tally bench`: {error}"
        # A Tally without the command shows its general help.
        return None if "--input-dtype" in help_text else "no `tally bench` in this version"

    def version(self):
        lines = self.run(["--version"], CALL_SECONDS).splitlines()
        return [" ".join(line.split()) for line in lines]

    def bench(self, model, threads, seconds, input_dtype="float32", batch_size=None):
        """Its report. `tally bench` promises to end within 3 S + 10 s; a busy machine gets twice that."""
        report = os.path.join(self.folder, "bench.json")
        args = ["bench", "--model", model, "--threads", threads, "--seconds", seconds, "--input-dtype", input_dtype,
                "--report", report]
        if batch_size is not None:
            args += ["--batch-size", batch_size]
        self.run(args, 2 * (3 * seconds + 10))
        with open(report, encoding="utf-8") as file:
            return json.load(file)

    def evaluate(self, model, data, threads, ranks=1, limit=None):
        """Its report. One rank is started alone, several by mpirun, more than there are cores as well."""
        report = os.path.join(self.folder, "evaluate.json")
        args = ["evaluate", "--model", model, "--data", data, "--threads", threads, "--quiet", "--report", report]
        if limit is not None:
            args += ["--limit", limit]
        launcher = ("mpirun", "--oversubscribe", "--bind-to", "none", "-np", str(ranks)) if ranks > 1 else ()
        self.run(args, EVALUATE_SECONDS, launcher)
        with open(report, encoding="utf-8") as file:
            return json.load(file)

    def probabilities(self, model, data):
        """(predicted [N], probabilities [N, K]) of a dataset."""
        output = os.path.join(self.folder, "predictions.h5")
        self.run(["evaluate", "--model", model, "--data", data, "--quiet", "--predictions", output, "--probabilities"],
                 CALL_SECONDS)
        with h5py.File(output, "r") as file:
            return file["predicted"][()], file["probabilities"][()]
