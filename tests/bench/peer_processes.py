"""Which peers there are on this machine, and starting them."""
import importlib.util
import os
import shutil
import subprocess
import sys

import machine
from child import Child

HERE = os.path.dirname(os.path.abspath(__file__))
PEERS = ("onnxruntime", "numpy", "torch")
PROBE_SECONDS = 60
# BLIS 0.9.0's numbers of its kernels: what it falls back to, and what runs on any CPU with the instructions named.
BLIS_PORTABLE = "25"
BLIS_BY_FLAGS = ((0, {"avx512f", "avx512dq", "avx512bw", "avx512vl"}), (3, {"avx2", "fma"}))


def missing(peer, onnxruntime_node):
    """What a peer lacks, in words, or None."""
    modules = {"numpy": (), "torch": ("torch",), "onnxruntime": ("onnx",)}[peer]
    absent = [module for module in modules if importlib.util.find_spec(module) is None]
    if absent:
        return "no Python module " + ", ".join(absent)
    if peer == "onnxruntime":
        if shutil.which("node") is None:
            return "no node on the PATH"
        script = "require.resolve('onnxruntime-node', {paths: [require('path').resolve(process.argv[1] || '.')]})"
        done = subprocess.run(["node", "-e", script, onnxruntime_node], capture_output=True, timeout=PROBE_SECONDS,
                              check=False)
        if done.returncode != 0:
            return f"no package onnxruntime-node in {onnxruntime_node or 'the current folder'}"
    return None


def blis_kernels():
    """The kernels that NumPy and PyTorch should use where their BLAS is a BLIS that does not know this CPU, or None.

    Left alone, BLIS 0.9.0 takes its portable ones on a newer CPU, five times slower: that would be no contest.
    """
    if "BLIS_ARCH_TYPE" in os.environ:
        return None
    # Asked in another process, which may load what it likes.
    done = subprocess.run([sys.executable, "-B", os.path.join(HERE, "blis_choice.py")], stdout=subprocess.PIPE,
                          text=True, timeout=PROBE_SECONDS, check=True)
    if done.stdout.strip() != BLIS_PORTABLE:
        return None
    flags = machine.cpu_flags()
    return next((number for number, needed in BLIS_BY_FLAGS if needed <= flags), None)


def environment(threads, blis):
    """Every BLAS gets its number of threads, and BLIS its kernels."""
    variables = dict(os.environ)
    for name in ("OMP_NUM_THREADS", "BLIS_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        variables[name] = str(threads)
    if blis is not None:
        variables["BLIS_ARCH_TYPE"] = str(blis)
    return variables


def start(peer, threads, rows, onnxruntime_node, blis):
    if peer == "onnxruntime":
        command = ["node", os.path.join(HERE, "onnxruntime.js"), onnxruntime_node, str(threads), rows]
    else:
        command = [sys.executable, "-B", os.path.join(HERE, "python_peer.py"), peer, str(threads), rows]
    return Child(f"{peer}, {threads} threads", command, environment(threads, blis))
