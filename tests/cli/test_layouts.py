#!/usr/bin/python3
"""The same bytes from every layout, filter and reader, with any memory for rows, on any number of ranks."""
import itertools
import json
import os
import unittest

import harness

harness.require("numpy", "h5py")
import h5py  # noqa: E402
import networks  # noqa: E402
import numpy as np  # noqa: E402

ROWS, SHAPE = 601, (6, 5)
GZIP = {"compression": "gzip", "compression_opts": 4}
LAYOUTS = {
    "contiguous": {},
    "chunked": {"chunks": (50, 6, 5)},
    "gzip": {"chunks": (50, 6, 5), **GZIP},
    "gzip, whole rows of 4 KiB": {"chunks": (64, 6, 5), **GZIP},
    "shuffle": {"chunks": (50, 6, 5), "shuffle": True, **GZIP},
    "fletcher32": {"chunks": (70, 6, 5), "fletcher32": True, **GZIP},
    "all three": {"chunks": (70, 6, 5), "shuffle": True, "fletcher32": True, **GZIP},
    "chunks that split rows": {"chunks": (200, 4, 2), "shuffle": True, **GZIP},
    "one chunk": {"chunks": (ROWS, 6, 5), **GZIP},
    "a chunk longer than the rows": {"chunks": (1000, 6, 5), "maxshape": (None, 6, 5), **GZIP},
    "a chunk per element": {"chunks": (1, 1, 1), **GZIP},
    "columns": {"chunks": (ROWS, 1, 1), **GZIP},
    "another filter": {"chunks": (50, 6, 5), "scaleoffset": 0},
}
BUFFERS = ["1", "5000", "64K", "128M"]
RANKS = [None, 2, 3]


class Layouts(harness.TallyTest):
    def setUp(self):
        super().setUp()
        random = np.random.default_rng(31)
        self.model = self.path("model.h5")
        networks.write_native(self.model, [networks.random_layer(random, 30, 17, "tanh"),
                                           networks.random_layer(random, 17, 10, "softmax")])
        self.inputs = random.integers(0, 200, (ROWS, *SHAPE)).astype(np.uint16)
        self.labels = random.integers(0, 10, ROWS)

    def write(self, name, inputs, options, labels=None):
        path = self.path(f"{name}.h5")
        with h5py.File(path, "w") as file:
            file.create_dataset("inputs", data=inputs, **options).attrs["scale"] = 1 / 200
            file.create_dataset("labels", data=self.labels, **(labels or {}))
        return path

    def write_virtual(self):
        self.write("source", self.inputs, LAYOUTS["shuffle"])
        path = self.path("virtual.h5")
        with h5py.File(path, "w") as file:
            layout = h5py.VirtualLayout((ROWS, *SHAPE), "u2")
            layout[:] = h5py.VirtualSource("source.h5", "inputs", (ROWS, *SHAPE))
            file.create_virtual_dataset("inputs", layout).attrs["scale"] = 1 / 200
            file["labels"] = self.labels
        return path

    def write_virtual_plain(self):
        for name, rows in (("front", self.inputs[:200]), ("back", self.inputs[200:])):
            with h5py.File(self.path(f"{name}.h5"), "w") as file:
                file["x"] = rows
        path = self.path("virtual_plain.h5")
        with h5py.File(path, "w") as file:
            layout = h5py.VirtualLayout((ROWS, *SHAPE), "u2")
            layout[200:] = h5py.VirtualSource("back.h5", "x", (ROWS - 200, *SHAPE))
            layout[:200] = h5py.VirtualSource("front.h5", "x", (200, *SHAPE))
            file.create_virtual_dataset("inputs", layout).attrs["scale"] = 1 / 200
            file["labels"] = self.labels
        return path

    def files(self):
        for name, options in LAYOUTS.items():
            yield name, self.write(name, self.inputs, options)
        yield "big endian", self.write("big", self.inputs.astype(">u2"), LAYOUTS["shuffle"])
        yield "compressed labels", self.write("labels", self.inputs, {}, {"chunks": (7,), **GZIP})
        yield "virtual", self.write_virtual()
        yield "virtual, of plain rows", self.write_virtual_plain()

    def result(self, data, *options, np):
        report, rows = self.evaluate("--model", self.model, "--data", data, "--probabilities", *options, np=np,
                                     predictions=True)
        result = json.loads(harness.result_part(report).rstrip(b",") + b"}")
        del result["data"]  # names the layout
        # As text, which tells every bit of a number.
        return json.dumps(result), harness.read_bytes(rows), json.loads(report)

    def assert_same(self, ways, *options):
        """Each file in its share of the ways, so that every way meets many layouts."""
        expected = None
        ways = itertools.cycle(ways)
        for name, data in self.files():
            for _ in range(3):
                ranks, threads, reader, buffers, batch = next(ways)
                with self.subTest(layout=name, ranks=ranks, reader=reader, buffers=buffers):
                    result, rows, report = self.result(data, "--reader", reader, "--buffer-memory", buffers, "--threads",
                                                       threads, "--batch-size", batch, *options, np=ranks)
                    self.assertEqual(report["run"]["reader"], reader)
                    expected = expected or (result, rows)
                    self.assertEqual(result, expected[0])
                    self.assertTrue(rows == expected[1], "predictions differ")

    @staticmethod
    def ways():
        ways = list(itertools.product(RANKS, (1, 2), ("root", "each"), BUFFERS, (1, 100)))
        np.random.default_rng(5).shuffle(ways)
        return ways

    def test_all_rows(self):
        self.assert_same(self.ways())

    def test_a_part_that_begins_and_ends_inside_chunks(self):
        self.assert_same(self.ways()[::-1], "--first-row", 33, "--limit", 411)


