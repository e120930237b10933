"""Writes the model files that the C++ tests of io read, with other people's writers: pickle, NumPy and h5py.

Usage: make_models.py FOLDER. Every good model file holds the same network, 3-2-2 (`FLOATS`, or `INTS` for the integer
types), in another form; the values are exact in every type. Without NumPy or h5py nothing is written and the tests
skip; with TALLY_REQUIRE_ORACLES=1 that is a failure. The file `complete` comes last.
"""
import io
import os
import pickle
import re
import struct
import sys

try:
    import h5py
    import numpy as np
except ImportError as error:
    print(error)
    sys.exit(1 if os.environ.get("TALLY_REQUIRE_ORACLES") == "1" else 0)

# oracle_files.hpp has the same numbers.
FLOATS = {
    "W1": np.array([[0.5, -1.0], [2.0, -3.5], [4.0, 5.0]]),
    "b1": np.array([0.25, -0.75]),
    "W2": np.array([[1.0, 2.0], [-3.0, 4.5]]),
    "b2": np.array([-1.0, 1.5]),
}
INTS = {
    "W1": np.array([[1, -1], [2, -3], [4, 5]]),
    "b1": np.array([7, -8]),
    "W2": np.array([[1, 2], [-3, 4]]),
    "b2": np.array([-1, 100]),
}


def typed(arrays, dtype, order="C"):
    return {name: np.array(array, dtype=dtype, order=order) for name, array in arrays.items()}


def as_numpy2(data, protocol):
    """The same pickle with NumPy 2's module names. Lengths stand before names in protocol 4 and 5, and frames count
    them, so text is not replaced: the opcodes are written anew."""
    class Pickler(pickle._Pickler):  # the pure Python one asks save_global for every name
        def save_global(self, obj, name=None):
            module = getattr(obj, "__module__", "")
            text = name or obj.__qualname__
            if not str(module).startswith("numpy.core"):
                return super().save_global(obj, name)
            module = module.replace("numpy.core", "numpy._core")
            if self.proto >= 4:
                self.save(module)
                self.save(text)
                self.write(pickle.STACK_GLOBAL)
            else:
                self.write(pickle.GLOBAL + f"{module}\n{text}\n".encode())
            self.memoize(obj)

        dispatch = dict(pickle._Pickler.dispatch)
        dispatch[type(np.zeros)] = save_global
        dispatch[type(as_text)] = save_global

    stream = io.BytesIO()
    Pickler(stream, protocol=protocol).dump(data)
    return stream.getvalue()


def as_text():
    """Exists for its type, a Python function."""


def numpy23_k_order():
    """What NumPy 2.3 writes in protocol 5 for a [2, 3, 4] array stored neither in C nor in Fortran order: the stored
    shape, 'K', and the axes to transpose by."""
    stored = np.arange(24, dtype="<f4").reshape(3, 2, 4)
    def text(value):
        raw = value.encode()
        return pickle.SHORT_BINUNICODE + bytes([len(raw)]) + raw
    def name(module, attribute):
        return text(module) + text(attribute) + pickle.STACK_GLOBAL
    dtype = (name("numpy", "dtype") + text("f4") + pickle.NEWFALSE + pickle.NEWTRUE + pickle.TUPLE3 + pickle.REDUCE +
             pickle.MARK + b"K\x03" + text("<") + b"NNN" + b"J\xff\xff\xff\xff" * 2 + b"K\x00" + pickle.TUPLE +
             pickle.BUILD)
    raw = stored.tobytes()
    array = (name("numpy._core.numeric", "_frombuffer") + pickle.MARK + pickle.BYTEARRAY8 +
             struct.pack("<Q", len(raw)) + raw + dtype + b"K\x03K\x02K\x04" + pickle.TUPLE3 + text("K") +
             b"K\x01K\x00K\x02" + pickle.TUPLE3 + pickle.TUPLE + pickle.REDUCE)
    return pickle.PROTO + b"\x05" + pickle.EMPTY_DICT + text("W1") + array + pickle.SETITEM + pickle.STOP


class Python2Pickler(pickle._Pickler):
    """Text and bytes as Python 2's str: SHORT_BINSTRING and BINSTRING."""
    def save_str(self, obj):
        raw = obj if isinstance(obj, bytes) else obj.encode()
        if len(raw) < 256:
            self.write(pickle.SHORT_BINSTRING + bytes([len(raw)]) + raw)
        else:
            self.write(pickle.BINSTRING + struct.pack("<i", len(raw)) + raw)
        self.memoize(obj)

    dispatch = dict(pickle._Pickler.dispatch)
    dispatch[str] = save_str
    dispatch[bytes] = save_str


def as_python2(data):
    stream = io.BytesIO()
    Python2Pickler(stream, protocol=2).dump(data)
    return stream.getvalue()


