"""How the tests start Tally from outside: always bounded in time, always in a temporary folder.

A test that needs an oracle module calls require() first: without it the whole script is skipped (exit code 77), or
fails where TALLY_REQUIRE_ORACLES is set.
"""
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

TALLY = os.environ["TALLY"]
MPIEXEC = os.environ.get("TALLY_MPIEXEC") or shutil.which("mpiexec")
REFERENCE_DATA = os.environ.get("TALLY_REFERENCE_DATA", "")
DATA = os.path.join(os.environ["TALLY_SOURCE_DIR"], "tests", "data")
DIGITS_MODEL = os.path.join(DATA, "digits_mlp.h5")
DIGITS = os.path.join(DATA, "digits_test.h5")

EXIT_SKIPPED = 77
TIMEOUT_SECONDS = 60


def oracles_required():
    return os.environ.get("TALLY_REQUIRE_ORACLES", "").upper() not in ("", "0", "OFF", "FALSE")


def require(*modules):
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if missing:
        print("needs the Python modules " + ", ".join(missing))
        sys.exit(1 if oracles_required() else EXIT_SKIPPED)


def run(args, np=None, timeout=TIMEOUT_SECONDS, stdout=subprocess.PIPE, folder=None, environment=None):
    """The finished process, its stderr (and stdout) as text. np None starts the program alone, without mpiexec."""
    command = [TALLY, *map(str, args)]
    if np is not None:
        command = [MPIEXEC, "--oversubscribe", "--bind-to", "none", "-n", str(np)] + command
    variables = {**os.environ, **(environment or {})}
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE, text=True,
                          errors="replace", timeout=timeout, cwd=folder, env=variables, check=False)


def run_ranks(environments, args, timeout=TIMEOUT_SECONDS):
    """The finished job of one rank for each of `environments`, variables that this rank alone sees."""
    command = [MPIEXEC, "--oversubscribe", "--bind-to", "none"]
    for i, variables in enumerate(environments):
        command += [":"] if i else []
        command += ["-np", "1"] + [word for pair in variables.items() for word in ("-x", "=".join(pair))]
        command += [TALLY, *map(str, args)]
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
                          timeout=timeout, check=False)


def run_ranks_in(folders, args, timeout=TIMEOUT_SECONDS):
    """The finished job of one rank for each of `folders`, its current one."""
    command = [MPIEXEC, "--oversubscribe", "--bind-to", "none"]
    for i, folder in enumerate(folders):
        command += [":"] if i else []
        command += ["-np", "1", "--wdir", folder, TALLY, *map(str, args)]
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
                          timeout=timeout, check=False)


def built_with_blis():
    return "BLIS   none" not in run(["--version"]).stdout


def result_part(report):
    """The bytes of a report before its run part. Cut as text: a parser would forgive differences in the digits."""
    head, separator, _ = report.partition(b'\n  "run": {')
    if not separator:
        raise AssertionError("the report has no run part")
    return head


def read_bytes(path):
    with open(path, "rb") as file:
        return file.read()


def error_lines(stderr):
    """Lines of stderr that are not the launcher's, and not Tally's warnings."""
    own = re.sub(r"(?ms)^-{20,}\n.*?^-{20,}\n", "", stderr)
    own = re.sub(r"(?m)^\[[\w.-]+:\d+\] .*\n", "", own)
    return [line for line in own.splitlines() if line.strip() and not line.startswith("tally: warning: ")]


class TallyTest(unittest.TestCase):
    """A test case with a folder of its own."""
    maxDiff = 4000

    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="tally-test-")
        self.addCleanup(holder.cleanup)
        self.folder = holder.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def tally(self, *args, np=None, **options):
        """Runs Tally, which must succeed and say nothing but warnings on stderr."""
        done = run(args, np=np, **options)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(error_lines(done.stderr), [])
        return done

    def evaluate(self, *args, np=None, predictions=False):
        """(bytes of the report, path of the predictions) of an evaluation."""
        report, rows = self.path("report.json"), self.path("predictions.h5")
        outputs = ["--report", report] + (["--predictions", rows] if predictions else [])
        self.tally("evaluate", *args, "--quiet", *outputs, np=np)
        return read_bytes(report), rows

    def assert_fails(self, args, *words, code=None, np=None, timeout=TIMEOUT_SECONDS, **options):
        """The contract of an error: code 1 or 2, one line that names the words, and an unchanged folder."""
        before = self.listing()
        done = run(args, np=np, timeout=timeout, **options)
        self.assertIn(done.returncode, (1, 2) if code is None else (code,), done.stderr)
        lines = error_lines(done.stderr)
        self.assertEqual(len(lines), 1, done.stderr)
        self.assertTrue(lines[0].startswith("tally: "), lines[0])
        self.assertNotIn("HDF5-DIAG", done.stderr)
        for word in words:
            self.assertIn(str(word), lines[0])
        self.assertEqual(self.listing(), before, "something was left behind or changed")
        return lines[0]

    def listing(self):
        """Every file of the folder with its bytes, every subfolder."""
        found = {}
        for root, folders, files in os.walk(self.folder):
            found.update({os.path.join(root, name): None for name in folders})
            found.update({os.path.join(root, name): read_bytes(os.path.join(root, name)) for name in files
                          if os.path.isfile(os.path.join(root, name))})
        return found