class Performance(harness.TallyTest):
    """What the report says about how rows travelled."""
    def setUp(self):
        super().setUp()
        random = np.random.default_rng(32)
        self.model = self.path("model.h5")
        networks.write_native(self.model, [networks.random_layer(random, 400, 10, "softmax")])
        inputs = np.zeros((6400, 400), np.uint8)
        inputs[:, ::20] = random.integers(0, 255, (6400, 20))
        for name, options in [("plain", {}), ("gzip", {"chunks": (64, 400), **GZIP})]:
            with h5py.File(self.path(f"{name}.h5"), "w") as file:
                file.create_dataset("inputs", data=inputs, **options)
                file["labels"] = random.integers(0, 10, 6400)

    def performance(self, name, *options, np=None):
        report = json.loads(self.evaluate("--model", self.model, "--data", self.path(f"{name}.h5"), "--threads", 1, *options,
                                          np=np)[0])
        return report["performance"]

    def test_one_rank_sends_nothing(self):
        for name in ("plain", "gzip"):
            self.assertEqual(self.performance(name)["bytes_sent"], 0)

    def test_chunks_are_sent_as_they_are_stored(self):
        with h5py.File(self.path("gzip.h5")) as file:
            stored = file["inputs"].id.get_storage_size() / 6400
        for np_ in (2, 3):
            performance = self.performance("gzip", np=np_)
            others = sum(performance["shards_per_rank"][1:])
            self.assertGreater(others, 0)
            # A shard is of 64 rows at least; each has labels, a header, a table.
            per_shard = performance["bytes_sent"] / others
            self.assertLess(per_shard, 6400 / sum(performance["shards_per_rank"]) * (stored + 1) * 1.2 + 300)
            self.assertGreater(performance["phases"]["inflate"]["max"], 0)

    def test_where_ranks_read_rows_are_not_sent(self):
        for name in ("plain", "gzip"):
            performance = self.performance(name, "--reader", "each", np=3)
            self.assertLess(performance["bytes_sent"], 40 * (sum(performance["shards_per_rank"]) + 3))
            self.assertEqual(len(performance["shards_per_rank"]), 3)
            whole = self.performance(name, np=3)["bytes_read"]
            self.assertAlmostEqual(performance["bytes_read"] / whole, 1, delta=0.02)

    def test_ranks_of_one_machine_read_plain_rows_themselves(self):
        performance = self.performance("plain", np=3)
        shards, rows = (sum(performance[key][1:]) for key in ("shards_per_rank", "rows_per_rank"))
        # Headers, and a byte for the label of each row, padded.
        self.assertLessEqual(performance["bytes_sent"], (40 + 64) * (shards + 2) + rows)
        alone = self.performance("plain")["bytes_read"]
        self.assertAlmostEqual(performance["bytes_read"] / alone, 1, delta=0.02)

    def test_phases_and_bottleneck(self):
        performance = self.performance("plain", np=2)
        self.assertEqual(list(performance["phases"]), ["read", "send", "inflate", "compute", "wait", "reduce"])
        for phase in performance["phases"].values():
            self.assertEqual(list(phase), ["min", "mean", "max"])
            self.assertTrue(0 <= phase["min"] <= phase["mean"] <= phase["max"] <= performance["wall_seconds"] * 1.5 + 0.1)
        self.assertEqual(performance["phases"]["inflate"]["max"], 0)
        self.assertRegex(performance["bottleneck"], r"^((disk|reading|decompression|network|compute|memory|imbalance)\b.*would help"
                                                    r"|nothing: the run was too short)")

    def test_a_limit_that_a_row_or_chunk_exceeds_is_said(self):
        for name, words in [("plain", "a row takes"), ("gzip", "a chunk")]:
            done = self.tally("evaluate", "--model", self.model, "--data", self.path(f"{name}.h5"), "--buffer-memory", 100)
            self.assertRegex(done.stderr, rf"tally: warning: rows on their way may take .* --buffer-memory \(.*\): .*{words}")


