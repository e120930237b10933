#!/usr/bin/python3
"""Random networks of every activation against a float64 forward pass in NumPy.

Each network is written twice, as bare weights and as a native file, and evaluated by one rank and by three.
"""
import json
import unittest
import zlib

import harness

harness.require("numpy", "h5py")
import h5py  # noqa: E402
import networks  # noqa: E402
import numpy as np  # noqa: E402

PROBABILITY_TOLERANCE = 1e-4  # what the project promises
ROWS = [1, 2, 127, 128, 129, 1000]
INPUTS = [1, 7, 16, 33, 64, 100]


class RandomNetworks(harness.TallyTest):
    def random_rows(self, random, layers, rows):
        """Inputs at which no step can fall to either side for rounding alone."""
        found = np.empty((0, layers[0]["weights"].shape[-2]), np.float32)
        while len(found) < rows:
            more = random.standard_normal((rows + 8, found.shape[1])).astype(np.float32)
            found = np.concatenate([found, more[networks.step_margin(layers, more) > 1]])
        return found[:rows]

    def check(self, layers, output, rows, random):
        units = layers[-1]["weights"].shape[-1]
        classes = max(2, units)
        inputs = self.random_rows(random, layers, rows)
        labels = random.integers(0, classes, rows)
        data = self.path("data.h5")
        networks.write_dataset(data, inputs, labels)
        choices = ["--output", output]
        if len(layers) > 1:
            choices += ["--activation", ",".join(networks.activation_text(layer) for layer in layers[:-1])]
        bare, native = self.path("bare.h5"), self.path("native.h5")
        networks.write_native(native, layers)
        runs = [(native, [], 3)]
        if all(layer["slopes"] is None for layer in layers):  # slopes per unit need a native file
            networks.write_bare(bare, layers)
            runs.append((bare, choices, 1))
        seen = []
        for model, options, np_ in runs:
            report, path = self.evaluate("--model", model, "--data", data, "--probabilities", *options, np=np_,
                                         predictions=True)
            self.compare(json.loads(report), path, layers, output, inputs, labels)
            seen.append(harness.read_bytes(path))
        self.assertEqual(seen[0], seen[-1])

    def compare(self, report, path, layers, output, inputs, labels):
        logits, bound = networks.forward(layers, inputs)
        expected, logarithms = networks.probabilities(logits, output)
        if logits.shape[1] == 1:
            prediction, gap = (logits[:, 0] > 0).astype(int), np.abs(logits[:, 0])
        else:
            prediction = logits.argmax(axis=1)
            ordered = np.sort(logits, axis=1)
            gap = ordered[:, -1] - ordered[:, -2]
        certain = gap > 2 * bound
        self.assertGreaterEqual(certain.mean(), 0.9, "too few certain rows to call this a test")
        with h5py.File(path) as file:
            predicted, found = file["predicted"][:], file["probabilities"][:]
            confidence = file["confidence"][:]
        np.testing.assert_array_equal(predicted[certain], prediction[certain])
        np.testing.assert_allclose(found, expected, rtol=0, atol=PROBABILITY_TOLERANCE)
        np.testing.assert_array_equal(confidence, found[np.arange(len(found)), predicted])
        loss = -logarithms[np.arange(len(labels)), labels].mean()
        self.assertAlmostEqual(report["mean_cross_entropy"], loss, delta=2 * bound.mean() + 1e-6 * abs(loss))
        self.assertEqual(report["samples"], len(labels))
        self.assertEqual(report["correct"], int((predicted == labels).sum()))
        self.assertEqual(report["nonfinite_outputs"], 0)

    def shape(self, random, number):
        return ROWS[number % len(ROWS)], INPUTS[number % len(INPUTS)], int(random.integers(1, 70))

    def test_every_activation_in_hidden_layers(self):
        for number, name in enumerate(networks.ELEMENTWISE):
            random = np.random.default_rng(zlib.crc32(name.encode()))
            rows, inputs, hidden = self.shape(random, number)
            with self.subTest(activation=name, rows=rows, inputs=inputs, hidden=hidden):
                layers = [networks.random_layer(random, inputs, hidden, name),
                          networks.random_layer(random, hidden, 19, name),
                          networks.random_layer(random, 19, 10, "softmax")]
                self.check(layers, "softmax", rows, random)

    def test_maxout_of_1_2_3_and_5_pieces(self):
        for number, pieces in enumerate([1, 2, 3, 5], start=2):
            random = np.random.default_rng(pieces)
            rows, inputs, hidden = self.shape(random, number)
            with self.subTest(pieces=pieces, rows=rows, inputs=inputs, hidden=hidden):
                layers = [networks.random_layer(random, inputs, hidden, "maxout", pieces=pieces),
                          networks.random_layer(random, hidden, 21, "relu"),
                          networks.random_layer(random, 21, 5, "softmax")]
                self.check(layers, "softmax", rows, random)

    def test_slopes_per_unit(self):
        random = np.random.default_rng(5)
        layers = [networks.random_layer(random, 12, 33, "prelu", slopes=True),
                  networks.random_layer(random, 33, 4, "softmax")]
        self.check(layers, "softmax", 129, random)

    def test_every_output(self):
        for number, (output, units) in enumerate([("softmax", 10), ("identity", 7), ("sigmoid", 11), ("softmax", 2),
                                                  ("sigmoid", 1), ("softmax", 129)]):
            random = np.random.default_rng(100 + number)
            rows, inputs, hidden = self.shape(random, number + 1)
            with self.subTest(output=output, units=units, rows=rows, inputs=inputs, hidden=hidden):
                layers = [networks.random_layer(random, inputs, hidden, "tanh"),
                          networks.random_layer(random, hidden, units, output)]
                self.check(layers, output, rows, random)

    def test_one_layer_alone(self):
        random = np.random.default_rng(200)
        self.check([networks.random_layer(random, 9, 3, "softmax")], "softmax", 50, random)


if __name__ == "__main__":
    unittest.main(verbosity=2)
