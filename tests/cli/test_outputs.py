#!/usr/bin/python3
"""Output files: never at the cost of an input, of each other, or of a run that ended early."""
import json
import os
import shutil
import signal
import subprocess
import time
import unittest

from harness import DIGITS, DIGITS_MODEL, TALLY, TallyTest, read_bytes


class Outputs(TallyTest):
    def setUp(self):
        super().setUp()
        self.data, self.model = self.path("data.h5"), self.path("model.h5")
        shutil.copy(DIGITS, self.data)
        shutil.copy(DIGITS_MODEL, self.model)
        self.job = ["evaluate", "--model", self.model, "--data", self.data]

    def test_an_input_is_never_written(self):
        os.symlink(self.data, self.path("link.h5"))
        for option in ("--report", "--predictions"):
            for file in (self.data, self.model, self.path("link.h5")):
                self.assert_fails(self.job + [option, file], file, "also read", code=2)
        self.assert_fails(self.job + ["--report", self.data], self.data, code=2, np=3)
        self.assert_fails(["import", "model", self.model, "-o", self.model], "also read", code=2)

    def test_two_outputs_are_two_files(self):
        same = self.path("same")
        self.assert_fails(self.job + ["--report", same, "--predictions", same], same, "twice", code=2)

    def test_an_old_output_is_replaced_whole_and_survives_a_failure(self):
        report = self.path("report.json")
        with open(report, "w", encoding="utf-8") as file:
            file.write("old")
        self.assert_fails(self.job + ["--report", report, "--first-row", "600"], "600", code=1)
        self.assertEqual(read_bytes(report), b"old")
        self.tally(*self.job, "--report", report, "--quiet")
        self.assertEqual(json.loads(read_bytes(report))["samples"], 600)

    def test_a_run_that_is_terminated_leaves_no_temporary_file(self):
        before = self.listing()
        # A pipe nobody writes to holds the run at the model, after the outputs were reserved.
        pipe = self.path("pipe")
        os.mkfifo(pipe)
        process = subprocess.Popen([TALLY, "import", "model", pipe, "-o", self.path("out.h5")],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            time.sleep(0.2)
            process.send_signal(signal.SIGTERM)
            process.wait(30)
        finally:
            process.kill()
            process.wait(30)
        os.remove(pipe)
        self.assertEqual(self.listing(), before)

    def test_numbers_are_decimal(self):
        report = self.path("report.json")
        self.tally(*self.job, "--limit", "010", "--first-row", "007", "--report", report, "--quiet")
        self.assertEqual(json.loads(read_bytes(report))["samples"], 10)
        self.assert_fails(self.job + ["--limit", "0x10"], "0x10", code=2)


if __name__ == "__main__":
    unittest.main()