class RanksThatSeeOtherFiles(harness.TallyTest):
    @unittest.skipIf(harness.MPIEXEC is None, "no mpiexec")
    def test_they_are_named(self):
        random = np.random.default_rng(33)
        model = self.path("model.h5")
        networks.write_native(model, [networks.random_layer(random, 4, 3, "softmax")])
        for folder, rows in (("a", 10), ("b", 11)):
            os.mkdir(self.path(folder))
            networks.write_dataset(self.path(f"{folder}/data.h5"), np.zeros((rows, 4), np.float32), np.zeros(rows, int))
        args = ["evaluate", "--model", model, "--data", "data.h5", "--reader", "each"]
        done = harness.run_ranks_in([self.path("a"), self.path("b")], args)
        lines = harness.error_lines(done.stderr)
        self.assertEqual((done.returncode, len(lines)), (1, 1), done.stderr)
        self.assertRegex(lines[0], r"^tally: rank 1 \(.*\): data.h5 is not what the root sees: 11 rows .* 10 rows")
        # Of the same shape, but not the same rows.
        networks.write_dataset(self.path("b/data.h5"), np.ones((10, 4), np.float32), np.zeros(10, int))
        lines = harness.error_lines(harness.run_ranks_in([self.path("a"), self.path("b")], args).stderr)
        self.assertRegex(lines[0], r"^tally: rank 1 \(.*\): data.h5 is not what the root sees: 10 rows .* 10 rows")
        os.remove(self.path("b/data.h5"))
        done = harness.run_ranks_in([self.path("a"), self.path("b")], args)
        lines = harness.error_lines(done.stderr)
        self.assertEqual((done.returncode, len(lines)), (1, 1), done.stderr)
        self.assertRegex(lines[0], r"^tally: rank 1 \(.*\): data.h5: ")

    @unittest.skipIf(harness.MPIEXEC is None, "no mpiexec")
    def test_those_beside_the_root_read_its_file_whatever_they_see(self):
        random = np.random.default_rng(34)
        model = self.path("model.h5")
        networks.write_native(model, [networks.random_layer(random, 40, 3, "softmax")])
        inputs, labels = random.standard_normal((5000, 40)).astype(np.float32), random.integers(0, 3, 5000)
        for folder in ("a", "b"):
            os.mkdir(self.path(folder))
        networks.write_dataset(self.path("a/data.h5"), inputs, labels)
        expected = self.evaluate("--model", model, "--data", self.path("a/data.h5"))[0]
        expected = [json.loads(expected)[key] for key in ("correct", "mean_cross_entropy")]
        report = self.path("report.json")
        args = ["evaluate", "--model", model, "--data", "data.h5", "--report", report, "--quiet", "--batch-size", "10"]

        def assert_right():
            done = harness.run_ranks_in([self.path("a"), self.path("b")], args)
            self.assertEqual(done.returncode, 0, done.stderr)
            with open(report, encoding="utf-8") as file:
                document = json.load(file)
            self.assertEqual([document[key] for key in ("correct", "mean_cross_entropy")], expected)
            performance = document["performance"]
            self.assertGreater(performance["rows_per_rank"][1], 0)
            self.assertLess(performance["bytes_sent"], 160 * 5000 / 10)

        assert_right()  # rank 1 has no such file
        between = inputs.copy()
        between[1:-1] = 0  # as the root's in all but the rows between the first and the last
        networks.write_dataset(self.path("b/data.h5"), between, labels)
        assert_right()

    def test_rows_that_are_not_evaluated_do_not_matter(self):
        random = np.random.default_rng(35)
        model = self.path("model.h5")
        networks.write_native(model, [networks.random_layer(random, 4, 3, "softmax")])
        data = self.path("data.h5")
        networks.write_dataset(data, np.zeros((100, 4), np.float32), np.append(np.zeros(99), np.nan))
        for reader in ("root", "each"):
            self.tally("evaluate", "--model", model, "--data", data, "--limit", 99, "--reader", reader, np=2)
            self.assert_fails(["evaluate", "--model", model, "--data", data, "--reader", reader], "row 99", "nan", np=2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
