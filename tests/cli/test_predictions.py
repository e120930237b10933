#!/usr/bin/python3
"""What h5py finds in a predictions file: names, types, shapes, order of rows."""
import json
import unittest

import harness

harness.require("numpy", "h5py")
import h5py  # noqa: E402
import networks  # noqa: E402
import numpy as np  # noqa: E402

ROWS, CLASSES = 300, 6


class Predictions(harness.TallyTest):
    def setUp(self):
        super().setUp()
        random = np.random.default_rng(21)
        self.layers = [networks.random_layer(random, 8, 12, "tanh"), networks.random_layer(random, 12, CLASSES, "softmax")]
        self.inputs = random.standard_normal((ROWS, 8)).astype(np.float32)
        self.labels = random.integers(0, CLASSES, ROWS)
        self.model, self.data = self.path("model.h5"), self.path("data.h5")
        networks.write_native(self.model, self.layers)
        networks.write_dataset(self.data, self.inputs, self.labels)

    def predictions(self, *options, ranks=2, data=None):
        report, path = self.evaluate("--model", self.model, "--data", data or self.data, *options, np=ranks,
                                     predictions=True)
        with h5py.File(path) as file:
            return json.loads(report), {name: file[name][()] for name in file}

    def types(self, found):
        return {name: (values.dtype, values.shape) for name, values in found.items()}

    def test_types_and_shapes_of_the_whole(self):
        _, found = self.predictions()
        self.assertEqual(self.types(found), {"predicted": (np.dtype("<i4"), (ROWS,)),
                                             "confidence": (np.dtype("<f4"), (ROWS,)),
                                             "label": (np.dtype("<i8"), (ROWS,))})

    def test_types_and_shapes_of_a_part_with_probabilities(self):
        _, found = self.predictions("--first-row", "20", "--limit", "50", "--probabilities")
        self.assertEqual(self.types(found), {"predicted": (np.dtype("<i4"), (50,)),
                                             "confidence": (np.dtype("<f4"), (50,)),
                                             "label": (np.dtype("<i8"), (50,)),
                                             "row": (np.dtype("<i8"), (50,)),
                                             "probabilities": (np.dtype("<f4"), (50, CLASSES))})
        np.testing.assert_array_equal(found["row"], np.arange(20, 70))
        np.testing.assert_array_equal(found["label"], self.labels[20:70])

    def test_columns_agree_with_each_other_and_with_the_report(self):
        report, found = self.predictions("--probabilities", ranks=3)
        np.testing.assert_array_equal(found["label"], self.labels)
        np.testing.assert_array_equal(found["predicted"], found["probabilities"].argmax(axis=1))
        np.testing.assert_array_equal(found["confidence"], found["probabilities"].max(axis=1))
        # Each probability and each partial sum is rounded once.
        rounding = 2 * CLASSES * np.finfo(np.float32).eps
        np.testing.assert_allclose(found["probabilities"].sum(axis=1), 1, rtol=0, atol=rounding)
        self.assertEqual(report["correct"], int((found["predicted"] == found["label"]).sum()))

    def test_one_hot_labels_become_class_indices(self):
        data = self.path("one_hot.h5")
        networks.write_dataset(data, self.inputs, np.eye(CLASSES, dtype=np.uint8)[self.labels])
        report, found = self.predictions(data=data)
        np.testing.assert_array_equal(found["label"], self.labels)
        self.assertEqual(report["correct"], self.predictions()[0]["correct"])

    def test_one_sigmoid_unit_has_two_classes(self):
        random = np.random.default_rng(22)
        layers = [networks.random_layer(random, 8, 5, "relu"), networks.random_layer(random, 5, 1, "sigmoid")]
        networks.write_native(self.model, layers)
        networks.write_dataset(self.data, self.inputs, self.labels % 2)
        _, found = self.predictions("--probabilities")
        self.assertEqual(found["probabilities"].shape, (ROWS, 2))
        np.testing.assert_array_equal(found["predicted"], found["probabilities"][:, 1] > 0.5)

    def test_a_tie_goes_to_the_lower_class(self):
        for layer in self.layers:
            layer["weights"][:], layer["bias"][:] = 0, 0
        networks.write_native(self.model, self.layers)
        _, found = self.predictions("--probabilities")
        self.assertEqual(set(found["predicted"]), {0})
        np.testing.assert_array_equal(found["confidence"], np.float32(1 / CLASSES))

    def test_an_older_file_is_replaced_whole(self):
        with open(self.path("predictions.h5"), "wb") as file:
            file.write(b"older " * 100000)
        self.predictions()
        self.assertEqual(sorted(self.listing()),
                         sorted(map(self.path, ["data.h5", "model.h5", "predictions.h5", "report.json"])))


if __name__ == "__main__":
    unittest.main(verbosity=2)
