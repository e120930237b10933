#!/usr/bin/python3
"""The benchmark command: what it prints and reports, and that it ends in time. Speed itself is not tested."""
import json
import os
import platform
import subprocess
import time
import unittest

import harness

harness.require("numpy", "h5py")
import networks  # noqa: E402
import numpy as np  # noqa: E402

NUMBERS = ["samples_per_second", "gflops", "fma_peak_gflops", "fraction_of_peak", "gemm_fraction_of_peak",
           "busy_fraction", "issued_per_useful", "seconds"]
COUNTS = ["threads", "batch_size", "rows", "parameters", "flops_per_sample", "intervals"]
TEXTS = ["input_dtype", "limit", "model", "model_shape", "blis_configuration", "vector_isa", "version", "command"]
BENCH = ["bench", "--model", harness.DIGITS_MODEL]


class Bench(harness.TallyTest):
    def bench(self, *options, seconds=0.05, model=harness.DIGITS_MODEL, environment=None):
        """(finished process, list of measurements); it ends in the time that is promised."""
        report = self.path("bench.json")
        start = time.monotonic()
        done = self.tally("bench", "--model", model, "--seconds", seconds, "--report", report, *options,
                          environment=environment)
        self.assertLess(time.monotonic() - start, 3 * seconds + 10)
        self.document = json.loads(harness.read_bytes(report))
        return done, self.document if isinstance(self.document, list) else [self.document]

    def assert_sound(self, one):
        for key in NUMBERS:
            self.assertIsInstance(one[key], float, key)
            self.assertGreater(one[key], 0.0, key)
        for key in COUNTS:
            self.assertIsInstance(one[key], int, key)
            self.assertGreater(one[key], 0, key)
        for key in TEXTS:
            self.assertIsInstance(one[key], str, key)
            self.assertNotEqual(one[key], "", key)
        self.assertEqual(list(one["phases"]), ["pack", "gemm", "activation", "softmax"])
        for share in one["phases"].values():
            self.assertTrue(0.0 <= share <= 1.0, one["phases"])
        self.assertAlmostEqual(sum(one["phases"].values()), 1.0, places=9)
        self.assertAlmostEqual(one["fraction_of_peak"] * one["fma_peak_gflops"] / one["gflops"], 1.0, places=9)
        gflops = one["samples_per_second"] * one["flops_per_sample"] * 1e-9
        self.assertAlmostEqual(gflops / one["gflops"], 1.0, places=9)
        self.assertGreaterEqual(one["issued_per_useful"], 1.0)
        self.assertLessEqual(one["busy_fraction"], 1.0)

    def test_one_number_of_threads_is_one_object(self):
        done, [one] = self.bench("--threads", 1, "--batch-size", 13)
        self.assertIsInstance(self.document, dict)
        self.assert_sound(one)
        self.assertEqual((one["threads"], one["input_dtype"], one["batch_size"]), (1, "float32", 13))
        self.assertEqual((one["model_shape"], one["parameters"], one["flops_per_sample"]), ("64-50-100-10", 9360, 18400))
        self.assertGreater(one["rows"] * 64 * 4, 256 << 20)
        for words in ("samples/s", "GFLOP/s", "FMA peak", "packing", "GEMM", "activation", "softmax", "limited by",
                      one["blis_configuration"], one["vector_isa"]):
            self.assertIn(words, done.stdout)

    def test_without_threads_it_doubles_them(self):
        _, all_ = self.bench(environment={"OMP_NUM_THREADS": "3"})
        self.assertIsInstance(self.document, list)
        self.assertEqual([one["threads"] for one in all_], [1, 2, 3])
        for one in all_:
            self.assert_sound(one)

    def test_bound_threads_have_the_same_cpus(self):
        """OpenMP binds the first thread before main: its mask is not the process's."""
        if "libomp" in subprocess.run(["ldd", harness.TALLY], capture_output=True, text=True, check=True).stdout:
            self.skipTest("two OpenMP runtimes: BLIS's binds the first thread before the other one looks")
        _, free = self.bench()
        for bind in ("true", "close", "spread"):
            done, bound = self.bench(environment={"OMP_PROC_BIND": bind})
            self.assertEqual([one["threads"] for one in bound], [one["threads"] for one in free], bind)
            self.assertNotIn("share", done.stderr)
        cpus = sorted(os.sched_getaffinity(0))
        if len(cpus) > 1:
            one_place = {"OMP_PLACES": "{%d}" % cpus[-1], "OMP_PROC_BIND": "true"}
            for environment in (one_place, {"OMP_PROC_BIND": "master"}):
                done, _ = self.bench("--threads", 2, environment=environment)
                self.assertIn("2 threads of 1 rank share 1 CPU (", done.stderr)

    def test_threads_that_openmp_does_not_give_are_not_counted(self):
        done, [one] = self.bench("--threads", 2, environment={"OMP_THREAD_LIMIT": "1"})
        self.assertEqual(one["threads"], 1)
        self.assertIn("tally: warning: --threads 2 is more than OMP_THREAD_LIMIT: using 1", done.stderr)
        # Where it is to use no more threads than CPUs, they are the ones that were asked for nevertheless.
        _, [one] = self.bench("--threads", 3, environment={"OMP_DYNAMIC": "true"})
        self.assertEqual(one["threads"], 3)
        # Counted wrongly, it was three times the peak; beside other programs the peak may be measured low.
        self.assertLess(one["fraction_of_peak"], 2.0)

    def test_bytes(self):
        _, [one] = self.bench("--threads", 2, "--input-dtype", "uint8")
        self.assert_sound(one)
        self.assertEqual(one["input_dtype"], "uint8")
        self.assertGreater(one["rows"] * 64, 256 << 20)

    def test_any_network_in_time(self):
        random = np.random.default_rng(5)
        shapes = {"one unit": (1, [("sigmoid", 1)]), "narrow": (3, [("maxout:3", 5), ("softmax", 2)]),
                  "wide": (300_000, [("relu", 8), ("softmax", 10)]), "big": (784, [("tanh", 4096), ("softmax", 2000)])}
        for name, (inputs, layers) in shapes.items():
            for options in (["--batch-size", 1], ["--batch-size", 10**12]):
                with self.subTest(name=name, options=options):
                    model, built, width = self.path("model.h5"), [], inputs
                    for activation, outputs in layers:
                        kind, _, pieces = activation.partition(":")
                        more = {"pieces": int(pieces)} if pieces else {}
                        built.append(networks.random_layer(random, width, outputs, kind, **more))
                        width = outputs
                    networks.write_native(model, built)
                    _, [one] = self.bench("--threads", 2, *options, seconds=0.001, model=model)
                    self.assert_sound(one)

    def test_activations_of_bare_weights(self):
        random = np.random.default_rng(6)
        weights = self.path("weights.h5")
        networks.write_bare(weights, [networks.random_layer(random, 7, 5, "relu"),
                                      networks.random_layer(random, 5, 3, "softmax")])
        self.assert_fails(["bench", "--model", weights], "--activation", code=2)
        _, [one] = self.bench("--threads", 1, "--activation", "relu", "--output", "sigmoid", model=weights)
        self.assert_sound(one)

    def test_wrong_usage(self):
        for args, words in [(["bench"], ["--model"]), (BENCH + ["--frobnicate"], ["--frobnicate"]),
                            (BENCH + ["--threads", "0"], ["--threads", "0"]),
                            (BENCH + ["--batch-size", "0"], ["--batch-size", "0"]),
                            (BENCH + ["--seconds", "0"], ["--seconds", "0"]),
                            (BENCH + ["--seconds", "inf"], ["--seconds", "inf"]),
                            (BENCH + ["--input-dtype", "int8"], ["int8", "float32", "uint8"]),
                            (BENCH + ["--data", "d.h5"], ["--data"]),
                            (BENCH + ["--activation", "relu"], ["relu", "sigmoid"])]:
            with self.subTest(args=args):
                self.assert_fails(args, *words, code=2)

    def test_what_cannot_be_read_or_written(self):
        for path in (self.path("none/bench.json"), self.folder):
            self.assert_fails(BENCH + ["--report", path], path, code=1)
        self.assert_fails(["bench", "--model", self.path("none.h5")], self.path("none.h5"), code=1)
        self.assert_fails(["bench", "--model", harness.DIGITS], harness.DIGITS, code=1)
        self.assert_fails(BENCH + ["--report", harness.DIGITS_MODEL], "also read", code=2)
        for variable in ["TALLY_VECTOR_ISA"] + ["BLIS_ARCH_TYPE"] * harness.built_with_blis():
            self.assert_fails(BENCH, f"{variable}=wobble", code=1, environment={variable: "wobble"})

    def test_under_a_launcher_it_says_that_it_measures_alone(self):
        done = harness.run(BENCH + ["--threads", 1, "--seconds", 0.01], np=2)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stderr.count("2 processes were started, each of which measures alone"), 2, done.stderr)

    def test_a_report_to_an_open_stream_leaves_what_is_there(self):
        log = self.path("log.txt")
        with open(log, "w", encoding="utf-8") as stream:
            print("before", file=stream, flush=True)
            done = harness.run(BENCH + ["--threads", 1, "--seconds", 0.01, "--report", "/dev/stdout"], stdout=stream)
            print("after", file=stream, flush=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(log, encoding="utf-8") as stream:
            text = stream.read()
        self.assertTrue(text.startswith("before\n"), text[:200])
        self.assertTrue(text.endswith("}\nafter\n"), text[-200:])
        self.assertEqual(json.loads(text[text.index("\n{"):text.rindex("after")])["threads"], 1)

    def test_warnings_are_those_of_evaluate(self):
        threads = 8 * os.cpu_count()
        done, _ = self.bench("--threads", threads)
        self.assertIn("tally: warning: ", done.stderr)
        if platform.machine() == "x86_64":
            done, [one] = self.bench("--threads", 1, environment={"TALLY_VECTOR_ISA": "sse2"})
            self.assertEqual(one["vector_isa"], "sse2")
            _, [plain] = self.bench("--threads", 1)
            forced = "tally: warning: TALLY_VECTOR_ISA forces the vector instruction set: sse2"
            self.assertEqual(forced in done.stderr, plain["vector_isa"] != "sse2", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
