"""cmake/FindBLIS.cmake takes a BLIS whose microkernels Tally can call, and says what is wrong with another.

Arguments: cmake, ar, and the folder of FindBLIS.cmake.
"""

import pathlib
import subprocess
import sys
import tempfile
import unittest

PROJECT = """cmake_minimum_required(VERSION 3.25)
project(probe LANGUAGES C CXX)
list(APPEND CMAKE_MODULE_PATH {modules})
find_package(BLIS REQUIRED)
message(STATUS "BLIS is \\"${{BLIS_VERSION}}\\", OpenMP ${{BLIS_OPENMP}}")
"""

# What a blis.h declares of what FindBLIS asks for.
HEADER = """
#ifdef __cplusplus
extern "C" {{
#endif
typedef long dim_t;
typedef long inc_t;
typedef struct {{ int x; }} auxinfo_t;
typedef struct {{ int x; }} cntx_t;
enum {{ BLIS_FLOAT, BLIS_GEMM_UKR, BLIS_MR }};
typedef void (*sgemm_ukr_ft)({sizes}float*, float*, float*, float*, float*, inc_t, inc_t, auxinfo_t*, {const}cntx_t*);
{const}cntx_t* bli_gks_query_cntx(void);
void* bli_cntx_get_{infix}ukr_dt(int, int, {const}cntx_t*);
int bli_cntx_{infix}ukr_prefers_rows_dt(int, int, {const}cntx_t*);
dim_t bli_cntx_get_blksz_def_dt(int, int, {const}cntx_t*);
static inline const char* bli_info_get_version_str(void) {{ return "{version}"; }}
#ifdef __cplusplus
}}
#endif
"""
MNK = "dim_t, dim_t, dim_t, "


class FindBlis(unittest.TestCase):
    def configure(self, version, sizes=MNK, const="", infix="l3_nat_"):
        """(exit code, what cmake printed) with a BLIS of that kind."""
        cmake, ar, modules = sys.argv[1:4]
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            for part in ("blis/include", "blis/lib", "source"):
                (folder / part).mkdir(parents=True)
            header = HEADER.format(version=version, sizes=sizes, const=const, infix=infix)
            (folder / "blis/include/blis.h").write_text(header)
            subprocess.run([ar, "rc", folder / "blis/lib/libblis.a"], check=True)
            (folder / "source/CMakeLists.txt").write_text(PROJECT.format(modules=modules))
            command = [cmake, "-S", folder / "source", "-B", folder / "build", f"-DBLIS_ROOT={folder / 'blis'}"]
            run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
            return run.returncode, " ".join(run.stdout.split())

    def expect_refusal(self, version, **kind):
        code, text = self.configure(version, **kind)
        self.assertNotEqual(code, 0, text)
        self.assertIn(f"BLIS {version} in ", text)
        self.assertIn("has not the microkernels of BLIS 0.9", text)
        self.assertIn("TALLY_WITH_BLIS=OFF", text)

    def test_one_of_0_9_is_taken(self):
        for version in ("0.9.0", "AOCL-BLIS 9.9 Build 1"):
            code, text = self.configure(version)
            self.assertEqual(code, 0, text)
            self.assertIn(f'BLIS is "{version}", OpenMP FALSE', text)

    def test_1_0_is_refused(self):
        self.expect_refusal("1.0", const="const ", infix="")

    def test_a_snapshot_with_the_new_names_is_refused(self):
        self.expect_refusal("0.9.0-77", infix="")

    def test_kernels_without_m_and_n_are_refused(self):
        self.expect_refusal("0.8.1", sizes="dim_t, ")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
