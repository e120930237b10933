#!/usr/bin/python3
"""Writes, with h5py, the dataset files that test_dataset*.cpp read: every type, order, layout and form of labels.

    make_datasets.py FOLDER

The values are functions of row and column, so that the tests know them without a second file:
    inputs[i, j] = (7 i + 3 j) % 101, minus 50 for signed types, divided by 4 for floats; bool: odd
    labels[i]    = (i * i) % 5
"""
import os
import shutil
import sys

try:
    import h5py
    import numpy as np
except ImportError as error:
    print(f"make_datasets.py: {error}")
    sys.exit(1 if os.environ.get("TALLY_REQUIRE_ORACLES") == "1" else 0)  # 0: the C++ tests skip themselves

ROWS, SHAPE, CHUNK = 37, (37, 4, 3), (5, 3, 2)
TYPES = ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8"]


def inputs(dtype, rows=ROWS):
    dtype = np.dtype(dtype)
    i, j = np.meshgrid(np.arange(rows), np.arange(12), indexing="ij")
    values = ((7 * i + 3 * j) % 101).reshape((rows, 4, 3))
    if dtype.kind in "if":
        values = values - 50
    if dtype.kind == "f":
        values = values / 4
    if dtype.kind == "b":
        values = values % 2
    return values.astype(dtype)


def labels(dtype="i8", rows=ROWS):
    return (np.arange(rows) ** 2 % 5).astype(dtype)


def create(group, name, data, layout):
    if layout == "contiguous":
        group.create_dataset(name, data=data)
    elif layout == "chunked":
        group.create_dataset(name, data=data, chunks=CHUNK)
    elif layout == "gzip":
        group.create_dataset(name, data=data, chunks=CHUNK, shuffle=True, compression="gzip", fletcher32=True)
    elif layout == "compact":
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plist.set_layout(h5py.h5d.COMPACT)
        space = h5py.h5s.create_simple(data.shape)
        dataset = h5py.h5d.create(group.id, name.encode(), h5py.h5t.py_create(data.dtype, logical=True), space, plist)
        h5py.Dataset(dataset)[...] = data


def write_types(folder):
    with h5py.File(f"{folder}/types.h5", "w") as f:
        f["labels"] = labels()
        for layout in ["contiguous", "chunked", "gzip", "compact"]:
            for kind in TYPES:
                for order in "<>":
                    create(f, f"{kind}_{'le' if order == '<' else 'be'}_{layout}", inputs(order + kind), layout)
            create(f, f"bool_{layout}", inputs("?"), layout)
        for name, kind, size in [("int24_le", h5py.h5t.STD_I32LE, 3), ("uint24_be", h5py.h5t.STD_U32BE, 3),
                                 ("uint40_le", h5py.h5t.STD_U64LE, 5)]:
            stored = kind.copy()
            stored.set_size(size)
            data = inputs("i8" if name.startswith("int") else "u8")
            dataset = h5py.h5d.create(f.id, name.encode(), stored, h5py.h5s.create_simple(data.shape))
            dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, data)
        f["one_dimension"] = inputs("f4").reshape((ROWS, -1))[:, 0]
        # A 2-byte float that is not IEEE's.
        stored = h5py.h5t.IEEE_F32LE.copy()
        stored.set_fields(15, 7, 8, 0, 7)
        stored.set_size(2)
        stored.set_ebias(127)
        data = inputs("f4")
        h5py.h5d.create(f.id, b"bfloat16", stored, h5py.h5s.create_simple(data.shape)).write(
            h5py.h5s.ALL, h5py.h5s.ALL, data)


