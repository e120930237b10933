#!/usr/bin/python3
"""kernels <- io <- pipeline: what a layer may include, tried with the very commands that compile it.

usage: test_layers.py COMPILE_COMMANDS [includes|headers]

includes: a wrong mpi.h or hdf5.h does not compile, and the text of the sources keeps to the direction.
headers: every header compiles alone, and twice in a row.
"""
import concurrent.futures
import glob
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import unittest

ROOT = os.environ["TALLY_SOURCE_DIR"]
LAYERS = ("kernels", "io", "pipeline")
# plan is the pipeline's pure arithmetic; vector is what the kernels compile once for each instruction set.
TARGETS = {"kernels": "tally_kernels", "vector": "tally_vector_baseline", "io": "tally_io", "plan": "tally_plan",
           "pipeline": "tally_pipeline"}
SKIPPED = 77
COMMANDS = {}  # layer -> arguments that compile a source of it, without the source and the output


def compile_arguments(database, target):
    """The arguments of one of the target's own sources: its include folders, definitions and warnings."""
    entry = next(one for one in database if f"CMakeFiles/{target}.dir/" in str(one))
    arguments = shlex.split(entry["command"]) if "command" in entry else list(entry["arguments"])
    kept = []
    skip = False
    for argument in arguments:
        if skip or argument in ("-c", "-MD", "-MMD", entry["file"]):
            skip = False
        elif argument in ("-o", "-MF", "-MT", "-MQ"):
            skip = True
        else:
            kept.append(argument)
    return kept


def compiles(arguments, text):
    with tempfile.TemporaryDirectory() as folder:
        source = os.path.join(folder, "alone.cpp")
        with open(source, "w", encoding="utf-8") as file:
            file.write(text + "\n")
        result = subprocess.run([*arguments, "-fsyntax-only", source], capture_output=True, text=True, timeout=120,
                                check=False, stdin=subprocess.DEVNULL)
        return result.returncode == 0, result.stderr


def in_system_folder(header):
    """Whether any program finds it: then only a look at the sources can tell."""
    return compiles([COMMANDS["kernels"][0], "-std=c++20"], f"#include <{header}>")[0]


def included(folder):
    """(file, header) for every include of the sources below a folder."""
    pattern = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)
    for path in sorted(glob.glob(os.path.join(folder, "**", "*.[ch]pp*"), recursive=True)):
        with open(path, encoding="utf-8") as file:
            for header in pattern.findall(file.read()):
                yield os.path.relpath(path, folder), header


def wrong_includes(root):
    """What breaks the rules, as lines; every rule of the layers that the text can show."""
    below = {"kernels": ("io/", "pipeline/", "tests/"), "io": ("pipeline/", "tests/"), "pipeline": ("tests/",)}
    homes = {"mpi.h": "pipeline", "hdf5.h": "io", "blis.h": "kernels"}
    wrong = []
    blis = []
    for layer in LAYERS:
        for path, header in included(os.path.join(root, layer)):
            name = os.path.basename(header)
            if header.startswith(below[layer]):
                wrong.append(f"{layer}/{path} includes {header}")
            if homes.get(name, layer) != layer and not header.startswith(LAYERS):
                wrong.append(f"{layer}/{path} includes {header}")
            if name == "blis.h":
                blis.append(f"{layer}/{path}")
    if len(blis) != 1:
        wrong.append("blis.h is included by " + (", ".join(blis) or "no file"))
    return wrong


