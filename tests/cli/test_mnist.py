#!/usr/bin/python3
"""The textbook's network on MNIST: the exact count, the loss to seven digits, the same bytes at every way to run it."""
import json
import os
import unittest

import harness

IMAGES = os.path.join(harness.REFERENCE_DATA, "mnist", "t10k-images-idx3-ubyte.gz")
LABELS = os.path.join(harness.REFERENCE_DATA, "mnist", "t10k-labels-idx1-ubyte.gz")
WEIGHTS = os.path.join(harness.REFERENCE_DATA, "mnist", "sample_weight.pkl")
RANKS = [1, 2, 3, 4, 7]
THREADS = [1, 2]
BATCHES = [1, 7, 100, 1000, 10000]
LOSS_TOLERANCE = 1e-7  # half a unit of the last digit of 0.2245442, twice


class Mnist(harness.TallyTest):
    def setUp(self):
        super().setUp()
        self.data = self.path("mnist.h5")
        self.tally("import", "idx", "--images", IMAGES, "--labels", LABELS, "-o", self.data)
        with open(os.path.join(harness.REFERENCE_DATA, "expected.json"), encoding="utf-8") as file:
            self.expected = next(value for key, value in json.load(file).items() if "sample_weight.pkl" in key)

    def score(self, model, *options, np):
        report, predictions = self.evaluate("--model", model, "--data", self.data, "--probabilities", *options, np=np,
                                            predictions=True)
        return report, harness.read_bytes(predictions)

    def test_every_rank_thread_and_batch_size_gives_the_same_bytes(self):
        first = None
        for np in RANKS:
            for threads in THREADS:
                for batch in BATCHES:
                    report, predictions = self.score(WEIGHTS, "--activation", "sigmoid", "--output", "softmax",
                                                     "--threads", threads, "--batch-size", batch, np=np)
                    run = json.loads(report)["run"]
                    self.assertEqual((run["ranks"], run["threads_per_rank"], run["batch_size"]), (np, threads, batch))
                    found = (harness.result_part(report), predictions)
                    if first is None:
                        first = found
                        self.assert_right(json.loads(report))
                    self.assertEqual(found[0], first[0], (np, threads, batch))
                    self.assertTrue(found[1] == first[1], f"predictions differ at {(np, threads, batch)}")

    def assert_right(self, report):
        self.assertEqual((report["correct"], report["samples"]), (9352, 10000))
        self.assertEqual((report["correct"], report["samples"]), (self.expected["correct"], self.expected["samples"]))
        self.assertEqual(report["accuracy"], 0.9352)
        self.assertAlmostEqual(report["mean_cross_entropy"], 0.2245442, delta=LOSS_TOLERANCE)
        self.assertAlmostEqual(report["mean_cross_entropy"], self.expected["mean_cross_entropy"], delta=LOSS_TOLERANCE)
        self.assertEqual(report["nonfinite_outputs"], 0)

    def test_the_summary_prints_the_numbers(self):
        done = self.tally("evaluate", "--model", WEIGHTS, "--data", self.data, "--activation", "sigmoid")
        self.assertIn("0.9352", done.stdout)
        self.assertIn("9,352 of 10,000", done.stdout)
        self.assertIn("0.2245442", done.stdout)

    def test_the_native_copy_of_the_weights_predicts_the_same_bytes(self):
        native = self.path("native.h5")
        self.tally("import", "model", WEIGHTS, "--activation", "sigmoid", "--output", "softmax", "-o", native)
        _, of_pickle = self.score(WEIGHTS, "--activation", "sigmoid", "--output", "softmax", np=None)
        report, of_native = self.score(native, np=2)
        self.assertEqual(json.loads(report)["correct"], 9352)
        self.assertTrue(of_pickle == of_native)


if __name__ == "__main__":
    unittest.main(verbosity=2)