def write_labels(folder):
    with h5py.File(f"{folder}/labels.h5", "w") as f:
        f["inputs"] = inputs("u1")
        one_hot = np.eye(5)[labels()]
        f["i8"] = labels()
        f["u1_be_column"] = labels("u1").reshape((ROWS, 1))
        f["i2_be"] = labels(">i2")
        f["f4"] = labels("f4")
        f["f8_column_column"] = labels("f8").reshape((ROWS, 1, 1))
        f["bool"] = labels() % 2 == 1
        f["negative"] = -labels()
        f["one_hot_f4"] = one_hot.astype("f4")
        f["one_hot_u1"] = one_hot.astype("u1")
        f["one_hot_bool"] = one_hot.astype("?")
        f.create_dataset("one_hot_gzip", data=one_hot.astype(">f8"), chunks=(7, 2), compression="gzip")
        bad = labels("f4")
        bad[11] = 2.5
        f["bad_fraction"] = bad
        bad = labels("f4")
        bad[12] = np.nan
        f["bad_nan"] = bad
        bad = labels("u8")
        bad[13] = 2**64 - 1
        f["bad_large"] = bad
        bad = one_hot.copy()
        bad[14] = 0
        f["bad_one_hot_none"] = bad
        bad = one_hot.copy()
        bad[15] = 1
        f["bad_one_hot_many"] = bad
        bad = one_hot.copy()
        bad[16] *= 0.5
        f["bad_one_hot_half"] = bad
        f["bad_text"] = np.array([b"cat"] * ROWS)
        f["bad_unicode"] = ["cat"] * ROWS
        f["bad_compound"] = np.zeros(ROWS, dtype=[("a", "i4"), ("b", "f4")])
        f["bad_complex"] = np.zeros(ROWS, dtype="c8")
        f["bad_shape"] = np.zeros((ROWS, 2, 2))
        f["bad_short"] = labels()[:-1]
        f["bad_scalar"] = 3
        f["bad_empty"] = h5py.Empty("i4")
        f["bad_no_rows"] = np.zeros((0, 3))
        f["bad_no_columns"] = np.zeros((ROWS, 0))
        f.create_dataset("bad_unwritten", (ROWS,), "i8")
        f.create_dataset("bad_lzf", data=inputs("u1"), compression="lzf")
        f["group/inputs"] = inputs("u1")
        f["group/labels"] = labels()


def write_attributes(folder):
    with h5py.File(f"{folder}/attributes.h5", "w") as f:
        f["labels"] = labels()
        cases = {"scalar_f8": 1 / 255, "scalar_f4": np.float32(0.1), "scalar_i4": np.int32(3), "list_f8": [0.25],
                 "list_u1_be": np.array([[2]], ">u2"), "bad_text": "1/255", "bad_two": [1.0, 2.0], "bad_nan": np.nan,
                 "bad_bool": True}
        for name, value in cases.items():
            f[name] = inputs("u1")
            f[name].attrs["scale"] = value
        f["both"] = inputs("u1")
        f["both"].attrs["scale"] = 0.5
        f["both"].attrs["offset"] = -1


def write_names(folder):
    cases = {
        "plain": ["inputs", "labels"],
        "plain_and_others": ["inputs", "labels", "x_test", "y_test", "x", "t"],
        "x_t": ["x", "t"], "x_y": ["x", "y"], "X_y": ["X", "y"], "data_label": ["data", "label"],
        "images_labels": ["images", "labels"], "x_test_y_test": ["x_test", "y_test"],
        "test_x_test_y": ["test_x", "test_y"], "x_test_t_test": ["x_test", "t_test"],
        "test_set_x": ["test_set_x", "test_set_y", "list_classes"], "in_group": ["a/other", "b/c/x", "b/c/y"],
        "two_parts": ["x_train", "y_train", "x_test", "y_test"], "two_groups": ["a/x", "a/y", "b/x", "b/y"],
        "x_t_y": ["x", "t", "y"], "split_groups": ["a/x", "b/y"], "unknown": ["first", "second"],
    }
    for name, paths in cases.items():
        with h5py.File(f"{folder}/names_{name}.h5", "w") as f:
            for path in paths:
                last = path.split("/")[-1]
                is_inputs = last.split("_")[0] in ("inputs", "x", "X", "data", "images") or last.endswith("x")
                f[path] = inputs("u1") if is_inputs else labels()
    with h5py.File(f"{folder}/names_empty.h5", "w") as f:
        f.create_group("nothing")
    with h5py.File(f"{folder}/names_links.h5", "w") as f:  # circles, soft links, links to nowhere and out of the file
        f["a/data"] = inputs("u1")
        f["a/label"] = labels()
        f["a/up"] = f["/"]
        f["soft"] = h5py.SoftLink("/a")
        f["broken"] = h5py.SoftLink("/nowhere")
        f["out"] = h5py.ExternalLink("names_plain.h5", "/inputs")
    with h5py.File(f"{folder}/names_external.h5", "w") as f:
        f["inputs"] = h5py.ExternalLink("names_plain.h5", "/inputs")
        f["labels"] = labels()


