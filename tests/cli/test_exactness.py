#!/usr/bin/python3
"""The same bits for any ranks x threads x batch size, for parts of a dataset, and for outputs that are not finite."""
import json
import platform
import unittest

import harness

harness.require("numpy", "h5py")
import h5py  # noqa: E402
import networks  # noqa: E402
import numpy as np  # noqa: E402

WAYS = [  # (ranks, threads, batch size)
    (None, 1, 1), (None, 2, 100), (1, 3, 7), (2, 1, 1000), (2, 2, 13), (3, 1, 64), (3, 2, 1), (4, 1, 100), (4, 2, 31)]


class Exactness(harness.TallyTest):
    def setUp(self):
        super().setUp()
        random = np.random.default_rng(11)
        layers = [networks.random_layer(random, 23, 37, "gelu"), networks.random_layer(random, 37, 20, "maxout", pieces=3),
                  networks.random_layer(random, 20, 10, "softmax")]
        self.model, self.random = self.path("model.h5"), random
        networks.write_native(self.model, layers)

    def dataset(self, rows, **options):
        path = self.path(f"data{rows}.h5")
        with h5py.File(path, "w") as file:
            file.create_dataset("inputs", data=self.random.standard_normal((rows, 23)).astype(np.float32), **options)
            file["labels"] = self.random.integers(0, 10, rows)
        return path

    def assert_same_bytes(self, data, *options, ways=None):
        first = None
        for np_, threads, batch in ways or WAYS:
            report, path = self.evaluate("--model", self.model, "--data", data, "--threads", threads, "--batch-size",
                                         batch, "--probabilities", *options, np=np_, predictions=True)
            found = (harness.result_part(report), harness.read_bytes(path))
            first = first or found
            self.assertEqual(found[0], first[0], (np_, threads, batch))
            self.assertTrue(found[1] == first[1], f"predictions differ at {(np_, threads, batch)}")
        return json.loads(report)

    def test_rows_that_are_a_multiple_of_nothing(self):
        self.assertEqual(self.assert_same_bytes(self.dataset(1009))["samples"], 1009)

    def test_compressed_chunks(self):
        self.assert_same_bytes(self.dataset(1009, chunks=(50, 23), compression="gzip", shuffle=True), ways=WAYS[::3])

    def test_more_ranks_than_rows(self):
        for rows in (1, 2, 3):
            with self.subTest(rows=rows):
                report = self.assert_same_bytes(self.dataset(rows), ways=[(None, 1, 1), (4, 2, 100), (7, 1, 1)])
                self.assertEqual(report["samples"], rows)

    def test_a_part_of_the_rows(self):
        data = self.dataset(1009)
        report = self.assert_same_bytes(data, "--first-row", 101, "--limit", 333, ways=WAYS[1::3])
        self.assertEqual(report["samples"], 333)

    def test_a_part_is_a_slice_of_the_whole(self):
        data = self.dataset(1009)
        _, path = self.evaluate("--model", self.model, "--data", data, "--probabilities", np=2, predictions=True)
        with h5py.File(path) as file:
            whole = {name: file[name][:] for name in file}
        self.assertNotIn("row", whole)
        for first, limit, count in [(0, 1, 1), (100, 250, 250), (1000, 500, 9), (1008, 1, 1), (7, None, 1002)]:
            with self.subTest(first=first, limit=limit):
                part = ["--first-row", first] + ([] if limit is None else ["--limit", limit])
                report, path = self.evaluate("--model", self.model, "--data", data, "--probabilities", *part, np=3,
                                             predictions=True)
                rows = slice(first, first + count)
                with h5py.File(path) as file:
                    for name in whole:
                        self.assertEqual(file[name][:].tobytes(), whole[name][rows].tobytes(), name)
                    np.testing.assert_array_equal(file["row"][:], np.arange(first, first + count))
                right = int((whole["predicted"][rows] == whole["label"][rows]).sum())
                self.assertEqual((json.loads(report)["samples"], json.loads(report)["correct"]), (count, right))