def write_pickles(put):
    for protocol in (2, 3, 4, 5):
        for order in "CF":
            for dtype in ("<f2", ">f2", "<f4", ">f4", "<f8", ">f8"):
                name = {"<": "little", ">": "big"}[dtype[0]] + dtype[2:]
                put(f"p{protocol}_{order}_{name}.pkl", pickle.dumps(typed(FLOATS, dtype, order), protocol=protocol))
            for dtype in ("i1", "<i2", ">i4", "<i8", ">i8"):
                name = dtype.strip("<>")
                put(f"p{protocol}_{order}_int_{name}.pkl", pickle.dumps(typed(INTS, dtype, order), protocol=protocol))
            put(f"p{protocol}_{order}_numpy2.pkl", as_numpy2(typed(FLOATS, "<f4", order), protocol))
        # Neither contiguous in C nor in Fortran order: protocol 5 falls back to _reconstruct.
        wide = {name: np.repeat(array, 2, axis=-1)[..., ::2] for name, array in typed(FLOATS, "<f4").items()}
        put(f"p{protocol}_strided.pkl", pickle.dumps(wide, protocol=protocol))
    readonly = typed(FLOATS, "<f4")
    for array in readonly.values():
        array.setflags(write=False)
    put("p5_readonly.pkl", pickle.dumps(readonly, protocol=5))
    put("p2_python2.pkl", as_python2(typed(FLOATS, "<f4")))
    large = {"W1": np.arange(200 * 100, dtype="f4").reshape(200, 100)}
    for protocol in (2, 3, 4, 5):
        put(f"large_p{protocol}.pkl", pickle.dumps(large, protocol=protocol))
    put("k_order.pkl", numpy23_k_order())
    unsigned = {name: np.abs(array) for name, array in INTS.items()}
    for dtype in ("u1", ">u2", "<u4", ">u8"):
        put(f"unsigned_{dtype.strip('<>')}.pkl", pickle.dumps(typed(unsigned, dtype), protocol=4))
    maxout = {"W1": np.arange(12.0).reshape(2, 3, 2), "b1": np.arange(4.0).reshape(2, 2), "W2": FLOATS["W2"]}
    put("maxout.pkl", pickle.dumps(maxout, protocol=4))


class Calls:
    """Pickles as a call of a function."""
    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


