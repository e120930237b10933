#!/usr/bin/python3
"""Tally from a file to the reduced result, against its goals: rows from the page cache, compressed rows, several ranks.

Makes its files (10 GB, deleted at the end), then everything takes turns, round by round; ratios are taken within a
round. Exit code 0: done, whatever the goals; 1: something failed, or results differ; 77: --quick, and something is
missing (1 with TALLY_REQUIRE_ORACLES=1).
"""
import argparse
import contextlib
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

from skipping import exit_code

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(SOURCE, "tests", "cli"))

try:
    import machine
    import scatter_goals
    import scatter_table
    from child import PeerFailed
    from scatter_rounds import Rounds
    from tally_program import CALL_SECONDS, Tally, TallyFailed
except ModuleNotFoundError as error:
    print(f"scatter.py needs the Python module {error.name}")
    sys.exit(exit_code())

ROWS, QUICK_ROWS = 1_000_000, 20_000
FILE_BYTES_PER_ROW = 10_000  # of all files together, generously


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tally", metavar="PROGRAM",
                        default=os.environ.get("TALLY") or os.path.join(SOURCE, "build", "pipeline", "tally"),
                        help="default: $TALLY, or build/pipeline/tally")
    parser.add_argument("--folder", metavar="FOLDER", help="where a temporary folder is made; default: the system's")
    parser.add_argument("--rows", type=int, help=f"of each file that is not repeated, default: {ROWS:,}")
    parser.add_argument("--rounds", type=int, help="default: 5")
    parser.add_argument("--seconds", type=float, help="of each `tally bench`, default: 1")
    parser.add_argument("--run-seconds", type=float, help="the least that a run on repeated rows takes, default: 3.5")
    parser.add_argument("--textbook-rows", type=int, help="rows of h5py + NumPy, default: 100,000")
    parser.add_argument("--json", metavar="FILE", help="write everything for programs")
    parser.add_argument("--quick", action="store_true", help="small sizes that try everything and measure nothing")
    options = parser.parse_args()
    quick = options.quick
    options.rows = options.rows or (QUICK_ROWS if quick else ROWS)
    options.rounds = options.rounds or (1 if quick else 5)
    options.seconds = options.seconds or (0.02 if quick else 1.0)
    options.run_seconds = options.run_seconds or (0.05 if quick else 3.5)
    options.textbook_rows = min(options.textbook_rows or (2000 if quick else 100_000), options.rows)
    return options


def missing(tally, folder, options):
    """What is missing, in words, or None."""
    if shutil.which("mpirun") is None:
        return "no mpirun on the PATH"
    free, needed = shutil.disk_usage(folder).free, options.rows * FILE_BYTES_PER_ROW
    if free < needed:
        return f"{needed / 1e9:.0f} GB are needed in {folder}, and {free / 1e9:.0f} GB are free (see --folder)"
    return tally.missing()


def versions(tally, textbook):
    info = textbook.ask({"do": "info"})
    mpirun = subprocess.run(["mpirun", "--version"], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                            timeout=CALL_SECONDS, check=False).stdout.splitlines()
    return {"tally": tally.version(), **machine.own_versions(), "mpirun": mpirun[0] if mpirun else "unknown",
            "numpy": [info["version"], "BLAS " + " ".join(info["BLAS"]), "BLIS_ARCH_TYPE " + info["BLIS_ARCH_TYPE"]]}


def measure(options, tally, folder, stack):
    """The document: everything that is printed, and every measurement."""
    description = machine.description()
    rounds = Rounds(options, tally, folder, stack)
    rounds.prepare()
    found = versions(tally, rounds.textbook)
    for number in range(options.rounds):
        start = time.monotonic()
        rounds.one_round(number)
        print(f"round {number + 1} of {options.rounds}: {time.monotonic() - start:.0f} s", file=sys.stderr)
    rounds.check_textbook()
    rounds.check_same_rows()
    model_bytes = os.path.getsize(rounds.model)
    return {"command": shlex.join(["scatter.py", *sys.argv[1:]]), "machine": description, "versions": found,
            "rounds": options.rounds, "seconds": options.seconds, "network": rounds.case.name,
            "textbook_rows": options.textbook_rows, "files": rounds.files.description(),
            "lines": scatter_goals.lines(rounds.measurements, model_bytes), "measurements": rounds.measurements}


def main():
    # mpirun refuses root, which is all there is in many a container.
    os.environ.update(OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
    options = parse_arguments()
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="tally-scatter-", dir=options.folder))
        tally = Tally(options.tally, folder)
        reason = missing(tally, folder, options)
        if reason:
            print(f"scatter.py: {reason}", file=sys.stderr)
            return exit_code() if options.quick else 1
        try:
            document = measure(options, tally, folder, stack)
        except (PeerFailed, TallyFailed) as failure:
            print(f"scatter.py: {failure}", file=sys.stderr)
            return 1
    scatter_table.show(document)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(document, file, indent=1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