@unittest.skipUnless(platform.machine() == "x86_64", "other kernels than those of x86-64")
class RanksOfDifferentMachines(harness.TallyTest):
    """Ranks that would run other kernels, each on its own: all run the lowest common ones, to the same bits."""
    def setUp(self):
        super().setUp()
        random = np.random.default_rng(12)
        self.model, self.data = self.path("model.h5"), self.path("data.h5")
        networks.write_native(self.model, [networks.random_layer(random, 23, 37, "gelu"),
                                           networks.random_layer(random, 37, 20, "sigmoid"),
                                           networks.random_layer(random, 20, 10, "softmax")])
        networks.write_dataset(self.data, random.standard_normal((1009, 23)).astype(np.float32),
                               random.integers(0, 10, 1009))

    def evaluate_ranks(self, *environments):
        report, rows = self.path("report.json"), self.path("predictions.h5")
        done = harness.run_ranks(environments, ["evaluate", "--model", self.model, "--data", self.data, "--quiet",
                                                "--report", report, "--predictions", rows, "--probabilities"])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(harness.error_lines(done.stderr), [])
        return harness.read_bytes(report), harness.read_bytes(rows), done.stderr

    def assert_lowest_wins(self, variable, value, key, name):
        forced = {variable: value}
        alike, alike_rows, _ = self.evaluate_ranks(forced, forced)
        unforced = json.loads(self.evaluate_ranks({}, {})[0])["run"][key]
        for environments in ([{}, forced], [forced, {}]):
            mixed, mixed_rows, stderr = self.evaluate_ranks(*environments)
            self.assertEqual(json.loads(mixed)["run"][key], name)
            self.assertEqual(harness.result_part(mixed), harness.result_part(alike))
            self.assertTrue(mixed_rows == alike_rows, "predictions differ")
            if unforced != name:  # else the ranks do not differ
                self.assertIn("tally: warning: the ranks differ in ", stderr)
                self.assertIn(f"all use {name}", stderr)
                forced_rank = environments.index(forced)
                self.assertIn(f"{variable} forces the", stderr)
                self.assertIn(f"rank {forced_rank}: {name}, where Tally would have chosen {unforced}", stderr)
                self.assertEqual(len(json.loads(mixed)["warnings"]), 2)

    def test_the_narrowest_vectors_win(self):
        self.assert_lowest_wins("TALLY_VECTOR_ISA", "sse2", "vector_isa", "sse2")

    def test_the_lowest_blis_configuration_wins(self):
        if not harness.built_with_blis() or not cpu_has("avx2", "fma"):
            self.skipTest("BLIS's haswell kernels cannot run here")
        self.assert_lowest_wins("BLIS_ARCH_TYPE", "3", "blis_configuration", "haswell")

    def test_a_rank_that_cannot_is_named(self):
        for variable in ["TALLY_VECTOR_ISA"] + ["BLIS_ARCH_TYPE"] * harness.built_with_blis():
            done = harness.run_ranks([{}, {variable: "wobble"}],
                                     ["evaluate", "--model", self.model, "--data", self.data])
            lines = harness.error_lines(done.stderr)
            self.assertEqual((done.returncode, len(lines)), (1, 1), done.stderr)
            self.assertRegex(lines[0], rf"^tally: rank 1 \(.*\): {variable}=wobble")


def cpu_has(*flags):
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        words = file.read().split()
    return all(flag in words for flag in flags)


class NotFinite(harness.TallyTest):
    def test_they_are_counted_apart_and_leave_the_loss_alone(self):
        random = np.random.default_rng(3)
        layers = [networks.random_layer(random, 6, 9, "relu"), networks.random_layer(random, 9, 4, "softmax")]
        inputs = random.standard_normal((40, 6)).astype(np.float32)
        labels = random.integers(0, 4, 40)
        bad = [0, 7, 8, 39]
        inputs[0, 2], inputs[7, 0], inputs[8, :], inputs[39, 5] = np.nan, np.nan, np.inf, np.nan
        model, data, finite = self.path("model.h5"), self.path("data.h5"), self.path("finite.h5")
        networks.write_native(model, layers)
        networks.write_dataset(data, inputs, labels)
        networks.write_dataset(finite, np.delete(inputs, bad, axis=0), np.delete(labels, bad))
        reference = json.loads(self.evaluate("--model", model, "--data", finite)[0])
        for np_ in (None, 3):
            report, path = self.evaluate("--model", model, "--data", data, "--probabilities", np=np_, predictions=True)
            report = json.loads(report)
            self.assertEqual((report["samples"], report["nonfinite_outputs"]), (40, len(bad)))
            self.assertEqual(report["correct"], reference["correct"])
            self.assertEqual(report["accuracy"], reference["correct"] / 40)
            self.assertEqual(report["mean_cross_entropy"], reference["mean_cross_entropy"])
            self.assertEqual(len([text for text in report["warnings"] if "4 of 40 samples" in text]), 1)
            with h5py.File(path) as file:
                self.assertEqual(np.flatnonzero(file["predicted"][:] == -1).tolist(), bad)
                self.assertEqual(np.flatnonzero(np.isnan(file["confidence"][:])).tolist(), bad)
                np.testing.assert_array_equal(file["label"][:], labels)

    def test_a_dataset_of_nan_has_no_loss(self):
        model, data = self.path("model.h5"), self.path("data.h5")
        networks.write_native(model, [networks.random_layer(np.random.default_rng(4), 3, 2, "softmax")])
        networks.write_dataset(data, np.full((5, 3), np.nan), np.zeros(5, int))
        report = json.loads(self.evaluate("--model", model, "--data", data)[0])
        self.assertEqual((report["correct"], report["accuracy"], report["nonfinite_outputs"]), (0, 0.0, 5))
        self.assertIsNone(report["mean_cross_entropy"])
        self.assertIn("undefined", self.tally("evaluate", "--model", model, "--data", data).stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
