#!/usr/bin/python3
"""Files that are wrong: one line that names the file, the dataset and the numbers, and nothing left behind.

Every case runs alone and, where ranks could be left waiting, under three of them; assert_fails() has the contract.
"""
import os
import pickle
import unittest

import harness

harness.require("numpy", "h5py")
import h5py  # noqa: E402
import networks  # noqa: E402
import numpy as np  # noqa: E402

SECONDS = 20  # the bound of a case; an ordinary one takes well below one


class BadInput(harness.TallyTest):
    def setUp(self):
        super().setUp()
        self.random = np.random.default_rng(31)
        self.model, self.data = self.path("model.h5"), self.path("data.h5")
        networks.write_native(self.model, self.layers())
        self.write(np.zeros((30, 8), np.float32), np.zeros(30, int))

    def layers(self, *widths):
        widths = widths or (8, 5, 4)
        return [networks.random_layer(self.random, *pair, "relu" if pair[1] != widths[-1] else "softmax")
                for pair in zip(widths, widths[1:])]

    def write(self, inputs, labels, path=None):
        networks.write_dataset(path or self.data, inputs, labels)

    def fails(self, *words, options=(), model=None, data=None, code=1, ranks=(None, 3)):
        """Evaluates with both outputs asked for, and with older ones in their places."""
        outputs = [self.path("report.json"), self.path("predictions.h5")]
        for number, path in enumerate(outputs):
            with open(path, "w", encoding="utf-8") as file:
                file.write(f"older output {number}")
        for np_ in ranks:
            with self.subTest(ranks=np_):
                self.assert_fails(["evaluate", "--model", model or self.model, "--data", data or self.data, "--report",
                                   outputs[0], "--predictions", outputs[1], *options], *words, code=code, np=np_,
                                  timeout=SECONDS)
        for path in outputs:  # for the next case in the same folder
            os.remove(path)

    def file(self, name, content):
        with open(self.path(name), "wb") as file:
            file.write(content)
        return self.path(name)


