#!/usr/bin/python3
"""The textbook's loop over a file, with h5py and NumPy: textbook_loop.py, then one JSON request a line (see child.py).

Reads a batch, makes float32 of it, predicts, counts the hits.
"""
import json
import os
import sys
import time

import h5py
import numpy as np
from python_peer import NumPy, loaded_blas, read_layers


def info(_request):
    return {"version": np.__version__, "BLAS": ["/".join(path.split("/")[-2:]) for path in loaded_blas()],
            "BLIS_ARCH_TYPE": os.environ.get("BLIS_ARCH_TYPE", "not set")}


def measure(request):
    """Hits among the first rows of a file, and the seconds from opening it."""
    network, layers = NumPy(None), read_layers(request["model"])
    rows, batch = request["rows"], request["batch_size"]
    start, hits = time.perf_counter(), 0
    with h5py.File(request["data"]) as file:
        inputs, labels = file["inputs"], file["labels"][:rows]
        scale = np.float32(inputs.attrs.get("scale", 1))
        for first in range(0, rows, batch):
            end = min(first + batch, rows)
            x = inputs[first:end].astype(np.float32)
            x *= scale
            hits += int(np.sum(network.predict(layers, x) == labels[first:end]))
    return {"samples": rows, "hits": hits, "seconds": time.perf_counter() - start}


def main():
    actions = {"info": info, "measure": measure}
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = actions[request["do"]](request)
        except Exception as error:  # whatever it is, the driver has to know
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