class Includes(unittest.TestCase):
    def expect(self, layer, text, expected):
        worked, errors = compiles(COMMANDS[layer], text)
        self.assertEqual(worked, expected, f"in {layer}: {text}\n{errors}")

    def test_each_layer_compiles_what_it_may_include(self):
        self.expect("kernels", "#include <blis.h>\n#include <omp.h>\nint main() {}", True)
        self.expect("io", '#include <hdf5.h>\n#include "kernels/model.hpp"\nint main() {}', True)
        self.expect("pipeline", '#include <mpi.h>\n#include "io/dataset.hpp"\nint main() {}', True)

    def test_a_wrong_include_does_not_compile(self):
        self.refuse("kernels", "mpi.h")
        self.refuse("plan", "mpi.h")
        self.refuse("kernels", "hdf5.h")
        parallel = "#include <hdf5.h>\n#ifndef H5_HAVE_PARALLEL\n#error serial\n#endif"
        if not compiles(COMMANDS["io"], parallel)[0]:  # a parallel HDF5 itself needs mpi.h
            self.refuse("io", "mpi.h")

    def refuse(self, layer, header):
        with self.subTest(layer=layer, header=header):
            if in_system_folder(header):
                self.skipTest(f"{header} lies in a system folder here")
            worked, errors = compiles(COMMANDS[layer], f"#include <{header}>")
            self.assertFalse(worked, f"{layer} can include {header}")
            self.assertIn(header, errors)

    def test_the_sources_keep_to_the_direction(self):
        self.assertEqual(wrong_includes(ROOT), [])

    def test_a_source_that_does_not_is_found(self):
        with tempfile.TemporaryDirectory() as root:
            for layer in LAYERS:
                os.mkdir(os.path.join(root, layer))

            def write(path, *headers):
                with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                    file.writelines(f"#include {header}\n" for header in headers)

            write("kernels/blis.cpp", "<blis.h>", '"kernels/blis.hpp"')
            write("io/hdf5.hpp", "<hdf5.h>", '"kernels/model.hpp"')
            write("pipeline/mpi.hpp", "<mpi.h>", '"io/hdf5.hpp"')
            self.assertEqual(wrong_includes(root), [])
            cases = [
                ("kernels/a.hpp", "<mpi.h>", "kernels/a.hpp includes mpi.h"),
                ("kernels/a.cpp", "<hdf5.h>", "kernels/a.cpp includes hdf5.h"),
                ("kernels/a.cpp", '"io/dataset.hpp"', "kernels/a.cpp includes io/dataset.hpp"),
                ("io/a.cpp", "<mpi.h>", "io/a.cpp includes mpi.h"),
                ("io/a.cpp", '"pipeline/job.hpp"', "io/a.cpp includes pipeline/job.hpp"),
                ("pipeline/a.cpp", '"hdf5.h"', "pipeline/a.cpp includes hdf5.h"),
                ("pipeline/a.cpp", '"tests/a.hpp"', "pipeline/a.cpp includes tests/a.hpp"),
                ("kernels/b.cpp", "<blis/blis.h>", "blis.h is included by kernels/b.cpp, kernels/blis.cpp"),
            ]
            for path, header, line in cases:
                with self.subTest(line):
                    write(path, header)
                    self.assertEqual(wrong_includes(root), [line])
                    os.remove(os.path.join(root, path))
            os.remove(os.path.join(root, "kernels/blis.cpp"))
            self.assertEqual(wrong_includes(root), ["blis.h is included by no file"])


class Headers(unittest.TestCase):
    def test_every_header_compiles_alone(self):
        headers = [(layer, os.path.relpath(path, ROOT)) for layer in LAYERS
                   for path in sorted(glob.glob(os.path.join(ROOT, layer, "**", "*.hpp"), recursive=True))]
        self.assertGreater(len(headers), 30)

        def check(one):
            layer, header = one
            target = "vector" if header.startswith("kernels/vector/") else layer
            # Something must be declared, or -Wpedantic finds the source empty.
            return header, compiles(COMMANDS[target], f'#include "{header}"\n#include "{header}"\nint alone();')

        with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
            for header, (worked, errors) in pool.map(check, headers):
                with self.subTest(header):
                    self.assertTrue(worked, errors)

    def test_a_header_that_needs_another_is_found(self):
        self.assertFalse(compiles(COMMANDS["kernels"], "std::string incomplete();")[0])


if __name__ == "__main__":
    commands_file, part = sys.argv[1:]
    if not os.path.exists(commands_file):
        print("skipped: this generator writes no compile_commands.json")
        sys.exit(SKIPPED)
    with open(commands_file, encoding="utf-8") as commands:
        entries = json.load(commands)
    for name, cmake_target in TARGETS.items():
        COMMANDS[name] = compile_arguments(entries, cmake_target)
    unittest.main(argv=sys.argv[:1], defaultTest=part.capitalize())
