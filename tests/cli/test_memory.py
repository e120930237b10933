"""How much memory a rank takes: twice the model while its weights are packed, and for rows what it is allowed."""
import json
import unittest

import harness

harness.require("h5py", "numpy")
import h5py  # noqa: E402
import numpy as np  # noqa: E402

import networks  # noqa: E402

MIB = 1 << 20
# The program, MPI's buffers, a thread's workspace, and buffers for few rows. What a rank may take for many rows is more.
BESIDE_THE_MODEL = 150 * MIB
WIDE = 7000


class LargeModel(harness.TallyTest):
    def setUp(self):
        super().setUp()
        self.model, self.data = self.path("model.h5"), self.path("data.h5")
        with h5py.File(self.model, "w") as file:
            file.attrs["format"], file.attrs["version"] = "tally-model", 1
            sizes = [20, WIDE, WIDE, 3]
            for number, (inputs, outputs) in enumerate(zip(sizes, sizes[1:]), start=1):
                group = file.create_group(f"layer{number}")
                group["weights"] = np.full((inputs, outputs), 1 / inputs, np.float32)
                group["bias"] = np.zeros(outputs, np.float32)
                group.attrs["activation"] = "relu" if number < len(sizes) - 1 else "softmax"
        networks.write_dataset(self.data, np.zeros((8, sizes[0]), np.float32), np.zeros(8, int))

    def test_a_rank_never_holds_more_than_the_model_and_its_packed_form(self):
        for np_ in (None, 2):
            with self.subTest(np=np_):
                report = json.loads(self.evaluate("--model", self.model, "--data", self.data, "--threads", 1, np=np_)[0])
                weights = 4 * report["model"]["parameters"]
                self.assertGreater(weights, 4 * WIDE * WIDE)
                self.assertEqual(report["correct"], 8)
                self.assertLess(report["performance"]["peak_rss_bytes"], BESIDE_THE_MODEL + 2 * weights)


class Rows(harness.TallyTest):
    """Rows of any number, width and chunk: never much more than the limit, or two rows, or two chunks."""
    def write_model(self, inputs):
        self.model = self.path("model.h5")
        # All ones: the label of every row of zeros is class 0, which the bias says.
        with h5py.File(self.model, "w") as file:
            file.attrs["format"], file.attrs["version"] = "tally-model", 1
            group = file.create_group("layer1")
            group["weights"] = np.ones((inputs, 1), np.float32)
            group["bias"] = np.full(1, -1.0, np.float32)
            group.attrs["activation"] = "sigmoid"

    def write_sparse(self, rows, inputs, dtype):
        """Zeros that take no disk."""
        path = self.path("data.h5")
        with h5py.File(path, "w") as file:
            for name, shape, kind in (("inputs", (rows, inputs), dtype), ("labels", (rows,), "u1")):
                create = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
                create.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
                create.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
                h5py.h5d.create(file.id, name.encode(), h5py.h5t.py_create(np.dtype(kind)),
                                h5py.h5s.create_simple(shape), create)
        return path

    def assert_takes(self, data, rows, bytes_allowed, *options, np_=None):
        report = json.loads(self.evaluate("--model", self.model, "--data", data, "--threads", 2, *options, np=np_)[0])
        self.assertEqual((report["samples"], report["correct"]), (rows, rows))
        # Packed, one output takes as much as a tile of the microkernel; and the model is there twice meanwhile.
        weights = 4 * report["data"]["inputs"] * 32
        self.assertLess(report["performance"]["peak_rss_bytes"], BESIDE_THE_MODEL + 2 * weights + bytes_allowed)

    def test_many_rows_of_a_byte(self):
        rows = 20_000_000
        self.write_model(1)
        data = self.write_sparse(rows, 1, "u1")
        self.assert_takes(data, rows, 16 * MIB, "--buffer-memory", "16M")
        self.assert_takes(data, rows, 16 * MIB, "--buffer-memory", "16M", np_=3)

    def test_rows_of_64_mib(self):
        inputs = 8 << 20
        self.write_model(inputs)
        data = self.write_sparse(5, inputs, "f8")
        for np_ in (None, 2):
            self.assert_takes(data, 5, 128 * MIB, "--buffer-memory", "1M", np_=np_)
        self.assert_takes(data, 5, 128 * MIB, "--buffer-memory", "1M", "--reader", "each", np_=2)

    def write_chunks(self, rows, inputs, chunks):
        path = self.path("chunks.h5")
        with h5py.File(path, "w") as file:
            file.create_dataset("inputs", (rows, inputs), "f4", chunks=chunks, compression="gzip", fillvalue=0,
                                shuffle=True)
            values = np.zeros((min(rows, max(1, (16 << 20) // inputs)), inputs), np.float32)
            for first in range(0, rows, len(values)):
                count = min(len(values), rows - first)
                file["inputs"][first:first + count] = values[:count]
            file["labels"] = np.zeros(rows, np.uint8)
        return path

    def test_one_chunk_of_all_rows(self):
        rows, inputs = 60_000, 256
        self.write_model(inputs)
        data = self.write_chunks(rows, inputs, (rows, inputs))
        for np_ in (None, 2):
            self.assert_takes(data, rows, 2 * 4 * rows * inputs + MIB, "--buffer-memory", "1M", np_=np_)

    def test_chunks_larger_than_the_limit(self):
        rows, inputs, chunk = 100_000, 256, 25_000
        self.write_model(inputs)
        data = self.write_chunks(rows, inputs, (chunk, inputs))
        for options in ([], ["--reader", "each"]):
            self.assert_takes(data, rows, 4 * 4 * chunk * inputs + MIB, "--buffer-memory", "1M", *options, np_=2)

    def test_columns(self):
        rows, inputs = 100_000, 64
        self.write_model(inputs)
        data = self.write_chunks(rows, inputs, (rows, 1))
        self.assert_takes(data, rows, 8 * MIB, "--buffer-memory", "8M")


if __name__ == "__main__":
    unittest.main(verbosity=2)
