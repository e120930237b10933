#!/usr/bin/python3
"""Tally against scikit-learn on the shipped digits: the same count, and the same loss but for float32's rounding.

scikit-learn scores anew where it is installed; the numbers it gave when the files were made are always compared.
"""
import importlib.util
import json
import math
import os
import subprocess
import tempfile
import unittest

ROOT = os.environ["TALLY_SOURCE_DIR"]
DATA = os.path.join(ROOT, "tests", "data")
MODEL = os.path.join(DATA, "digits_mlp.h5")
DIGITS = os.path.join(DATA, "digits_test.h5")

# The mean loss inherits a relative error of the logits of about k * eps per layer, on logits of up to some 20.
FLOAT32_EPS = 2.0 ** -23
LOSS_TOLERANCE = 20 * (64 + 50 + 100) * FLOAT32_EPS


def tally_report():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "report.json")
        subprocess.run([os.environ["TALLY"], "evaluate", "--model", MODEL, "--data", DIGITS, "--quiet", "--report", path],
                       check=True, stdin=subprocess.DEVNULL, timeout=60)
        with open(path, encoding="utf-8") as file:
            return json.load(file)


def read_digits():
    """(inputs, labels, weights, biases) by h5py, independent of Tally's reader."""
    import h5py
    import numpy as np
    with h5py.File(DIGITS) as file:
        inputs = file["inputs"][:].reshape(len(file["inputs"]), -1) * np.float64(file["inputs"].attrs["scale"])
        labels = file["labels"][:]
    with h5py.File(MODEL) as file:
        layers = [file[f"layer{number}"] for number in (1, 2, 3)]
        weights = [layer["weights"][:].astype(np.float64) for layer in layers]
        biases = [layer["bias"][:].astype(np.float64) for layer in layers]
    return inputs, labels, weights, biases


class Digits(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.report = tally_report()
        with open(os.path.join(DATA, "digits_expected.json"), encoding="utf-8") as file:
            cls.expected = json.load(file)

    def assert_scored(self, correct, samples, log_loss):
        self.assertEqual((self.report["correct"], self.report["samples"]), (correct, samples))
        self.assertEqual(self.report["accuracy"], correct / samples)
        self.assertLess(math.fabs(self.report["mean_cross_entropy"] - log_loss), LOSS_TOLERANCE)

    def test_equals_the_score_stored_when_the_files_were_made(self):
        self.assert_scored(self.expected["correct"], self.expected["samples"], self.expected["log_loss"])

    def test_rounding_cannot_turn_a_prediction(self):
        """Otherwise the count above would be luck."""
        self.assertGreater(self.expected["smallest_margin"], LOSS_TOLERANCE)

    def test_equals_a_score_scikit_learn_computes_now(self):
        if importlib.util.find_spec("sklearn") is None or importlib.util.find_spec("h5py") is None:
            if os.environ.get("TALLY_REQUIRE_ORACLES", "") not in ("", "0", "OFF"):
                self.fail("needs python3-sklearn and python3-h5py")
            self.skipTest("no scikit-learn or h5py: compared with its stored score only")
        from sklearn.metrics import log_loss
        from sklearn.neural_network import MLPClassifier
        inputs, labels, weights, biases = read_digits()
        # One step of training sets everything but the weights up; these are then replaced by the stored ones.
        classifier = MLPClassifier(hidden_layer_sizes=(50, 100), activation="logistic")
        classifier.partial_fit(inputs, labels, classes=range(10))
        classifier.coefs_, classifier.intercepts_ = weights, biases
        correct = int((classifier.predict(inputs) == labels).sum())
        self.assert_scored(correct, len(labels), log_loss(labels, classifier.predict_proba(inputs)))


if __name__ == "__main__":
    unittest.main(verbosity=2)
