#!/usr/bin/python3
"""NumPy or PyTorch as a peer: python_peer.py numpy|torch THREADS ROWS, then one JSON request a line (see child.py).

The number of threads has to be in the environment as well (OMP_NUM_THREADS): a BLAS reads it when it is loaded.
"""
import json
import os
import sys
import time

import h5py
import numpy as np


def loaded_blas():
    """Paths of the BLAS this process has loaded: what decides about the speed of NumPy and of PyTorch."""
    with open("/proc/self/maps", encoding="utf-8") as maps:
        paths = {line.split()[-1] for line in maps if ".so" in line}
    words = ("libblas", "libblis", "openblas", "libmkl", "libatlas")
    return sorted(path for path in paths if any(word in os.path.basename(path) for word in words))


def read_layers(path):
    """[(weights, bias, activation)] of a native model file."""
    with h5py.File(path, "r") as file:
        return [(file[name]["weights"][()], file[name]["bias"][()], file[name].attrs["activation"])
                for name in sorted(file, key=lambda name: int(name.removeprefix("layer")))]


class NumPy:
    """The textbook's loop, in float32."""

    def __init__(self, _threads):
        self.version = np.__version__

    def load(self, layers):
        return layers

    def rows(self, array):
        return array

    def probabilities(self, layers, x):
        for weights, bias, activation in layers:
            x = x @ weights + bias
            if activation == "sigmoid":
                x = 1 / (1 + np.exp(-x))
            elif activation == "relu":
                x = np.maximum(x, 0)
            elif activation == "softmax":
                x = np.exp(x - x.max(axis=1, keepdims=True))  # cannot overflow
                x /= x.sum(axis=1, keepdims=True)
            else:
                raise ValueError(f"no {activation} here")
        return x

    def predict(self, layers, x):
        return self.probabilities(layers, x).argmax(axis=1)


class PyTorch:
    """addmm: bias and product in one call, and faster here than linear, whose weights are transposed."""

    def __init__(self, threads):
        import torch
        torch.set_num_threads(threads)
        torch.inference_mode(True).__enter__()  # for good
        self.torch, self.version = torch, torch.__version__
        self.functions = {"sigmoid": torch.sigmoid_, "relu": torch.relu_, "softmax": lambda x: torch.softmax(x, 1)}

    def load(self, layers):
        return [(self.torch.from_numpy(weights), self.torch.from_numpy(bias), self.functions[activation])
                for weights, bias, activation in layers]

    def rows(self, array):
        return self.torch.from_numpy(array)

    def probabilities(self, layers, x):
        for weights, bias, function in layers:
            x = function(self.torch.addmm(bias, x, weights))
        return x

    def predict(self, layers, x):
        return self.probabilities(layers, x).argmax(1)


class Peer:
    def __init__(self, engine, rows):
        self.engine, self.values = engine, np.fromfile(rows, np.float32)
        self.models, self.position = {}, 0

    def model(self, path):
        if path not in self.models:
            self.models[path] = self.engine.load(read_layers(path))
        return self.models[path]

    def info(self, _request):
        return {"version": self.engine.version, "BLAS": ["/".join(path.split("/")[-2:]) for path in loaded_blas()],
                "BLIS_ARCH_TYPE": os.environ.get("BLIS_ARCH_TYPE", "not set")}

    def measure(self, request):
        """Samples and the seconds they took, after two batches that are not counted."""
        model, batch, inputs = self.model(request["model"]), request["batch_size"], request["inputs"]
        rows = self.engine.rows(self.values[:self.values.size // inputs * inputs].reshape(-1, inputs))
        batch = min(batch, len(rows))

        def run_one():
            if self.position + batch > len(rows):
                self.position = 0
            self.engine.predict(model, rows[self.position:self.position + batch])
            self.position += batch

        run_one()
        run_one()
        samples, start, elapsed = 0, time.perf_counter(), 0.0
        while elapsed < request["seconds"]:
            run_one()
            samples += batch
            elapsed = time.perf_counter() - start
        return {"samples": samples, "seconds": elapsed}

    def predict(self, request):
        """The probabilities of the float32 rows in a file, written to another."""
        x = np.fromfile(request["rows"], np.float32).reshape(-1, request["inputs"])
        found = self.engine.probabilities(self.model(request["model"]), self.engine.rows(x))
        np.asarray(found).tofile(request["probabilities"])
        return {}


def main():
    kind, threads, rows = sys.argv[1:]
    assert os.environ["OMP_NUM_THREADS"] == threads
    peer = Peer({"numpy": NumPy, "torch": PyTorch}[kind](int(threads)), rows)
    actions = {"info": peer.info, "measure": peer.measure, "predict": peer.predict}
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = actions[request["do"]](request)
        except Exception as error:  # whatever it is, the driver has to know
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
