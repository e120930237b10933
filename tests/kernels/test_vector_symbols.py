"""The objects of kernels/vector, compiled once for each instruction set, share no symbol.

Of a function that exists in several of them under one name (an inline function that the compiler put out of line) the
linker keeps any: a machine without AVX-512 might get the one that uses it. See kernels/vector/inlined.hpp.

Arguments: nm, an object that has such a symbol, and the objects of each instruction set with ':' between them.
"""

import os
import re
import subprocess
import sys
import unittest

# Of sanitizers and of coverage, and a pointer to the C++ runtime: the same in every object, whatever its instructions.
INSTRUMENTATION = re.compile(r"_*(asan|odr_asan|ubsan|tsan|msan|sanitizer|gcov|llvm|sancov)|DW\.ref\.__gxx_personality")


def symbols(nm, path):
    """[(kind, name)] of an object; kinds as nm names them."""
    text = subprocess.run([nm, path], check=True, capture_output=True, text=True).stdout
    return [tuple(line.split()[-2:]) for line in text.splitlines() if line.strip()]


def shared(found):
    """Names that other objects might define too: weak ones (W, V), unique ones (u), common ones (C)."""
    return [name for kind, name in found if kind in "WVuC" and not INSTRUMENTATION.match(name)]


def foreign(found, namespace):
    """Names of C++ that are called but lie outside of the object's own namespace: inline functions elsewhere."""
    return [name for kind, name in found
            if kind == "U" and name.startswith("_Z") and namespace not in name and not INSTRUMENTATION.match(name)]


class VectorSymbols(unittest.TestCase):
    def test_every_instruction_set_has_its_objects(self):
        self.assertTrue(OBJECTS)
        for path in OBJECTS:
            self.assertTrue(os.path.isfile(path), path)
        by_isa = {isa: sorted(os.path.basename(p) for p in OBJECTS if isa_of(p) == isa)
                  for isa in map(isa_of, OBJECTS)}
        self.assertIn("baseline", by_isa)
        for files in by_isa.values():
            self.assertEqual(files, by_isa["baseline"])

    def test_no_symbol_is_shared(self):
        for path in OBJECTS:
            found = symbols(NM, path)
            self.assertTrue(any(kind == "T" or kind == "R" or kind == "D" for kind, _ in found), path)
            self.assertEqual(shared(found), [], path)

    def test_nothing_is_called_outside(self):
        for path in OBJECTS:
            self.assertEqual(foreign(symbols(NM, path), "vector_" + isa_of(path)), [], path)

    def test_a_shared_symbol_would_be_seen(self):
        self.assertEqual(len(shared(symbols(NM, WEAK))), 1)
        self.assertEqual(len(foreign([("U", "_ZN5tally1fEv"), ("U", "fmaf")], "vector_avx2")), 1)


def isa_of(path):
    return re.search(r"tally_vector_(\w+)\.dir", path).group(1)


if __name__ == "__main__":
    NM, WEAK = sys.argv[1:3]
    OBJECTS = [path for objects in sys.argv[3:] for path in objects.split(":") if path]
    unittest.main(argv=sys.argv[:1])
