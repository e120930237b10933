"""Rows so wide for so small a network that a link of 1 Gbit/s is slower than one core: plain, and compressed 3:1.

Both files hold the same rows: some mebibytes of them, over and over. The plain one says so in a virtual dataset; of the
compressed one every chunk is there, since it is its chunks that travel.
"""
import os
import sys

import h5py
import numpy as np
from evaluation import ROOT

sys.path.insert(0, os.path.join(ROOT, "tests", "cli"))
import networks  # noqa: E402  (lies in the folder of another test)

INPUTS, CLASSES = 4096, 2
CHUNK_ROWS = 384
BLOCK_CHUNKS = 16
BLOCK_ROWS = BLOCK_CHUNKS * CHUNK_ROWS
# One row of three cannot be compressed, the others nearly vanish. In a chunk the first stand together: inflating them
# is little more than a copy, so that the link is slower than that as well.
_DENSE_ROWS = CHUNK_ROWS // 3
_LEVEL = 4
SEED = 1


def write_model(path, hidden):
    """A network with so many hidden units; with none a single layer. Returns the bytes of its parameters."""
    widths = [INPUTS, hidden, CLASSES] if hidden else [INPUTS, CLASSES]
    random = np.random.default_rng(SEED)
    layers = [networks.random_layer(random, inputs, outputs, "softmax" if outputs == CLASSES else "relu")
              for inputs, outputs in zip(widths, widths[1:])]
    networks.write_native(path, layers)
    return sum(layer["weights"].nbytes + layer["bias"].nbytes for layer in layers)


def write(folder, rows):
    """Writes plain.h5 and gzip.h5, each of at least so many rows; returns how many, and the ratio of compression."""
    blocks = -(-rows // BLOCK_ROWS)
    inputs, labels = _block()
    _write_plain(folder, inputs, labels, blocks)
    return blocks * BLOCK_ROWS, _write_compressed(f"{folder}/gzip.h5", inputs, labels, blocks)


def _block():
    random = np.random.default_rng(SEED)
    inputs = np.zeros((BLOCK_CHUNKS, CHUNK_ROWS, INPUTS), np.uint8)
    inputs[:, :_DENSE_ROWS] = random.integers(0, 256, (BLOCK_CHUNKS, _DENSE_ROWS, INPUTS), np.uint8)
    inputs[:, _DENSE_ROWS:] += random.integers(0, 256, (BLOCK_CHUNKS, CHUNK_ROWS - _DENSE_ROWS, 1), np.uint8)
    return inputs.reshape(BLOCK_ROWS, INPUTS), random.integers(0, CLASSES, BLOCK_ROWS, np.uint8)


def _write_plain(folder, inputs, labels, blocks):
    with h5py.File(f"{folder}/block.h5", "w") as file:
        file["inputs"] = inputs
    repeated = h5py.VirtualLayout((blocks * BLOCK_ROWS, INPUTS), np.uint8)
    for number in range(blocks):
        repeated[number * BLOCK_ROWS:(number + 1) * BLOCK_ROWS] = h5py.VirtualSource("block.h5", "inputs", inputs.shape)
    with h5py.File(f"{folder}/plain.h5", "w", libver="latest") as file:
        file.create_virtual_dataset("inputs", repeated)
        _finish(file, labels, blocks)


def _write_compressed(path, inputs, labels, blocks):
    with h5py.File(path, "w", libver="latest") as file:
        dataset = file.create_dataset("inputs", (blocks * BLOCK_ROWS, INPUTS), np.uint8, chunks=(CHUNK_ROWS, INPUTS),
                                      compression="gzip", compression_opts=_LEVEL)
        dataset[:BLOCK_ROWS] = inputs
        stored = [dataset.id.read_direct_chunk((number * CHUNK_ROWS, 0))[1] for number in range(BLOCK_CHUNKS)]
        for first in range(BLOCK_ROWS, blocks * BLOCK_ROWS, CHUNK_ROWS):
            dataset.id.write_direct_chunk((first, 0), stored[first // CHUNK_ROWS % BLOCK_CHUNKS])
        _finish(file, labels, blocks)
    return inputs.nbytes / sum(map(len, stored))


def _finish(file, labels, blocks):
    file["labels"] = np.tile(labels, blocks)
    file["inputs"].attrs["scale"] = 1 / 255
