"""What a test on the bed evaluates: the shipped digits, and what must hold for a report of it on several hosts."""
import json
import os
import unittest

import bed

ROOT = os.environ.get("TALLY_SOURCE_DIR") or os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
TALLY = os.environ.setdefault("TALLY", os.path.join(ROOT, "build", "pipeline", "tally"))
MPIRUN = os.path.join(ROOT, "jobs", "mpirun.sh")
SBATCH = os.path.join(ROOT, "jobs", "evaluate.sbatch")
_DATA = os.path.join(ROOT, "tests", "data")
DIGITS = ("--model", os.path.join(_DATA, "digits_mlp.h5"), "--data", os.path.join(_DATA, "digits_test.h5"),
          "--batch-size", "50", "--quiet")

_RUN_PART = ("run", "performance", "warnings")


class Evaluations(unittest.TestCase):
    maxDiff = None

    def report(self, name, launch):
        """Calls launch(the --report option) and returns the report it wrote."""
        path = f"{bed.FOLDER}/{name}.json"
        done = launch(["--report", path])
        self.assertEqual(done.returncode, 0, f"{done.stdout}\n{done.stderr}")
        with open(path, encoding="utf-8") as file:
            return json.load(file)

    def assert_scikit_learns_count(self, report):
        with open(os.path.join(_DATA, "digits_expected.json"), encoding="utf-8") as file:
            expected = json.load(file)
        self.assertEqual((report["correct"], report["samples"]), (expected["correct"], expected["samples"]))

    def assert_same_result(self, one, other):
        """The result part, text by text: floating-point numbers are written so that they read back to the same bits."""
        def result(report):
            return {key: json.dumps(value) for key, value in report.items() if key not in _RUN_PART}
        self.assertEqual(result(one), result(other))

    def assert_ran_on(self, report, hosts, ranks_per_host):
        self.assertEqual(report["run"]["ranks"], len(hosts) * ranks_per_host)
        self.assertEqual(sorted(set(report["run"]["hosts"])), [host.name for host in hosts])