def write_plain_parts(folder, data):
    """Virtual datasets of sources that lie plainly; the sources hold more rows than are used, in another order."""
    with h5py.File(f"{folder}/virtual/parts/plain.h5", "w") as f:
        f["before"] = labels()
        f["x"] = np.concatenate([data[30:], data[:10], data[:10]])
    with h5py.File(f"{folder}/virtual/plain.h5", "w") as f:
        f["x"] = data[10:30]
        f["swapped"] = data[10:30].astype(">i2")

    def virtual(name, parts):
        layout = h5py.VirtualLayout(SHAPE, "i2")
        for where, file, path, shape, which in parts:
            layout[where] = h5py.VirtualSource(file, path, shape, "i2")[which]
        with h5py.File(f"{folder}/virtual/{name}.h5", "w") as f:
            f.create_virtual_dataset("inputs", layout)
            f["labels"] = labels()

    def rows(first, count, file, source_first, dataset="x"):
        shape = (27, 4, 3) if file == "parts/plain.h5" else (20, 4, 3)
        return np.s_[first:first + count], file, dataset, shape, np.s_[source_first:source_first + count]

    front, middle, back = rows(0, 10, "parts/plain.h5", 7), rows(10, 20, "plain.h5", 0), rows(30, 7, "parts/plain.h5", 0)
    virtual("plain_parts", [middle, back, front])
    virtual("plain_overlap", [middle, back, front, rows(3, 3, "parts/plain.h5", 10)])
    virtual("plain_swapped", [front, rows(10, 20, "plain.h5", 0, "swapped"), back])
    virtual("plain_columns", [(np.s_[10:30, :, columns], "plain.h5", "x", (20, 4, 3), np.s_[:, :, columns])
                              for columns in (np.s_[:2], np.s_[2:])] + [front, back])
    virtual("plain_strided", [(np.s_[10 + i:30:2], "plain.h5", "x", (20, 4, 3), np.s_[i::2]) for i in (0, 1)]
            + [front, back])
    with h5py.File(f"{folder}/virtual/wide.h5", "w") as f:
        f["x"] = np.pad(data[10:30], ((0, 0), (0, 1), (0, 1)))
    virtual("plain_of_wide", [(np.s_[10:30], "wide.h5", "x", (20, 5, 4), np.s_[:, :4, :3]), front, back])


