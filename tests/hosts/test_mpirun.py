#!/usr/bin/python3
"""jobs/mpirun.sh over two hosts: the same result as on one, and both took part."""
import unittest

import bed
from evaluation import DIGITS, MPIRUN, Evaluations


class Mpirun(Evaluations):
    @classmethod
    def setUpClass(cls):
        cls.hosts = cls.enterClassContext(bed.Bed(2))

    def evaluate(self, name, *launch_options):
        return self.report(name, lambda arguments: self.hosts[0].run(
            [MPIRUN, *launch_options, *DIGITS, *arguments], env=bed.mpi_environment(), check=False,
            capture_output=True, text=True))

    def test_two_hosts_give_the_result_of_one(self):
        one = self.evaluate("one")
        self.assertEqual(one["run"]["hosts"], ["tally-h0"])
        self.assert_scikit_learns_count(one)
        names = ",".join(host.name for host in self.hosts)
        for ranks_per_host in (1, 2):
            with self.subTest(ranks_per_host=ranks_per_host):
                two = self.evaluate(f"two{ranks_per_host}", "-H", names, "-N", str(ranks_per_host))
                self.assert_same_result(one, two)
                self.assert_ran_on(two, self.hosts, ranks_per_host)

    def test_bound_ranks(self):
        names = ",".join(host.name for host in self.hosts)
        bound = self.evaluate("bound", "-H", names, "-N", "1", "-c", "1")
        self.assert_ran_on(bound, self.hosts, 1)
        self.assertEqual(bound["run"]["threads_per_rank"], 1)

    def test_a_missing_file_ends_both_hosts(self):
        names = ",".join(host.name for host in self.hosts)
        done = self.hosts[0].run([MPIRUN, "-H", names, "--model", DIGITS[1], "--data", "/nowhere/digits.h5"],
                                 env=bed.mpi_environment(), check=False, capture_output=True, text=True, timeout=30)
        self.assertEqual(done.returncode, 1, done.stderr)
        lines = [line for line in done.stderr.splitlines() if line.startswith("tally: ")]
        self.assertEqual(len(lines), 1, done.stderr)
        self.assertIn("/nowhere/digits.h5", lines[0])


if __name__ == "__main__":
    bed.require_tools("mpirun")
    bed.isolate()
    unittest.main(verbosity=2)
