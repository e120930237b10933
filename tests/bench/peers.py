#!/usr/bin/python3
"""Tally's forward pass beside ONNX Runtime, NumPy and PyTorch: the same networks, rows from memory, side by side.

Everything takes turns, round by round, each for a fixed time without start-up and warm-up. A peer is tried at several
batch sizes, of which its best counts. Exit code 0: done, whatever the goals; 1: something failed, or the peers do not
compute the same thing; 77: --quick, and something is missing (1 with TALLY_REQUIRE_ORACLES=1).
"""
import argparse
import contextlib
import json
import os
import sys
import tempfile
import time

from skipping import EXIT_SKIPPED, exit_code, oracles_required

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(SOURCE, "tests", "cli"))

try:
    import cases
    import peer_processes
    import table
    from child import PeerFailed
    from side_by_side import BATCH_SIZES, Run
    from tally_program import TallyFailed
except ModuleNotFoundError as error:
    print(f"peers.py needs the Python module {error.name}")
    sys.exit(exit_code())


def words(known):
    """A type for argparse: some of the known words, separated by commas."""
    def parse(text):
        chosen = text.split(",")
        unknown = [word for word in chosen if word not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: not among {', '.join(known)}")
        return chosen
    return parse


def parse_arguments():
    names = [case.name for case in cases.CASES]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tally", metavar="PROGRAM",
                        default=os.environ.get("TALLY") or os.path.join(SOURCE, "build", "pipeline", "tally"),
                        help="default: $TALLY, or build/pipeline/tally")
    parser.add_argument("--networks", type=words(names), metavar="N[,N...]", help="default: " + ",".join(names))
    parser.add_argument("--peers", type=words(peer_processes.PEERS), default=list(peer_processes.PEERS),
                        metavar="P[,P...]", help="default: " + ",".join(peer_processes.PEERS))
    parser.add_argument("--threads", type=lambda text: [int(word) for word in text.split(",")], default=[1, 2],
                        metavar="T[,T...]", help="default: 1,2")
    parser.add_argument("--rounds", type=int, help="default: 5")
    parser.add_argument("--seconds", type=float, help="of each measurement, default: 1")
    parser.add_argument("--batch-sizes", action="store_true",
                        help="also Tally at batch sizes " + ", ".join(map(str, BATCH_SIZES)) + ", on the first network")
    parser.add_argument("--onnxruntime-node", default=os.environ.get("TALLY_ONNXRUNTIME_NODE", ""), metavar="FOLDER",
                        help="holds node_modules with onnxruntime-node; default: $TALLY_ONNXRUNTIME_NODE, or what Node "
                             "finds from the current folder")
    parser.add_argument("--json", metavar="FILE", help="write everything for programs")
    parser.add_argument("--quick", action="store_true", help="small sizes that try everything and measure nothing")
    options = parser.parse_args()
    quick = options.quick
    options.networks = options.networks or (list(cases.QUICK_CASES) if quick else names)
    options.rounds = options.rounds or (1 if quick else 5)
    options.seconds = options.seconds or (0.02 if quick else 1.0)
    options.row_bytes = cases.ROW_BYTES // 64 if quick else cases.ROW_BYTES
    return options


def progress(run):
    for number in range(run.options.rounds):
        start = time.monotonic()
        run.one_round(number)
        print(f"round {number + 1} of {run.options.rounds}: {time.monotonic() - start:.0f} s", file=sys.stderr)


def show(run, document):
    table.head(document)
    table.measured(document)
    for name, reason in document["absent"].items():
        print(f"skipped     {name}: {reason}")
    table.agreement(document["agreement"])
    for case in run.chosen:
        table.network(case, document["networks"][case.name])
    if "batch_sizes" in document:
        table.batch_sizes(document["batch_sizes"])


def main():
    options = parse_arguments()
    with contextlib.ExitStack() as stack:
        run = Run(options, stack.enter_context(tempfile.TemporaryDirectory(prefix="tally-bench-")), stack)
        run.find()
        if run.absent and oracles_required():
            for name, reason in run.absent.items():
                print(f"peers.py: {name}: {reason}", file=sys.stderr)
            return 1
        try:
            run.prepare()
            versions, agreed = run.versions(), run.agree()
            progress(run)
        except (PeerFailed, TallyFailed) as failure:
            print(f"peers.py: {failure}", file=sys.stderr)
            return 1
        document = run.document(versions, agreed)
    show(run, document)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(document, file, indent=1)
    if not all(line["passed"] for line in agreed):
        print("peers.py: the peers do not compute the same thing", file=sys.stderr)
        return 1
    return EXIT_SKIPPED if options.quick and run.absent else 0


if __name__ == "__main__":
    sys.exit(main())
