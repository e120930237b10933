#!/usr/bin/python3
"""Writes, with h5py, chunked datasets whose chunks are read raw and decoded by us.

    make_chunks.py FOLDER

The tests compare with what libhdf5 reads; that in turn is checked against values that are functions of row and column:
    inputs[i, j] = (7 i + 3 j + i j) % 251 (bool: odd; int8: minus 128), as in test_chunk_decoder.cpp
"""
import os
import random
import shutil
import struct
import sys
import zlib

try:
    import h5py
    import numpy as np
except ImportError as error:
    print(f"make_chunks.py: {error}")
    sys.exit(1 if os.environ.get("TALLY_REQUIRE_ORACLES") == "1" else 0)  # 0: the C++ tests skip themselves

DONT_FILTER_PARTIAL_CHUNKS = 2  # H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS


def inputs(shape, dtype):
    columns = int(np.prod(shape[1:], dtype="i8"))
    i, j = np.meshgrid(np.arange(shape[0]), np.arange(columns), indexing="ij")
    values = (7 * i + 3 * j + i * j) % 251
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        values = values % 2
    if dtype == np.int8:
        values = values - 128
    return values.reshape(shape).astype(dtype)


def create(file, name, shape, chunks, filters, dtype="u1", fill=None, partial=False, maxshape=None, never=False):
    """An empty dataset, its filters applied in the order given."""
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_chunk(chunks)
    for word in filters.split():
        {"shuffle": plist.set_shuffle, "deflate": lambda: plist.set_deflate(4),
         "fletcher32": plist.set_fletcher32}[word]()
    if fill is not None:
        plist.set_fill_value(np.array(fill, dtype))
    if never:
        plist.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
    if partial:
        set_chunk_options(plist)
    space = h5py.h5s.create_simple(shape, maxshape)
    kind = h5py.h5t.py_create(np.dtype(dtype), logical=True)
    return h5py.Dataset(h5py.h5d.create(file.id, name.encode(), kind, space, plist))


def set_chunk_options(plist):
    """h5py lacks H5Pset_chunk_opts: it is called in the libhdf5 that h5py has loaded."""
    import ctypes
    with open("/proc/self/maps") as maps:
        library = next(line.split()[-1] for line in maps if "libhdf5" in line and "_hl" not in line)
    function = ctypes.CDLL(library).H5Pset_chunk_opts
    function.argtypes = [ctypes.c_int64, ctypes.c_uint]
    if function(plist.id, DONT_FILTER_PARTIAL_CHUNKS) < 0:
        raise RuntimeError("H5Pset_chunk_opts fails")


FILTERS = ["deflate", "shuffle deflate", "deflate fletcher32", "shuffle deflate fletcher32", "fletcher32 deflate",
           "fletcher32 shuffle deflate", "deflate shuffle", "deflate shuffle fletcher32",
           "fletcher32 shuffle deflate fletcher32", "shuffle fletcher32 deflate"]
LAYOUTS = [((37, 12), (5, 12)), ((37, 12), (5, 5)), ((37, 12), (40, 12)), ((37, 12), (37, 12)), ((37, 12), (1, 1)),
           ((37, 12), (1, 12)), ((37, 12), (37, 7)), ((37,), (10,)), ((37, 4, 3), (5, 4, 3)), ((37, 4, 3), (5, 3, 3)),
           ((37, 4, 3), (5, 4, 2)), ((37, 4, 3), (5, 3, 2)), ((37, 4, 3), (1, 1, 1)), ((11, 3, 2, 5), (3, 2, 2, 2)),
           ((37, 12), (50, 20))]
TYPES = ["u1", "i1", "?", "u2", "f2", "i4", "f4", "i8", "f8"]


def name_of(*parts):
    return "_".join("x".join(map(str, part)) if isinstance(part, tuple) else str(part) for part in parts).replace(
        " ", "-").replace("?", "bool")


def write_layouts(file):
    for shape, chunks in LAYOUTS:
        maxshape = tuple(max(s, c) for s, c in zip(shape, chunks))
        for filters in FILTERS:
            for dtype in TYPES if filters.startswith("shuffle deflate") else ["u1", "f4"]:
                create(file, name_of("layout", shape, chunks, filters, dtype), shape, chunks, filters, dtype,
                       maxshape=maxshape)[...] = inputs(shape, dtype)
        for filters in FILTERS[:5]:
            create(file, name_of("partial", shape, chunks, filters), shape, chunks, filters, "i4", maxshape=maxshape,
                   partial=True)[...] = inputs(shape, "i4")


def write_unwritten(file):
    """A row of chunks, and some more, that are not there."""
    for fill in [None, 0, 7, -2]:
        for never in [False, True]:
            for chunks in [(5, 4, 3), (5, 3, 2)]:
                dataset = create(file, name_of("unwritten", "fill", fill, "never" if never else "early", chunks),
                                 (37, 4, 3), chunks, "shuffle deflate", "i4", fill=fill, never=never)
                data = inputs((37, 4, 3), "i4")
                dataset[0:5] = data[0:5]
                dataset[20:25, 0:3, 0:2] = data[20:25, 0:3, 0:2]
                dataset[35:37] = data[35:37]
    for fill in [None, 7]:
        dataset = create(file, name_of("not_filtered_unwritten", fill), (37, 12), (5, 12), "", "i4", fill=fill)
        dataset[10:15] = inputs((37, 12), "i4")[10:15]


