#!/usr/bin/python3
"""jobs/evaluate.sbatch on a Slurm of two nodes: the same result as on one, and both took part."""
import os
import unittest

import bed
import slurm
from evaluation import DIGITS, SBATCH, Evaluations, TALLY

# Under srun, Debian 12's Open MPI 4.1.4 jumps to a null pointer in about one of 500 starts: a peer's first message
# arrives (in btl_tcp, from opal_progress in MPI_Init) before its receiver is registered. Seen with a program that does
# nothing but MPI_Init and an allreduce; mpirun never showed it. A job that died so gets a second try, and only such.
_MPI_INIT_CRASH = "Failing at address: (nil)"


class Slurm(Evaluations):
    @classmethod
    def setUpClass(cls):
        cls.hosts = cls.enterClassContext(bed.Bed(2))
        cls.slurm = cls.enterClassContext(slurm.Cluster(cls.hosts))
        cls.one = cls.report(cls(), "one", lambda arguments: cls.hosts[0].run(
            [TALLY, "evaluate", *DIGITS, *arguments], check=False, capture_output=True, text=True))

    def evaluate(self, name, *sbatch_options):
        """Returns the report and what the job printed."""
        output = []

        def launch(arguments):
            done = self.slurm.submit([*sbatch_options, SBATCH, *DIGITS, *arguments])
            if done.returncode != 0 and _MPI_INIT_CRASH in done.stdout:
                print(f"a rank died inside MPI_Init; once more\n{done.stdout}", flush=True)
                done = self.slurm.submit([*sbatch_options, SBATCH, *DIGITS, *arguments])
            output.append(done.stdout)
            return done

        return self.report(name, launch), output[0]

    def test_two_nodes_give_the_result_of_one(self):
        self.assert_scikit_learns_count(self.one)
        two, output = self.evaluate("two", "-N2")
        self.assertIn("srun --mpi=pmix --cpus-per-task=2 ", output)
        self.assert_same_result(self.one, two)
        self.assert_ran_on(two, self.hosts, 1)

    def test_ranks_per_node_and_threads_per_rank_are_sbatchs(self):
        four, output = self.evaluate("four", "-N2", "--ntasks-per-node=2", "--cpus-per-task=1")
        self.assertIn("--cpus-per-task=1 ", output)
        self.assert_same_result(self.one, four)
        self.assert_ran_on(four, self.hosts, 2)

    def test_mpirun_where_srun_has_no_pmix(self):
        folder = f"{bed.FOLDER}/no-pmix"
        os.makedirs(folder)
        with open(f"{folder}/srun", "w", encoding="ascii") as file:
            file.write('#!/bin/sh\n[ "$1" != --mpi=list ] || exec echo none\nexec /usr/bin/srun "$@"\n')
        os.chmod(f"{folder}/srun", 0o755)
        path = self.slurm.environment["PATH"]
        self.slurm.environment["PATH"] = f"{folder}:{path}"
        self.addCleanup(self.slurm.environment.update, PATH=path)
        two, output = self.evaluate("mpirun", "-N2")
        self.assertIn("+ mpirun --map-by ppr:1:node ", output)
        self.assert_same_result(self.one, two)
        self.assert_ran_on(two, self.hosts, 1)

    def test_a_missing_file_ends_the_job(self):
        done = self.slurm.submit(["-N2", SBATCH, "--model", DIGITS[1], "--data", "/nowhere/digits.h5"], timeout=60)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("/nowhere/digits.h5", done.stdout)


if __name__ == "__main__":
    bed.require_tools("mpirun", *slurm.TOOLS)
    bed.isolate()
    unittest.main(verbosity=2)
