"""One run of the benchmark: who takes part, the rounds in which they take turns, and what comes of it."""
import os
import shlex
import sys

import agreement
import cases
import machine
import networks
import peer_processes
import results
import tally_program

# Of Tally, whose throughput they should not change.
BATCH_SIZES = (1, 10, 100, 1000, 10000)


class Run:
    """Files and processes live as long as `folder` and `stack`."""

    def __init__(self, options, folder, stack):
        self.options, self.folder, self.stack = options, folder, stack
        self.chosen = [case for case in cases.CASES if case.name in options.networks]
        self.measurements, self.children, self.absent = [], {}, {}
        self.tally = tally_program.Tally(options.tally, folder)
        self.machine = machine.description()
        self.peers = []

    def find(self):
        """Which of those asked for are there."""
        reasons = {"tally": self.tally.missing()}
        reasons.update({peer: peer_processes.missing(peer, self.options.onnxruntime_node)
                        for peer in self.options.peers})
        self.absent = {name: reason for name, reason in reasons.items() if reason}
        self.peers = [peer for peer in self.options.peers if peer not in self.absent]

    def prepare(self):
        for case in self.chosen:
            layers = cases.layers_of(case)
            networks.write_native(case.model(self.folder), layers)
            if "onnxruntime" in self.peers:
                cases.write_onnx(case.onnx_model(self.folder), case, layers)
        rows = os.path.join(self.folder, "rows")
        cases.write_rows(rows, self.options.row_bytes)
        blis = peer_processes.blis_kernels()
        for peer in self.peers:
            for threads in self.options.threads:
                child = peer_processes.start(peer, threads, rows, self.options.onnxruntime_node, blis)
                self.stack.callback(child.close)
                self.children[peer, threads] = child

    def versions(self):
        found = {} if "tally" in self.absent else {"tally": self.tally.version()}
        for peer in self.peers:
            info = self.children[peer, self.options.threads[0]].ask({"do": "info"})
            found[peer] = [info.pop("version")] + [f"{key} {' '.join(value) if isinstance(value, list) else value}"
                                                   for key, value in info.items()]
        if "onnxruntime" in self.peers:
            import onnx
            found["onnx"] = onnx.__version__
        return {**machine.own_versions(), **found}

    def model_of(self, peer, case):
        return case.onnx_model(self.folder) if peer == "onnxruntime" else case.model(self.folder)

    def agree(self):
        lines = []
        for case in self.chosen:
            expected = agreement.Agreement(case, self.folder)
            if "tally" not in self.absent:
                lines.append(expected.tally(self.tally))
            lines += [expected.peer(peer, child, self.model_of(peer, case))
                      for (peer, threads), child in self.children.items() if threads == max(self.options.threads)]
        return lines

    def measure_peer(self, peer, case, threads, number):
        for batch in case.batches[:1] if self.options.quick else case.batches:
            answer = self.children[peer, threads].ask(
                {"do": "measure", "model": self.model_of(peer, case), "inputs": case.widths[0], "batch_size": batch,
                 "seconds": self.options.seconds}, timeout=60 + 10 * self.options.seconds)
            self.add(peer, case, threads, number, "float32", batch, answer["samples"] / answer["seconds"])

    def measure_tally(self, case, threads, number, input_dtype="float32", batch=None):
        report = self.tally.bench(case.model(self.folder), threads, self.options.seconds, input_dtype, batch)
        self.add("tally", case, threads, number, input_dtype, batch, report["samples_per_second"], report)

    def add(self, peer, case, threads, number, input_dtype, batch, rate, report=None):
        self.measurements.append({**(report or {}), "network": case.name, "peer": peer, "threads": threads, "round": number,
                                  "input_dtype": input_dtype, "batch_size": batch, "samples_per_second": rate})

    def one_round(self, number):
        """Everyone once, each round beginning with another one."""
        turns = [lambda case, threads, peer=peer: self.measure_peer(peer, case, threads, number) for peer in self.peers]
        if "tally" not in self.absent:
            turns += [lambda case, threads, dtype=dtype: self.measure_tally(case, threads, number, dtype)
                      for dtype in ("float32", "uint8")]
        first = number % max(1, len(turns))
        for case in self.chosen:
            for threads in self.options.threads:
                for turn in turns[first:] + turns[:first]:
                    turn(case, threads)
        if self.options.batch_sizes and "tally" not in self.absent:
            for size in BATCH_SIZES:
                self.measure_tally(self.chosen[0], max(self.options.threads), number, batch=size)

    def document(self, versions, agreed):
        """Everything, for programs; the table is printed from it."""
        found, options = results.Results(self.measurements), self.options
        lines = {case.name: [line for threads in options.threads
                             for line in results.rows_of_network(found, case, threads, self.peers)]
                 for case in self.chosen}
        document = {"command": shlex.join(["peers.py", *sys.argv[1:]]), "machine": self.machine, "versions": versions,
                    "rounds": options.rounds, "seconds": options.seconds, "row_bytes": options.row_bytes,
                    "absent": self.absent, "agreement": agreed, "networks": lines, "measurements": self.measurements}
        if options.batch_sizes and "tally" not in self.absent:
            document["batch_sizes"] = results.batch_spread(found, self.chosen[0], max(options.threads), BATCH_SIZES)
        return document
