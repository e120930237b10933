#!/usr/bin/python3
"""Writes, with h5py, datasets that are larger than they are: beyond 2^31 rows, and bytes, and bytes of one row.

    make_large.py FOLDER

Their contiguous arrays are holes in sparse files but for a few known values, at both ends and beside 2^31 and 2^32:
element e of a uint8 array is 1 + e % 251 within 64 elements of such a place, else 0; labels likewise, e % 7.
"""
import os
import shutil
import sys

try:
    import h5py
    import numpy as np
except ImportError as error:
    print(f"make_large.py: {error}")
    sys.exit(1 if os.environ.get("TALLY_REQUIRE_ORACLES") == "1" else 0)  # 0: the C++ tests skip themselves


def known(elements):
    """The ranges that are written."""
    for place in [0, 2**31, 2**32, elements]:
        first, end = max(place - 64, 0), min(place + 64, elements)
        if first < end:
            yield first, end


def sparse(file, name, shape, values):
    """Contiguous, allocated at once and never filled: the file is made longer, no byte is written."""
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_layout(h5py.h5d.CONTIGUOUS)
    plist.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    plist.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
    dataset = h5py.h5d.create(file.id, name.encode(), h5py.h5t.STD_U8LE, h5py.h5s.create_simple(shape), plist)
    elements = int(np.prod(shape, dtype="i8"))
    offset = dataset.get_offset()
    file.flush()
    with open(file.filename, "r+b") as raw:
        raw.truncate(max(os.path.getsize(file.filename), offset + elements))
        for first, end in known(elements):
            raw.seek(offset + first)
            raw.write(values(np.arange(first, end, dtype="i8")).astype("u1").tobytes())


def inputs(e):
    return 1 + e % 251


def write(folder, name, shape):
    with h5py.File(f"{folder}/{name}.h5", "w", libver="latest") as file:
        sparse(file, "inputs", shape, inputs)
        sparse(file, "labels", shape[:1], lambda e: e % 7)


def write_repeated(folder):
    """1,100,000 rows of 4096 bytes, which are the same 1000 again and again, stored once and compressed."""
    rows, columns, times = 1000, 4096, 1100
    i, j = np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij")
    layout = h5py.VirtualLayout((rows * times, columns), "u1")
    labels = h5py.VirtualLayout((rows * times,), "u1")
    with h5py.File(f"{folder}/repeated.h5", "w", libver="latest") as file:
        file.create_dataset("part", data=((i + j) % 251).astype("u1"), chunks=(100, columns), compression="gzip")
        file["part_labels"] = (np.arange(rows) % 7).astype("u1")
        for k in range(times):
            layout[k * rows:(k + 1) * rows] = h5py.VirtualSource(".", "part", (rows, columns), "u1")
            labels[k * rows:(k + 1) * rows] = h5py.VirtualSource(".", "part_labels", (rows,), "u1")
        file.create_virtual_dataset("inputs", layout)
        file.create_virtual_dataset("labels", labels)


def main():
    folder = sys.argv[1]
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    write(folder, "many_rows", (3_000_000_000, 1))
    write(folder, "many_bytes", (5_000_000, 1000))
    write(folder, "long_row", (1, 2**31 + 8))
    write_repeated(folder)
    with open(f"{folder}/complete", "w") as f:  # the C++ tests look for it
        f.write("h5py " + h5py.version.version + "\n")


main()
