#!/usr/bin/python3
"""The commands beside evaluate: what they print, what they write, and that mpirun does not make them run twice."""
import os
import shutil
import unittest
import xml.etree.ElementTree

import harness

# What evaluate will know some day: an option is in the help only once it works.
NOT_BUILT = ["--ignore-label", "--top-k", "--html", "--checkpoint", "--resume",
             "--require-accuracy", "--progress"]
BUILT = ["--model", "--data", "--inputs", "--labels", "--scale", "--offset", "--activation", "--output", "--batch-size",
         "--threads", "--limit", "--first-row", "--predictions", "--probabilities", "--report", "--reader",
         "--buffer-memory", "--stall-timeout", "--quiet", "--help"]


class Help(harness.TallyTest):
    def test_version_names_everything_that_decides_bits(self):
        text = self.tally("--version").stdout
        self.assertRegex(text, r"\Atally \d+\.\d+\.\d+ \(")
        for word in ("BLIS ", "configuration ", "vector ", "HDF5 ", "MPI "):
            self.assertIn(word, text)

    def test_help_lists_the_commands(self):
        text = self.tally("--help").stdout
        for command in ("evaluate", "bench", "inspect", "import", "activations"):
            self.assertIn(command, text)
        for command in ("doctor", "plan"):
            self.assertNotIn(command, text)
        self.assertEqual(self.tally("-h").stdout, text)

    def test_every_command_has_help(self):
        for command in (["evaluate"], ["bench"], ["inspect"], ["import"], ["import", "idx"], ["import", "model"],
                        ["activations"]):
            with self.subTest(command=command):
                text = self.tally(*command, "--help").stdout
                self.assertIn("tally " + " ".join(command), text)
                self.assertIn("Usage:", text)

    def test_evaluate_offers_what_is_built_and_nothing_else(self):
        text = self.tally("evaluate", "--help").stdout
        for option in BUILT:
            self.assertIn(option, text)
        for option in NOT_BUILT:
            self.assertNotIn(option, text)
            self.assert_fails(["evaluate", "--model", harness.DIGITS_MODEL, "--data", harness.DIGITS, option], code=2)

    def test_every_command_that_reads_a_model_takes_its_activations(self):
        for command in (["evaluate"], ["bench"], ["inspect"], ["import", "model"]):
            text = self.tally(*command, "--help").stdout
            self.assertIn("--activation", text)
            self.assertIn("--output", text)


class Inspect(harness.TallyTest):
    def test_a_model_and_a_dataset(self):
        text = self.tally("inspect", harness.DIGITS_MODEL, harness.DIGITS).stdout
        for word in ("9,360 parameters", "sigmoid", "softmax", "600 rows of 64 inputs", "/inputs  uint8 [600, 8, 8]",
                     "/labels  uint8 [600]", "x 1/16"):
            self.assertIn(word, text)

    def test_bare_weights_with_and_without_activations(self):
        harness.require("numpy", "h5py")
        import networks
        import numpy as np
        random = np.random.default_rng(1)
        weights = self.path("weights.h5")
        networks.write_bare(weights, [networks.random_layer(random, 7, 5, "relu"),
                                      networks.random_layer(random, 5, 3, "softmax")])
        text = self.tally("inspect", weights).stdout
        self.assertEqual(text.count("not stored"), 2, text)
        self.assertIn("58 parameters", text)
        text = self.tally("inspect", weights, "--activation", "leaky_relu:0.2").stdout
        self.assertIn("leaky_relu:0.2", text)
        self.assertIn("softmax", text)
        self.assertNotIn("not stored", text)


class ImportModel(harness.TallyTest):
    def test_a_native_copy_gives_the_same_predictions(self):
        copy = self.path("copy.h5")
        self.tally("import", "model", harness.DIGITS_MODEL, "-o", copy)
        seen = []
        for model in (harness.DIGITS_MODEL, copy):
            _, path = self.evaluate("--model", model, "--data", harness.DIGITS, "--probabilities", predictions=True)
            seen.append(harness.read_bytes(path))
        self.assertTrue(seen[0] == seen[1])

    def test_a_copy_of_a_copy_is_the_same_file(self):
        once, twice = self.path("once.h5"), self.path("twice.h5")
        self.tally("import", "model", harness.DIGITS_MODEL, "-o", once)
        self.tally("import", "model", once, "-o", twice)
        self.assertTrue(harness.read_bytes(once) == harness.read_bytes(twice))

    def test_several_processes_leave_one_whole_file(self):
        alone, together = self.path("alone.h5"), self.path("together.h5")
        self.tally("import", "model", harness.DIGITS_MODEL, "-o", alone)
        self.tally("import", "model", harness.DIGITS_MODEL, "-o", together, np=3)
        self.assertTrue(harness.read_bytes(alone) == harness.read_bytes(together))
        self.assertEqual(sorted(self.listing()), [alone, together])


class Activations(harness.TallyTest):
    NAMES = ["identity", "step", "sigmoid", "relu", "leaky_relu", "prelu", "elu", "selu", "tanh", "maxout", "gelu",
             "gelu_tanh", "silu", "softplus", "softsign", "hard_sigmoid", "relu6", "softmax"]

    def test_text_shows_formulas_values_and_curves(self):
        text = self.tally("activations").stdout
        self.assertEqual([line for line in text.splitlines() if line in self.NAMES], self.NAMES)
        self.assertEqual(text.count("  f(x) = "), len(self.NAMES))
        for words in ("f(x) = 1 / (1 + exp(-x))", "f(-5) = 0.00669285", "f(1) = 0.731059", "f(NaN) = NaN",
                      "1 for x > 0, else 0", "f(-1) = -0.632121", "f(1) = 0.841345"):
            self.assertIn(words, text)
        self.assertGreaterEqual(text.count("*"), 61 * 16)

    @unittest.skipIf(shutil.which("gnuplot") is None and not harness.oracles_required(), "no gnuplot")
    def test_plots_are_pictures(self):
        svg, png = self.path("plot.svg"), self.path("plot.png")
        self.tally("activations", "--plot", svg)
        self.tally("activations", "--plot", png)
        root = xml.etree.ElementTree.parse(svg).getroot()
        self.assertTrue(root.tag.endswith("svg"), root.tag)
        shown = "".join(root.itertext())
        for name in self.NAMES:
            self.assertIn(name, shown)
        picture = harness.read_bytes(png)
        self.assertEqual(picture[:8], b"\x89PNG\r\n\x1a\n")
        self.assertEqual(picture[-8:-4], b"IEND")
        self.assertEqual(sorted(os.listdir(self.folder)), ["plot.png", "plot.svg"])

    def test_a_plot_needs_a_known_ending_and_a_folder(self):
        self.assert_fails(["activations", "--plot", self.path("plot.pdf")], "plot.pdf", ".svg", ".png", code=2)
        self.assert_fails(["activations", "--plot", self.path("none/plot.svg")], "none/plot.svg")

    def test_without_gnuplot_it_says_what_to_install(self):
        self.assert_fails(["activations", "--plot", self.path("plot.svg")], "gnuplot", code=1,
                          environment={"PATH": self.folder})


if __name__ == "__main__":
    unittest.main(verbosity=2)
