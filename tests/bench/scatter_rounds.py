"""One run of the scatter benchmark: the files, the rounds in which all take turns, whether all results are equal."""
import json
import math
import os
import sys

import cases
import networks
import peer_processes
from child import Child, PeerFailed
from scatter_files import Files
from tally_program import TallyFailed

TEXTBOOK_BATCHES = (100, 1000, 10000)
TEXTBOOK_SECONDS = 300
PILOT_RUNS = 3
RUN_PART = ("run", "performance", "warnings")
# A row whose two best classes are nearly equal may fall either way in NumPy; one of a thousand is another network.
TEXTBOOK_DISAGREEMENT = 1e-3

# (name of the measurement, file, ranks, threads)
SINGLE = (("uint8 1 x 2", "uint8", 1, 2), ("float32 1 x 2", "float32", 1, 2), ("gzip 1 x 2", "gzip", 1, 2))
RANKS = tuple((f"{data} {ranks} x {threads}", data, ranks, threads) for data in ("uint8_repeated", "gzip_repeated")
              for ranks, threads in ((1, 2), (2, 1), (4, 1)))


class Rounds:
    """Files and processes live as long as `folder` and `stack`."""

    def __init__(self, options, tally, folder, stack):
        self.options, self.tally, self.stack = options, tally, stack
        self.case = cases.CASES[0]
        self.model = self.case.model(folder)
        self.files = Files(folder, options.rows)
        self.measurements, self.results = [], {}
        self.textbook = None

    def prepare(self):
        networks.write_native(self.model, cases.layers_of(self.case))
        print("writing the files", file=sys.stderr)
        self.files.write()
        self.files.settle()
        # Not faster than from memory; how fast chunks are inflated, the best of some runs says.
        rates = {"uint8": self.tally.bench(self.model, 2, self.options.seconds, "uint8")["samples_per_second"],
                 "gzip": max(self.evaluate("gzip", 1, 2)["samples_per_second"] for _ in range(PILOT_RUNS))}
        for data, rate in rates.items():
            self.files.repeat(data, max(2, math.ceil(self.options.run_seconds * rate / self.files.rows)))
        self.files.settle()
        self.textbook = Child("h5py + NumPy", [sys.executable, "-B", os.path.join(os.path.dirname(__file__),
                                                                                  "textbook_loop.py")],
                              peer_processes.environment(2, peer_processes.blis_kernels()))
        self.stack.callback(self.textbook.close)

    def evaluate(self, data, ranks, threads):
        """The performance of one run; its result has to be that of all others of the file."""
        self.files.warm(data)
        report = self.tally.evaluate(self.model, self.files.paths[data], threads, ranks)
        result = {key: json.dumps(value) for key, value in report.items() if key not in RUN_PART}
        first = self.results.setdefault(data, result)
        for key in sorted(first.keys() | result.keys()):
            if first.get(key) != result.get(key):
                raise TallyFailed(f"{data}: {key} with {ranks} ranks of {threads} threads is {result.get(key)}, "
                                  f"and was {first.get(key)}")
        return report["performance"]

    def check_same_rows(self):
        """The files that hold the same rows have the same result, but for what it says of the file."""
        for data in ("float32", "gzip"):
            for key, value in self.results["uint8"].items():
                if key != "data" and self.results[data].get(key) != value:
                    raise TallyFailed(f"{key} of {data} is {self.results[data].get(key)}, of uint8 {value}")

    def add(self, what, number, rate, **figures):
        self.measurements.append({"what": what, "round": number, "samples_per_second": rate, **figures})

    def measure_bench(self, number, input_dtype):
        report = self.tally.bench(self.model, 2, self.options.seconds, input_dtype)
        self.add(f"bench {input_dtype}", number, report["samples_per_second"])

    def measure_run(self, number, what, data, ranks, threads):
        performance = self.evaluate(data, ranks, threads)
        rate = self.files.rows_of[data] / performance["wall_seconds"]
        self.add(what, number, rate, ranks=ranks, performance=performance)

    def measure_textbook(self, number, data, batch):
        self.files.warm(data)
        answer = self.textbook.ask({"do": "measure", "model": self.model, "data": self.files.paths[data],
                                    "rows": self.options.textbook_rows, "batch_size": batch}, TEXTBOOK_SECONDS)
        self.add(f"textbook {data} {batch}", number, answer["samples"] / answer["seconds"], hits=answer["hits"])

    def check_textbook(self):
        """That the loop does the same work."""
        rows = self.options.textbook_rows
        report = self.tally.evaluate(self.model, self.files.paths["uint8"], 2, limit=rows)
        for measured in self.measurements:
            if abs(measured.get("hits", report["correct"]) - report["correct"]) > TEXTBOOK_DISAGREEMENT * rows:
                raise PeerFailed(f"{measured['what']}: {measured['hits']} of {rows} hits, Tally {report['correct']}")

    def one_round(self, number):
        """Everyone once, each round beginning with another one; what is compared with each other stands together."""
        turns = [lambda: self.measure_bench(number, "uint8"),
                 lambda: self.measure_run(number, *SINGLE[0]),
                 lambda: self.measure_run(number, *SINGLE[1]),
                 lambda: self.measure_bench(number, "float32"),
                 lambda: self.measure_run(number, *SINGLE[2])]
        turns += [lambda data=data, batch=batch: self.measure_textbook(number, data, batch)
                  for data in ("gzip", "uint8") for batch in TEXTBOOK_BATCHES]
        turns += [lambda run=run: self.measure_run(number, *run) for run in RANKS]
        first = number * len(turns) // max(1, self.options.rounds)
        for turn in turns[first:] + turns[:first]:
            turn()