def fletcher32(data):
    sum1 = sum2 = 0
    if len(data) % 2:
        data += b"\0"
    for k in range(0, len(data), 2):
        sum1 += data[k] << 8 | data[k + 1]
        sum2 += sum1
    return ((sum2 - 1) % 65535 + 1 if sum2 else 0) << 16 | ((sum1 - 1) % 65535 + 1 if sum1 else 0)


def encode(chunk, filters, mask, size, swapped=False):
    for bit, word in enumerate(filters.split()):
        if mask >> bit & 1:
            continue
        if word == "shuffle":
            whole = len(chunk) // size * size
            chunk = np.frombuffer(chunk[:whole], "u1").reshape((-1, size)).T.tobytes() + chunk[whole:]
        elif word == "deflate":
            chunk = zlib.compress(chunk, 6)
        else:
            sums = struct.pack("<I", fletcher32(chunk))
            chunk += bytes(sums[k] for k in (1, 0, 3, 2)) if swapped else sums
    return chunk


def write_direct(file):
    """Chunks that skip filters, each another set of them, and checksums of words in the other byte order, as HDF5 before 1.6.3 wrote them."""
    for filters in FILTERS:
        for dtype in ["u1", "f4", "f8"]:
            data = inputs((40, 12), dtype)
            dataset = create(file, name_of("masks", filters, dtype), (40, 12), (5, 6), filters, dtype)
            for k in range(16):
                row, column = k // 2 * 5, k % 2 * 6
                mask = k % (1 << len(filters.split()))
                chunk = data[row:row + 5, column:column + 6].tobytes()
                dataset.id.write_direct_chunk((row, column), encode(chunk, filters, mask, data.itemsize), mask)
    for filters in ["deflate fletcher32", "fletcher32 deflate"]:
        data = inputs((40, 12), "f4")
        dataset = create(file, name_of("swapped", filters), (40, 12), (5, 12), filters, "f4")
        for row in range(0, 40, 5):
            dataset.id.write_direct_chunk((row, 0), encode(data[row:row + 5].tobytes(), filters, 0, 4, True), 0)


def write_damaged(file):
    data = inputs((40, 12), "f4")
    for name, filters in [("oversized", "deflate"), ("bits", "shuffle deflate fletcher32")]:
        dataset = create(file, "damaged_" + name, (40, 12), (10, 6), filters, "f4")
        dataset[...] = data
        chunk = encode(data[20:30, 6:12].tobytes(), filters, 0, 4)
        if name == "oversized":
            chunk += bytes(1000)  # zlib would not mind
        else:
            chunk = chunk[:50] + bytes([chunk[50] ^ 1]) + chunk[51:]
        dataset.id.write_direct_chunk((20, 6), chunk)


def write_random(file):
    r = random.Random(20230501)
    for k in range(200):
        shape = (r.randint(1, 40),) + tuple(r.randint(1, 9) for _ in range(r.randint(0, 3)))
        maxshape = (h5py.h5s.UNLIMITED,) * len(shape)
        chunks = tuple(r.randint(1, s + 2) for s in shape)
        filters = r.sample(["shuffle", "fletcher32"], r.randint(0, 2))
        filters.insert(r.randint(0, len(filters)), "deflate")
        dtype = r.choice(TYPES)
        data = inputs(shape, dtype)
        dataset = create(file, f"random_{k}", shape, chunks, " ".join(filters), dtype, fill=r.choice([None, 1]),
                         partial=r.random() < 0.3, maxshape=maxshape)
        first, end = sorted(r.choices(range(shape[0] + 1), k=2)) if r.random() < 0.3 else (0, shape[0])
        dataset[first:max(end, first + 1)] = data[first:max(end, first + 1)]


def write_not_raw(file):
    data = inputs((37, 12), "f4")
    file.create_dataset("not_big_endian", data=data.astype(">f4"), chunks=(5, 12), compression="gzip")
    file.create_dataset("not_filtered", data=data, chunks=(5, 12))
    file.create_dataset("not_deflated", data=data, chunks=(5, 12), shuffle=True, fletcher32=True)
    file.create_dataset("not_scaled", data=data.astype("i4"), chunks=(5, 12), compression="gzip", scaleoffset=8)
    file["not_chunked"] = data
    create(file, "not_shuffled_once", (37, 12), (5, 12), "shuffle deflate shuffle", "f4")[...] = data
    create(file, "not_deflated_once", (37, 12), (5, 12), "deflate deflate", "f4")[...] = data


def main():
    folder = sys.argv[1]
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    with h5py.File(f"{folder}/chunks.h5", "w") as file:
        for write in [write_layouts, write_unwritten, write_direct, write_damaged, write_random, write_not_raw]:
            write(file)
        for rows in {file[name].shape[0] for name in file}:
            file[f"labels_{rows}"] = np.arange(rows) % 5
    with open(f"{folder}/complete", "w") as f:  # the C++ tests look for it
        f.write("h5py " + h5py.version.version + "\n")


main()
