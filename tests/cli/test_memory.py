"""How much memory a rank takes: twice the model while its weights are packed, and little beside it."""
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


if __name__ == "__main__":
    unittest.main(verbosity=2)
