#!/usr/bin/python3
"""Over a link of 1 Gbit/s: Tally fills it, and what is stored compressed travels compressed.

--json FILE writes the figures. Speeds are asserted here, as nowhere else: the link is slower than any machine, and what
counts is how much of it is used. The cores have to feed it, so that a busy machine gets several attempts.
"""
import argparse
import json
import os
import sys
import unittest

import bed
import link
from evaluation import MPIRUN, TALLY, Evaluations

try:
    import wide_rows
except ModuleNotFoundError as error:
    bed.skip(f"needs the Python module {error.name}")

FILL_GOAL = 0.9  # of what a plain socket carries
COMPRESSED_GOAL = 0.8  # of the ratio of compression
COUNTER_TOLERANCE = 0.05  # TCP's and Ethernet's headers are 66 bytes of 1514
ATTEMPTS = 3
SOCKET_SECONDS = 1.0
RUN_SECONDS = {"plain": 4.0, "gzip": 2.0}
# One core evaluates so many times the rows that the link brings: the other rank waits for the link, and the root, which
# computes as well, does not end before the link has shown what it carries.
CORE_BY_LINK = 2.0
CALIBRATION_ROWS = 8 * wide_rows.BLOCK_ROWS
CALIBRATION_HIDDEN = 128
ROWS = 600_000  # of the files; 0.8 GB compressed

RUN_TIMEOUT = 90
FIGURES = {"attempts": {}}