def write_virtual(folder):
    os.makedirs(f"{folder}/virtual/parts", exist_ok=True)
    data = inputs("i2")
    with h5py.File(f"{folder}/outside.h5", "w") as f:
        f["x"] = data
    for name, part in [("parts/first", data[:20]), ("second", data[20:])]:
        with h5py.File(f"{folder}/virtual/{name}.h5", "w") as f:
            f.create_dataset("x", data=part, chunks=(5, 4, 3), compression="gzip")

    def virtual(name, sources, target="inputs"):
        layout = h5py.VirtualLayout(SHAPE, "i2")
        first = 0
        for file, path, rows in sources:
            layout[first:first + rows] = h5py.VirtualSource(file, path, (rows, 4, 3), "i2")
            first += rows
        with h5py.File(f"{folder}/virtual/{name}.h5", "a") as f:
            f.create_virtual_dataset(target, layout)
            if "labels" not in f:
                f["labels"] = labels()

    good = ("second.h5", "x", 17)
    virtual("two_files", [("parts/first.h5", "x", 20), good])
    with h5py.File(f"{folder}/virtual/same_file.h5", "w") as f:
        f["part"] = data
    virtual("same_file", [(".", "part", 37)])
    virtual("nested", [("two_files.h5", "inputs", 37)])
    virtual("above", [("../outside.h5", "x", 37)])
    virtual("absolute", [(os.path.abspath(f"{folder}/outside.h5"), "x", 37)])
    virtual("absolute_inside", [(os.path.abspath(f"{folder}/virtual/parts/first.h5"), "x", 20), good])
    virtual("missing_file", [("nowhere.h5", "x", 20), good])
    virtual("missing_dataset", [("parts/first.h5", "y", 20), good])
    virtual("with_a_gap", [("parts/first.h5", "x", 20)])
    virtual("short_source", [("second.h5", "x", 37)])
    # Twice the same rows: as many values as the shape has, and yet a gap.
    layout = h5py.VirtualLayout(SHAPE, "i2")
    layout[0:20] = h5py.VirtualSource("parts/first.h5", "x", (20, 4, 3), "i2")
    layout[3:20] = h5py.VirtualSource("second.h5", "x", (17, 4, 3), "i2")
    with h5py.File(f"{folder}/virtual/overlap.h5", "w") as f:
        f.create_virtual_dataset("inputs", layout)
        f["labels"] = labels()
    layout = h5py.VirtualLayout(SHAPE, "i2", maxshape=(None, 4, 3))
    layout[:h5py.h5s.UNLIMITED] = h5py.VirtualSource("whole.h5", "x", SHAPE, "i2", (None, 4, 3))[:h5py.h5s.UNLIMITED]
    with h5py.File(f"{folder}/virtual/whole.h5", "w") as f:
        f.create_dataset("x", data=data, maxshape=(None, 4, 3))
    with h5py.File(f"{folder}/virtual/unlimited.h5", "w") as f:
        f.create_virtual_dataset("inputs", layout)
        f["labels"] = labels()
    virtual("circle", [(".", "inputs", 37)])
    os.symlink("../outside.h5", f"{folder}/virtual/link.h5")
    virtual("symbolic_link", [("link.h5", "x", 37)])
    with h5py.File(f"{folder}/virtual/links_out.h5", "w") as f:
        f["x"] = h5py.ExternalLink("../outside.h5", "x")
    virtual("through_link", [("links_out.h5", "x", 37)])
    os.symlink("virtual/two_files.h5", f"{folder}/linked_two_files.h5")

    write_plain_parts(folder, data)

    with open(f"{folder}/raw.bin", "wb") as f:
        f.write(inputs("u1").tobytes())
    with h5py.File(f"{folder}/external_storage.h5", "w") as f:
        f.create_dataset("inputs", SHAPE, "u1", external=[("raw.bin", 0, h5py.h5f.UNLIMITED)])
        f["labels"] = labels()


def write_large(folder):
    """Chunks that libhdf5's own cache of 1 MiB would decode again at every read."""
    rows = np.arange(4096 * 500, dtype="u4").reshape((4096, 500))
    with h5py.File(f"{folder}/large_chunks.h5", "w") as f:
        f.create_dataset("inputs", data=rows, chunks=(2048, 250), compression="gzip", compression_opts=1)
        f["labels"] = labels(rows=4096)


def write_user_block(folder):
    """Bytes of somebody else's before the HDF5 file proper: offsets count from the file's begin nevertheless."""
    with h5py.File(f"{folder}/user_block.h5", "w", userblock_size=1024) as f:
        f["inputs"], f["labels"] = inputs("f4"), labels()


def main():
    folder = sys.argv[1]
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    for write in [write_types, write_labels, write_attributes, write_names, write_virtual, write_large,
                  write_user_block]:
        write(folder)
    with open(f"{folder}/complete", "w") as f:  # the C++ tests look for it
        f.write("h5py " + h5py.version.version + "\n")


main()