def write_hostile_pickles(put):
    """Name, and in the C++ test the words that the error must hold. `touch` would leave a file behind if run."""
    marker = "touch executed"
    for protocol in (2, 3, 4, 5):
        put(f"hostile_system_p{protocol}.pkl", pickle.dumps({"W1": Calls(os.system, marker)}, protocol=protocol))
        put(f"hostile_eval_p{protocol}.pkl", pickle.dumps({"W1": Calls(eval, "1")}, protocol=protocol))
    put("hostile_global.pkl", b"\x80\x03cos\nsystem\n(X\x0e\x00\x00\x00touch executedtR.")
    put("hostile_stack_global.pkl", b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x0etouch executed\x85R.")
    put("hostile_inst.pkl", b"\x80\x02(X\x0e\x00\x00\x00touch executedios\nsystem\n.")
    put("hostile_inst_numpy.pkl", b"\x80\x02(X\x02\x00\x00\x00f4inumpy\ndtype\n.")
    put("hostile_obj.pkl", b"\x80\x02(cnumpy\ndtype\nX\x02\x00\x00\x00f4o.")
    put("hostile_newobj.pkl", b"\x80\x02cnumpy\nndarray\n)\x81.")
    put("hostile_builtins.pkl", b"\x80\x02c__builtin__\neval\n(X\x01\x00\x00\x001tR.")
    put("hostile_dotted.pkl", b"\x80\x04\x8c\x05numpy\x8c\x13core._internal.eval\x93.")
    put("hostile_numpy_load.pkl", b"\x80\x03cnumpy\nload\nX\x01\x00\x00\x00a\x85R.")
    put("hostile_codecs.pkl", b"\x80\x02c_codecs\ndecode\nX\x01\x00\x00\x00a\x85R.")
    put("hostile_encoding.pkl", b"\x80\x02c_codecs\nencode\nX\x01\x00\x00\x00aX\x05\x00\x00\x00rot13\x86R.")
    put("hostile_reconstruct.pkl", b"\x80\x03cnumpy.core.multiarray\n_reconstruct\ncnumpy\ndtype\nK\x00\x85C\x01b\x87R.")
    put("hostile_extension.pkl", b"\x80\x02\x82\x01.")
    put("hostile_persistent.pkl", b"\x80\x02X\x01\x00\x00\x00aQ.")
    put("hostile_buffer.pkl", b"\x80\x05\x97.")
    put("hostile_name.pkl", b"\x80\x03cos\x1b[2J\nsys\xfftem\n.")
    put("objects.pkl", pickle.dumps({"W1": np.array([[1, "a"]], dtype=object)}, protocol=4))
    put("structured.pkl", pickle.dumps({"W1": np.zeros(2, dtype=[("x", "f4")])}, protocol=4))
    put("complex.pkl", pickle.dumps({"W1": np.zeros((2, 2), dtype="c8")}, protocol=4))
    put("text_array.pkl", pickle.dumps({"W1": np.array(["a"])}, protocol=4))
    put("list.pkl", pickle.dumps([np.zeros(2)], protocol=4))
    put("number.pkl", pickle.dumps({"W1": 1.0}, protocol=4))
    put("bytes_key.pkl", pickle.dumps({b"W1": np.zeros(2)}, protocol=4))
    put("zero_d.pkl", pickle.dumps({"W1": np.array(1.0)}, protocol=4))
    put("four_d.pkl", pickle.dumps({"W1": np.zeros((1, 1, 1, 1))}, protocol=4))
    put("protocol0.pkl", pickle.dumps({"W1": np.zeros(2)}, protocol=0))
    put("two_pickles.pkl", pickle.dumps({"W1": np.zeros(2)}, protocol=4) * 2)
    array = np.zeros(1000)
    put("shared.pkl", pickle.dumps({f"W{i}": array for i in range(1, 50)}, protocol=4))
    put("self_list.pkl", b"\x80\x02]q\x00h\x00a.")
    put("deep.pkl", b"\x80\x02" + b"]" * 100_000 + b"a" * 99_999 + b".")
    put("too_many.pkl", b"\x80\x02" + b"N" * 1_000_000 + b".")
    put("huge_bytes.pkl", b"\x80\x04\x8e" + struct.pack("<Q", 2**63) + b"x.")
    put("huge_text.pkl", b"\x80\x03X\xff\xff\xff\xffx.")


def write_bare(folder):
    def make(name, arrays, **options):
        with h5py.File(os.path.join(folder, name), "w") as file:
            for key, array in arrays.items():
                file.create_dataset(key, data=array, **(options if array.ndim else {}))

    make("bare_f8.h5", FLOATS)
    make("bare_f4_big.h5", typed(FLOATS, ">f4"))
    make("bare_f2.h5", typed(FLOATS, "f2"))
    make("bare_gzip.h5", typed(FLOATS, "f4"), chunks=True, compression="gzip", shuffle=True, fletcher32=True)
    make("bare_lower.h5", {name.lower(): array for name, array in FLOATS.items()})
    make("bare_row_bias.h5", {name: array[None, :] if name[0] == "b" else array for name, array in FLOATS.items()})
    make("bare_no_bias.h5", {name: array for name, array in FLOATS.items() if name[0] == "W"})
    make("bare_extra.h5", {**FLOATS, "optimizer": np.zeros(3)})
    make("bare_text.h5", {**FLOATS, "b2": np.array([b"a", b"b"])})
    make("dataset.h5", {"inputs": np.zeros((4, 3)), "labels": np.zeros(4, "i8")})
    with h5py.File(os.path.join(folder, "bare_external_link.h5"), "w") as file:
        file["W1"] = FLOATS["W1"]
        file["b1"] = h5py.ExternalLink("bare_f8.h5", "/b1")
    with h5py.File(os.path.join(folder, "bare_external_storage.h5"), "w") as file:
        file["W1"] = FLOATS["W1"]
        file.create_dataset("b1", shape=(2,), dtype="f8", external=[("/etc/hostname", 0, 16)])
    with h5py.File(os.path.join(folder, "bare_virtual.h5"), "w") as file:
        file["W1"] = FLOATS["W1"]
        layout = h5py.VirtualLayout(shape=(2,), dtype="f8")
        layout[:] = h5py.VirtualSource("bare_f8.h5", "b1", shape=(2,))
        file.create_virtual_dataset("b1", layout)
    with h5py.File(os.path.join(folder, "bare_hard_links.h5"), "w") as file:
        file["W1"] = np.zeros((100, 100))
        for i in range(2, 9):
            file[f"W{i}"] = file["W1"]
    with h5py.File(os.path.join(folder, "bare_userblock.h5"), "w", userblock_size=1024) as file:
        for key, array in FLOATS.items():
            file[key] = array


def write_native(folder):
    """Good native files, and bad ones: each a good one with one change."""
    def make(name, change=None, weights=FLOATS, activation="sigmoid", **parameters):
        with h5py.File(os.path.join(folder, name), "w") as file:
            file.attrs["format"] = "tally-model"
            file.attrs["version"] = 1
            for i, kind in ((1, activation), (2, "softmax")):
                layer = file.create_group(f"layer{i}")
                layer["weights"] = weights[f"W{i}"]
                layer["bias"] = weights[f"b{i}"]
                layer.attrs["activation"] = kind
            for key, value in parameters.items():
                file["layer1"].attrs[key] = value
            if change:
                change(file)

    def set_fixed_strings(file):
        file.attrs["format"] = np.bytes_("tally-model")
        file["layer1"].attrs["activation"] = np.bytes_("sigmoid")
        file["layer2"].attrs["activation"] = np.bytes_("softmax")

    def set_narrow_types(file):
        file.attrs["version"] = np.uint8(1)
        file["layer1"].attrs["alpha"] = np.float32(0.25)

    def replace(path, value):
        def change(file):
            del file[path]
            file[path] = value
        return change

    make("native.h5")
    make("native_f4.h5", weights=typed(FLOATS, "f4"))
    make("native_fixed_strings.h5", set_fixed_strings)
    make("native_narrow.h5", set_narrow_types, activation="leaky_relu")
    make("native_integer_alpha.h5", activation="elu", alpha=2)
    make("native_hard_sigmoid.h5", activation="hard_sigmoid", alpha=0.2, beta=0.5)
    make("native_slopes.h5", lambda file: file["layer1"].create_dataset("slopes", data=[0.5, 0.25]), activation="prelu")
    make("native_notes.h5", lambda file: file.attrs.update(author="somebody", trained="yesterday"))
    make("native_one_by_one.h5", lambda file: file.attrs.create("version", [1]))
    maxout = {"W1": np.arange(12.0).reshape(2, 3, 2), "b1": np.arange(4.0).reshape(2, 2), "W2": FLOATS["W2"],
              "b2": FLOATS["b2"]}
    make("native_maxout.h5", weights=maxout, activation="maxout", pieces=2)

    make("bad_version.h5", lambda file: file.attrs.__setitem__("version", 2))
    make("bad_no_version.h5", lambda file: file.attrs.__delitem__("version"))
    make("bad_no_activation.h5", lambda file: file["layer1"].attrs.__delitem__("activation"))
    make("bad_unknown_activation.h5", activation="swoosh")
    make("bad_text_parameter.h5", activation="leaky_relu:0.1")
    make("bad_no_alpha.h5", activation="leaky_relu")
    make("bad_no_beta.h5", activation="hard_sigmoid", alpha=0.2)
    make("bad_no_pieces.h5", weights=maxout, activation="maxout")
    make("bad_pieces.h5", weights=maxout, activation="maxout", pieces=3)
    make("bad_alpha.h5", activation="relu", alpha=0.1)
    make("bad_nan_alpha.h5", activation="elu", alpha=float("nan"))
    make("bad_layer_name.h5", lambda file: file.move("layer2", "layer3"))
    make("bad_extra_group.h5", lambda file: file.create_group("history"))
    make("bad_extra_dataset.h5", lambda file: file["layer1"].create_dataset("scale", data=[1.0]))
    make("bad_no_bias.h5", lambda file: file["layer1"].__delitem__("bias"))
    make("bad_bias_shape.h5", replace("layer1/bias", np.zeros(3)))
    make("bad_chain.h5", replace("layer2/weights", np.zeros((3, 2))))
    make("bad_three_d.h5", replace("layer1/weights", np.zeros((2, 3, 2))))
    make("bad_output.h5", lambda file: file["layer2"].attrs.__setitem__("activation", "relu"))
    make("bad_external_layer.h5", replace("layer2", h5py.ExternalLink("native.h5", "/layer2")))
    make("bad_external_bias.h5", replace("layer2/bias", h5py.ExternalLink("native.h5", "/layer2/bias")))
    def huge(file):
        del file["layer1/weights"]
        file["layer1"].create_dataset("weights", shape=(2**31, 2**20), dtype="f4", chunks=(1024, 1024),
                                      compression="gzip")[0, 0] = 1.0
    make("bad_huge.h5", huge)


def write_readme_example(folder):
    """Runs the example of io/README.md, as a reader would who copies it."""
    readme = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "io", "README.md")
    with open(readme, encoding="utf-8") as file:
        example = re.search(r"```python\n(.*?)```", file.read(), re.DOTALL).group(1)
    here = os.getcwd()
    os.chdir(folder)
    try:
        exec(compile(example, readme, "exec"), {})
    finally:
        os.chdir(here)


def main(folder):
    os.makedirs(folder, exist_ok=True)

    def put(name, content):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(content)

    write_pickles(put)
    write_hostile_pickles(put)
    write_bare(folder)
    write_native(folder)
    write_readme_example(folder)
    put("complete", b"")


if __name__ == "__main__":
    main(sys.argv[1])