class Link(Evaluations):
    @classmethod
    def setUpClass(cls):
        cls.hosts = cls.enterClassContext(bed.Bed(2))
        cls.delay_seconds = link.shape(cls.hosts)
        cls.rows, cls.compression = wide_rows.write(bed.FOLDER, ROWS)
        cls.socket = cls.socket_rate()
        FIGURES.update(rate=link.RATE, delay_seconds_each_way=cls.delay_seconds, compression=cls.compression,
                       row_bytes=wide_rows.INPUTS)

    @classmethod
    def socket_rate(cls):
        return link.measure(*cls.hosts, SOCKET_SECONDS)

    def one_core(self, data, hidden):
        """Seconds per row of one thread on one host."""
        model = f"{bed.FOLDER}/model.h5"
        wide_rows.write_model(model, hidden)
        report = self.report("calibration", lambda arguments: self.hosts[0].run(
            [TALLY, "evaluate", "--model", model, "--data", f"{bed.FOLDER}/{data}.h5", "--threads", "1", "--quiet",
             "--limit", str(CALIBRATION_ROWS), *arguments], timeout=RUN_TIMEOUT, env=bed.mpi_environment(),
            check=False, capture_output=True, text=True))
        return report["performance"]["wall_seconds"] / report["samples"]

    def fit(self, data, link_rows):
        """Writes a network as heavy as CORE_BY_LINK says; returns the bytes of its parameters and one core's rate."""
        bare, heavier = self.one_core(data, 0), self.one_core(data, CALIBRATION_HIDDEN)
        wanted = 1 / (CORE_BY_LINK * link_rows)
        per_unit = max(heavier - bare, 1e-3 * bare) / CALIBRATION_HIDDEN
        hidden = max(0, int((wanted - bare) / per_unit))
        return wide_rows.write_model(f"{bed.FOLDER}/model.h5", hidden), 1 / (bare + hidden * per_unit)

    def over_the_link(self, data, compression):
        """One run with a rank of one thread on either host, between two measurements of the link: its figures."""
        row_bytes = wide_rows.INPUTS / compression
        model_bytes, core_rows = self.fit(data, self.socket / row_bytes)
        limit = min(self.rows, int(RUN_SECONDS[data] * (core_rows + self.socket / row_bytes)))
        before = self.socket_rate()
        sent_before = link.bytes_out(self.hosts[0])
        report = self.report(data, lambda arguments: self.hosts[0].run(
            [MPIRUN, "-H", ",".join(host.name for host in self.hosts), "-N", "1", "-c", "1", "--bind-to", "none",
             "--model", f"{bed.FOLDER}/model.h5", "--data", f"{bed.FOLDER}/{data}.h5", "--limit", str(limit), "--quiet",
             *arguments], timeout=RUN_TIMEOUT, env=bed.mpi_environment(), check=False, capture_output=True, text=True))
        sent = link.bytes_out(self.hosts[0]) - sent_before
        after = self.socket_rate()
        self.assert_ran_on(report, self.hosts, 1)
        self.assertEqual(report["samples"], limit)
        self.assertEqual(link.dropped(self.hosts[0]), 0)
        performance = report["performance"]
        seconds, rate = performance["wall_seconds"], performance["bytes_sent"] / performance["wall_seconds"]
        figures = {"rows": limit, "seconds": seconds, "bytes_sent": performance["bytes_sent"], "interface_bytes": sent,
                   "model_bytes": model_bytes, "socket_bytes_per_second": [before, after],
                   "bytes_per_second": rate, "fill": rate / ((before + after) / 2),
                   "counter_by_bytes_sent": sent / (performance["bytes_sent"] + model_bytes),
                   "remote_rows_per_second": remote_rows(report) / seconds, "core_rows_per_second": core_rows,
                   "phases": performance.get("phases"), "bottleneck": performance.get("bottleneck")}
        print(f"\n{data}: {limit:,} rows in {seconds:.2f} s; sent {figures['bytes_sent'] / 1e6:.0f} MB, the interface "
              f"{sent / 1e6:.0f} MB; {rate / 1e6:.1f} MB/s where a socket has {before / 1e6:.1f} and "
              f"{after / 1e6:.1f}: {figures['fill']:.3f}; the other rank evaluates "
              f"{figures['remote_rows_per_second']:,.0f} rows/s of the {core_rows:,.0f} that it could", flush=True)
        return figures, report

    def attempts(self, name, one):
        """Calls one() until it meets its goal, at most ATTEMPTS times; it returns (value, goal, figures)."""
        tried = FIGURES["attempts"].setdefault(name, [])
        for _ in range(ATTEMPTS):
            value, goal, figures = one()
            tried.append({"value": value, "goal": goal, **figures})
            if value >= goal:
                return
        self.fail(f"{name}: {', '.join(format(attempt['value'], '.3f') for attempt in tried)}; goal {goal:.3f}")

    def assert_counters_agree(self, figures):
        self.assertLess(abs(figures["counter_by_bytes_sent"] - 1), COUNTER_TOLERANCE, figures)

    def test_fills_the_link(self):
        def one():
            plain, _ = self.over_the_link("plain", 1)
            self.assert_counters_agree(plain)
            return plain["fill"], FILL_GOAL, {"plain": plain}
        self.attempts("fill", one)

    def test_compressed_rows_travel_compressed(self):
        def one():
            (plain, _), (gzip, _) = self.over_the_link("plain", 1), self.over_the_link("gzip", self.compression)
            self.assert_counters_agree(gzip)
            # A plain run that other programs held up is nothing to compare with.
            reference = max(plain["remote_rows_per_second"], FILL_GOAL * self.socket / wide_rows.INPUTS)
            ratio = gzip["remote_rows_per_second"] / reference
            print(f"compressed {self.compression:.2f}:1: {ratio:.2f} times the rows per second there", flush=True)
            return ratio, COMPRESSED_GOAL * self.compression, {"plain": plain, "gzip": gzip}
        self.attempts("compressed", one)


def remote_rows(report):
    """How many rows the other rank evaluated."""
    return sum(report["performance"]["rows_per_rank"][1:])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", metavar="FILE", type=os.path.abspath, help="write the figures of every attempt")
    options, rest = parser.parse_known_args()
    bed.require_tools("mpirun", "tc")
    bed.isolate()
    ended = unittest.main(argv=sys.argv[:1] + rest, verbosity=2, exit=False)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(FIGURES, file, indent=1)
    return 0 if ended.result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
