"""The kernels' tests on a CPU that this machine's may have outgrown: python3 test_emulated_cpu.py CPU TEST_KERNELS

What the instruction set decides: the choice of it, the golden bits, and every kernel of vector/ but the slow suites,
which would take a minute. Needs qemu-x86_64: without it, exit code 77, or failure with TALLY_REQUIRE_ORACLES.
"""
import os
import re
import shutil
import subprocess
import sys

SUITES = ["GoldenBits.*", "PackInput.*", "Float16.*", "Score.*", "Softmax.*", "*VectorIsa.*", "*VectorElementary.*",
          "*VectorActivation.*", "*VectorMultiply.*", "*VectorPack*", "VectorFill.*", "VectorBurn.*"]
MOST_SECONDS = 110
EXIT_SKIPPED = 77


def main():
    cpu, test_kernels = sys.argv[1:]
    emulator = shutil.which("qemu-x86_64")
    if emulator is None:
        print("needs qemu-x86_64 (qemu-user)")
        return 1 if os.environ.get("TALLY_REQUIRE_ORACLES", "").upper() not in ("", "0", "OFF", "FALSE") else EXIT_SKIPPED
    command = [emulator, "-cpu", cpu, test_kernels, "--gtest_brief=1", "--gtest_filter=" + ":".join(SUITES)]
    # What is forced from outside may be what this CPU cannot run.
    variables = {name: value for name, value in os.environ.items() if name not in ("TALLY_VECTOR_ISA", "BLIS_ARCH_TYPE")}
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", timeout=MOST_SECONDS, env=variables, check=False)
    print(done.stdout)
    passed = re.search(r"\[  PASSED  \] (\d+) tests", done.stdout)
    return 0 if done.returncode == 0 and passed and int(passed[1]) > len(SUITES) else 1


if __name__ == "__main__":
    sys.exit(main())