class BadFiles(BadInput):
    def test_missing_files(self):
        self.fails(self.path("none.h5"), data=self.path("none.h5"))
        self.fails(self.path("none.h5"), model=self.path("none.h5"))

    def test_a_folder_instead_of_a_file(self):
        self.fails(self.folder, data=self.folder)
        self.fails(self.folder, model=self.folder)

    def test_not_hdf5_and_empty(self):
        for content in (b"5,0,0,1\n" * 100, b"", b"\x89HDF\r\n\x1a\n", b"\x00" * 4096):
            path = self.file("strange", content)
            self.fails(path, data=path, ranks=(None,))
            self.fails(path, model=path, options=["--activation", "relu"], ranks=(None,))
        self.fails(path, data=path, ranks=(3,))

    def test_truncated_files(self):
        for whole in (self.data, self.model):
            content = harness.read_bytes(whole)
            for length in (20, 600, len(content) // 2, len(content) - 1):
                path = self.file("cut.h5", content[:length])
                which = {"data": path} if whole == self.data else {"model": path}
                with self.subTest(file=os.path.basename(whole), length=length):
                    self.fails(path, **which, ranks=(None,))
        self.fails(path, model=path, ranks=(3,))

    def test_a_dataset_that_is_not_there_lists_those_that_are(self):
        self.fails(self.data, "pixels", "/inputs", "/labels", "30", options=["--inputs", "pixels"])
        self.fails(self.data, "classes", "/inputs", "/labels", options=["--labels", "classes"])
        with h5py.File(self.data, "w") as file:
            file["first"], file["second"], file["third"] = np.zeros((9, 8)), np.zeros(9, int), np.zeros((9, 3))
        self.fails(self.data, "/first", "/second", "/third", "9", "8")

    def test_a_file_without_datasets(self):
        with h5py.File(self.data, "w"):
            pass
        self.fails(self.data, ranks=(None,))

    def test_a_model_given_as_data_and_data_as_model(self):
        self.fails(self.model, data=self.model, ranks=(None,))
        self.fails(self.data, model=self.data, options=["--activation", "relu"], ranks=(None,))


class BadRows(BadInput):
    def test_inputs_and_labels_of_different_length(self):
        self.write(np.zeros((30, 8)), np.zeros(29, int))
        self.fails(self.data, "inputs", "labels", "30", "29")

    def test_no_rows(self):
        self.write(np.zeros((0, 8)), np.zeros(0, int))
        self.fails(self.data, "inputs", "0")

    def test_a_first_row_past_the_end(self):
        self.fails(self.data, "30", "--first-row", options=["--first-row", "30"])

    def test_rows_that_do_not_fit_the_first_layer(self):
        self.write(np.zeros((30, 3, 3)), np.zeros(30, int))
        self.fails(self.data, self.model, "inputs", "9", "8")

    def test_labels_outside_the_classes_name_their_row(self):
        for label in (4, -1, 1000, 2 ** 40):
            for row in (0, 17, 29):
                labels = np.zeros(30, np.int64)
                labels[row] = label
                self.write(np.zeros((30, 8)), labels)
                self.fails(self.data, "labels", f"row {row}", str(label), ranks=(3,) if row == 17 else (None,))
        self.fails(self.data, "row 29", options=["--first-row", "20", "--limit", "10"])

    def test_the_row_named_is_the_first_at_any_number_of_ranks(self):
        labels = np.zeros(5000, np.int64)
        labels[[1234, 4000]] = 7, 9
        self.write(np.zeros((5000, 8), np.float32), labels)
        self.fails(self.data, "row 1234", "7", options=["--batch-size", "1"], ranks=(None, 2, 4))

    def test_labels_that_are_no_classes(self):
        for labels, words in [(np.full(30, 0.5), ["0.5"]), (np.full(30, np.nan), []), (np.zeros((30, 7), int), ["7"]),
                              (np.zeros((30, 2, 2), int), ["2"]), (np.float64(3), [])]:
            with self.subTest(labels=str(np.shape(labels))):
                self.write(np.zeros((30, 8)), labels)
                self.fails(self.data, "labels", *words, ranks=(None,))
        self.write(np.zeros((30, 8)), np.zeros((30, 4), int))  # one-hot rows without a one
        self.fails(self.data, "labels", "row 0")

    def test_text_where_numbers_should_be(self):
        text = np.array(["three"] * 30, dtype=object)
        self.write(np.zeros((30, 8)), text)
        self.fails(self.data, "labels")
        self.write(np.array([["1"] * 8] * 30, dtype="S4"), np.zeros(30, int))
        self.fails(self.data, "inputs")
        self.write(np.zeros((30, 8), np.complex64), np.zeros(30, int))
        self.fails(self.data, "inputs", ranks=(None,))


class BadModels(BadInput):
    def test_layers_that_do_not_fit_each_other(self):
        layers = self.layers(8, 5, 4)
        layers[1]["weights"] = np.zeros((6, 4))
        networks.write_native(self.model, layers)
        self.fails(self.model, "5", "6")
        networks.write_bare(self.model, layers)
        self.fails(self.model, "5", "6", options=["--activation", "relu"])

    def test_a_bias_that_does_not_fit_its_weights(self):
        layers = self.layers(8, 5, 4)
        layers[0]["bias"] = np.zeros(6)
        networks.write_bare(self.model, layers)
        self.fails(self.model, "b1", "5", "6", options=["--activation", "relu"])

    def test_bare_weights_need_their_activations(self):
        networks.write_bare(self.model, self.layers())
        self.fails(self.model, "--activation", code=2)
        self.fails(self.model, "2", "1", options=["--activation", "relu,relu"], code=2)
        self.fails(self.model, "maxout", "3-D", options=["--activation", "maxout:2"], code=None, ranks=(None,))

    def test_an_output_that_no_network_ends_with(self):
        networks.write_bare(self.model, self.layers())
        self.fails("relu", "softmax", "sigmoid", "identity", options=["--activation", "relu", "--output", "relu"],
                   code=None, ranks=(None,))

    def test_an_activation_that_contradicts_the_file(self):
        self.fails(self.model, "tanh", "relu", options=["--activation", "tanh"], code=2)

    def test_an_unknown_activation_in_the_file_lists_the_known(self):
        with h5py.File(self.model, "a") as file:
            file["layer1"].attrs["activation"] = "wobble"
        self.fails(self.model, "wobble", "sigmoid", "leaky_relu", "softmax")

    def test_text_weights(self):
        with h5py.File(self.model, "w") as file:
            file["W1"] = np.array([["1"] * 4] * 8, dtype="S1")
        self.fails(self.model, "W1", options=["--output", "softmax"], ranks=(None,))

    def test_a_pickle_executes_nothing(self):
        proof = self.path("executed")

        class Hostile:
            def __reduce__(self):
                return os.system, (f"touch {proof}",)

        for content in (Hostile(), {"W1": Hostile()}, {"W1": np.zeros((8, 4)), "b1": [Hostile()]}):
            for protocol in (2, 3, 4, 5):
                path = self.file("hostile.pkl", pickle.dumps(content, protocol))
                self.fails(path, "system", model=path, ranks=(None,))
                self.assertFalse(os.path.exists(proof))
        self.fails(path, "system", model=path, ranks=(3,))
        self.assert_fails(["inspect", path], path, "system", code=1)
        self.assert_fails(["import", "model", path, "-o", self.path("out.h5")], path, "system", code=1)

    def test_a_truncated_pickle(self):
        content = pickle.dumps({"W1": np.zeros((8, 4)), "b1": np.zeros(4)}, 3)
        for length in (1, 40, len(content) // 2, len(content) - 1):
            path = self.file("cut.pkl", content[:length])
            self.fails(path, model=path, ranks=(None,))


if __name__ == "__main__":
    unittest.main(verbosity=2)
