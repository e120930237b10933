"""What is measured: the networks, the files that hold them, and the rows they are given."""
import dataclasses
import os

import h5py
import networks
import numpy as np

SEED = 1
# Larger than a cache. Every peer reads the same bytes, as rows of as many inputs as the network takes.
ROW_BYTES = 256 * 2 ** 20


@dataclasses.dataclass(frozen=True)
class Case:
    """A network: softmax at its end, one activation before. `batches`: what the peers are tried with."""
    name: str
    activation: str
    batches: tuple
    # What Tally is to reach: times ONNX Runtime's rate, and of the machine's FMA peak (None: no goal).
    goal: float
    peak_goal: float | None = None

    @property
    def widths(self):
        return [int(width) for width in self.name.split("-")]

    @property
    def flops_per_sample(self):
        return 2 * sum(inputs * outputs for inputs, outputs in zip(self.widths, self.widths[1:]))

    @property
    def additions(self):
        """The roundings in a row on the way from an input to a logit: the sum of the layers' inputs."""
        return sum(self.widths[:-1])

    def model(self, folder):
        return os.path.join(folder, self.name + ".h5")

    def onnx_model(self, folder):
        return os.path.join(folder, self.name + ".onnx")


CASES = (
    Case("784-50-100-10", "sigmoid", (100, 250, 1000, 4000), 1.25, 0.80),
    Case("784-512-512-10", "relu", (100, 250, 1000, 4000), 1.05),
    Case("28-300-300-300-2", "relu", (100, 250, 1000, 4000), 1.05),
    Case("784-4096-4096-10", "relu", (250, 1000), 1.05),
)
# What the test of this benchmark runs.
QUICK_CASES = ("784-50-100-10", "28-300-300-300-2")


def layers_of(case):
    """The layers as tests/cli/networks.py has them."""
    random = np.random.default_rng(SEED)
    pairs = list(zip(case.widths, case.widths[1:]))
    return [networks.random_layer(random, inputs, outputs, "softmax" if number == len(pairs) else case.activation)
            for number, (inputs, outputs) in enumerate(pairs, start=1)]


def random_rows(inputs, count, seed=SEED):
    """[count][inputs] float32 in [0, 1)."""
    return np.random.default_rng(seed).random((count, inputs), dtype=np.float32)


def write_rows(path, size):
    random_rows(1, size // 4).tofile(path)


def write_dataset(path, rows):
    with h5py.File(path, "w") as file:
        file["inputs"], file["labels"] = rows, np.zeros(len(rows), np.uint8)


def write_onnx(path, case, layers):
    """Gemm, activation, Gemm ... Softmax, for any number of rows."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper
    nodes, weights, tensor = [], [], "inputs"
    for number, layer in enumerate(layers, start=1):
        names = [f"W{number}", f"b{number}"]
        weights += [numpy_helper.from_array(layer[part], name) for part, name in zip(("weights", "bias"), names)]
        nodes.append(helper.make_node("Gemm", [tensor, *names], [f"a{number}"]))
        tensor = f"z{number}" if number < len(layers) else "probabilities"
        attributes = {"axis": 1} if number == len(layers) else {}
        nodes.append(helper.make_node(layer["activation"].capitalize(), [f"a{number}"], [tensor], **attributes))
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", width])
            for name, width in (("inputs", case.widths[0]), ("probabilities", case.widths[-1]))]
    graph = helper.make_graph(nodes, case.name, ends[:1], ends[1:], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 7  # what goes with opset 13
    onnx.checker.check_model(model)
    onnx.save(model, path)
