#!/usr/bin/python3
"""Command lines that are wrong, and outputs that cannot be written: one line, code 2 for usage, nothing left behind."""
import os
import unittest

import harness

JOB = ["evaluate", "--model", harness.DIGITS_MODEL, "--data", harness.DIGITS]
KNOWN_ACTIVATIONS = ["sigmoid", "relu", "leaky_relu", "elu", "maxout", "tanh", "identity", "step", "softmax"]


class Usage(harness.TallyTest):
    def test_wrong_command_lines(self):
        for args, words in [([], ["--help"]),
                            (["frobnicate"], ["frobnicate"]),
                            (["--frobnicate"], ["--frobnicate"]),
                            (["evaluate"], ["--model"]),
                            (["evaluate", "--model", "m"], ["--data"]),
                            (JOB + ["--frobnicate"], ["--frobnicate"]),
                            (JOB + ["frobnicate"], ["frobnicate"]),
                            (JOB + ["--limit"], ["--limit"]),
                            (JOB + ["--data", "other.h5"], ["--data"]),
                            (["inspect"], ["inspect", "file"]),
                            (["import"], ["idx", "model"]),
                            (["import", "csv"], ["csv"]),
                            (["import", "idx", "--images", "i"], ["--labels"]),
                            (["import", "model", "m"], ["-o"]),
                            (["activations", "--plot"], ["--plot"])]:
            with self.subTest(args=args):
                self.assert_fails(args, *words, code=2)

    def test_wrong_numbers(self):
        for option, values in [("--batch-size", ["0", "-1", "ten", "1.5", "", "99999999999999999999"]),
                               ("--threads", ["0", "-2", "two", "99999999999999999999"]),
                               ("--limit", ["0", "-5", "all", "1e3"]),
                               ("--first-row", ["-1", "first"]),
                               ("--scale", ["big", "1/0", "1/", "/255", "1/255x", "nan", "inf"]),
                               ("--offset", ["half", ""]),
                               ("--stall-timeout", ["0", "-1", "soon"])]:
            for value in values:
                with self.subTest(option=option, value=value):
                    self.assert_fails(JOB + [option, value], option, value, code=2)

    def test_wrong_activations(self):
        for args in (["--activation", "wobble"], ["--output", "wobble"], ["--activation", "relu,wobble"]):
            for command in (JOB, ["inspect", harness.DIGITS_MODEL]):
                with self.subTest(args=args, command=command[0]):
                    self.assert_fails(command + args, "wobble", *KNOWN_ACTIVATIONS, code=2)
        for args, words in [(["--activation", "leaky_relu:x"], ["leaky_relu", "x"]),
                            (["--activation", "sigmoid:1"], ["sigmoid"]),
                            (["--activation", "maxout:0"], ["maxout", "0"]),
                            (["--activation", "relu,"], []),
                            (["--activation", "relu"], [harness.DIGITS_MODEL, "relu", "sigmoid"]),
                            (["--output", "identity"], [harness.DIGITS_MODEL, "identity", "softmax"]),
                            (["--output", "relu"], ["relu"])]:
            with self.subTest(args=args):
                self.assert_fails(JOB + args, *words, code=2)

    def test_probabilities_need_a_file(self):
        self.assert_fails(JOB + ["--probabilities"], "--probabilities", "--predictions", code=2)

    def test_under_mpirun_rank_0_alone_complains(self):
        for args, words in [(JOB + ["--threads", "0"], ["--threads", "0"]), (JOB + ["--output", "relu"], ["relu"]),
                            (JOB + ["--activation", "wobble"], KNOWN_ACTIVATIONS), (["evaluate"], ["--model"]),
                            (JOB + ["--probabilities"], ["--predictions"]), (JOB + ["--frobnicate"], ["--frobnicate"])]:
            with self.subTest(args=args):
                self.assert_fails(args, *words, code=2, np=3)

    def test_more_threads_than_make_sense_only_warn(self):
        threads = 8 * os.cpu_count()
        done = self.tally(*JOB, "--threads", threads)
        self.assertIn("tally: warning: ", done.stderr)
        self.assertIn(str(threads), done.stderr)
        self.assertIn("(579 of 600)", done.stdout)

    def test_more_ranks_than_make_sense_only_warn(self):
        done = self.tally(*JOB, "--threads", 4, "--limit", 3, np=6)
        self.assertIn("of 3)", done.stdout)


class Outputs(harness.TallyTest):
    def test_outputs_that_cannot_be_written(self):
        with open(self.path("file"), "w", encoding="utf-8") as file:
            file.write("not a folder")
        for option in ("--report", "--predictions"):
            for path in (self.path("none/out"), self.folder, self.path("file/out"), self.path("n" * 300)):
                for np_ in (None, 3) if path == self.folder else (None,):
                    with self.subTest(option=option, path=path, ranks=np_):
                        self.assert_fails(JOB + [option, path], path, np=np_, code=1)

    def test_one_good_output_is_not_written_when_the_other_is_bad(self):
        for np_ in (None, 3):
            self.assert_fails(JOB + ["--report", self.path("report.json"), "--predictions", self.path("none/p.h5")],
                              self.path("none/p.h5"), np=np_)
            self.assert_fails(JOB + ["--report", self.path("none/r.json"), "--predictions", self.path("p.h5")],
                              self.path("none/r.json"), np=np_)

    def test_the_outputs_of_import(self):
        for path in (self.path("none/out.h5"), self.folder):
            self.assert_fails(["import", "model", harness.DIGITS_MODEL, "-o", path], path, code=1)

    @unittest.skipUnless(os.path.exists("/dev/full"), "no /dev/full")
    def test_a_full_stdout_is_a_failure(self):
        for args in (JOB, ["inspect", harness.DIGITS], ["activations"], ["--version"], ["evaluate", "--help"]):
            with self.subTest(args=args), open("/dev/full", "w", encoding="utf-8") as full:
                self.assert_fails(args, "standard output", code=1, stdout=full)

    @unittest.skipUnless(os.path.exists("/dev/full"), "no /dev/full")
    def test_a_report_to_a_full_device_is_a_failure(self):
        self.assert_fails(JOB + ["--report", "/dev/full"], "/dev/full", code=1)

    def test_quiet_is_quiet(self):
        done = self.tally(*JOB, "--quiet", "--threads", 1)
        self.assertEqual((done.stdout, done.stderr), ("", ""))


if __name__ == "__main__":
    unittest.main(verbosity=2)
