"""Random networks, the files that hold them, and their forward pass in float64: NumPy and h5py only.

A layer is a dict of weights, bias, activation, alpha (or None), and slopes (prelu's, or None).
"""
import math

import h5py
import numpy as np

SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772


def erf(x):
    return np.vectorize(math.erf, otypes=[float])(x)


def sigmoid(x):
    return 0.5 * (1.0 + np.tanh(0.5 * x))


def elu(x, alpha):
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


# name: (text for --activation, function of (x, layer))
ELEMENTWISE = {
    "identity": lambda x, _: x,
    "step": lambda x, _: np.where(x > 0, 1.0, 0.0),
    "sigmoid": lambda x, _: sigmoid(x),
    "relu": lambda x, _: np.maximum(x, 0),
    "leaky_relu": lambda x, layer: np.where(x > 0, x, layer["alpha"] * x),
    "prelu": lambda x, layer: np.where(x > 0, x, (layer["alpha"] if layer["slopes"] is None else layer["slopes"]) * x),
    "elu": lambda x, layer: elu(x, layer["alpha"]),
    "selu": lambda x, _: SELU_SCALE * elu(x, SELU_ALPHA),
    "tanh": lambda x, _: np.tanh(x),
    "gelu": lambda x, _: 0.5 * x * (1 + erf(x / math.sqrt(2))),
    "gelu_tanh": lambda x, _: 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3))),
    "silu": lambda x, _: x * sigmoid(x),
    "softplus": lambda x, _: np.logaddexp(0, x),
    "softsign": lambda x, _: x / (1 + np.abs(x)),
    "hard_sigmoid": lambda x, _: np.clip(x / 6 + 0.5, 0, 1),
    "relu6": lambda x, _: np.clip(x, 0, 6),
}
PARAMETERS = {"leaky_relu": 0.1, "elu": 0.7, "prelu": 0.25}
HARD_SIGMOID = {"alpha": 1 / 6, "beta": 0.5}


def random_layer(random, inputs, outputs, activation, pieces=0, slopes=False):
    shape = (pieces, inputs, outputs) if pieces else (inputs, outputs)
    return {"weights": (random.standard_normal(shape) / math.sqrt(inputs)).astype(np.float32),
            "bias": (0.5 * random.standard_normal(shape[:-2] + (outputs,))).astype(np.float32),
            "activation": "maxout" if pieces else activation, "alpha": PARAMETERS.get(activation),
            "slopes": random.uniform(0, 0.5, outputs).astype(np.float32) if slopes else None}


def activation_text(layer):
    if layer["activation"] == "maxout":
        return f"maxout:{len(layer['weights'])}"
    return layer["activation"] + ("" if layer["alpha"] is None else f":{layer['alpha']}")


def forward(layers, inputs):
    """(logits [N, K], bound [N]): the last pre-activations, and what float32's rounding may do to any of them.

    The bound follows the products through the layers as c * k * eps * sum |x||w|, with the activations' slopes (at
    most some 1.13, gelu's) carried as a factor of 1.2. A step's slope has no bound: see step_margin().
    """
    eps = 2.0 ** -23
    x = inputs.astype(np.float64)
    error = np.zeros(x.shape)
    for number, layer in enumerate(layers, start=1):
        weights, bias = layer["weights"].astype(np.float64), layer["bias"].astype(np.float64)
        k = weights.shape[-2]
        stacked = weights if weights.ndim == 3 else weights[None]
        sums = np.stack([x @ w for w in stacked]) + bias.reshape(len(stacked), 1, -1)
        size = np.stack([np.abs(x) @ np.abs(w) for w in stacked]) + np.abs(bias).reshape(len(stacked), 1, -1)
        spread = np.stack([error @ np.abs(w) for w in stacked])
        rounding = (spread + (k + 2) * eps * size).max(axis=0)
        sums = sums.max(axis=0)
        if number == len(layers):
            return sums, rounding.max(axis=1)
        x = sums if layer["activation"] == "maxout" else ELEMENTWISE[layer["activation"]](sums, layer)
        error = 0 * rounding if layer["activation"] == "step" else 1.2 * rounding + 8 * eps * (1 + np.abs(x))
    raise ValueError("a network has layers")


def step_margin(layers, inputs):
    """How near to 0, in units of its rounding bound, a step's argument comes [N]: below 1 it may fall either way."""
    x, margin = inputs.astype(np.float64), np.full(len(inputs), np.inf)
    for number in range(1, len(layers)):
        layer = layers[number - 1]
        if layer["activation"] == "step":
            sums, bound = forward(layers[:number], inputs)
            margin = np.minimum(margin, np.abs(sums).min(axis=1) / np.maximum(bound, 1e-300))
    return margin


def probabilities(logits, output):
    """[N, K], and the natural logarithms, in float64; one sigmoid unit is two classes."""
    if logits.shape[1] == 1:
        p = sigmoid(logits)
        return np.hstack([1 - p, p]), np.hstack([-np.logaddexp(0, logits), -np.logaddexp(0, -logits)])
    if output == "sigmoid":
        logarithms = -np.logaddexp(0, -logits)
        logarithms = logarithms - np.logaddexp.reduce(logarithms, axis=1, keepdims=True)
    else:
        logarithms = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    return np.exp(logarithms), logarithms


def write_bare(path, layers):
    with h5py.File(path, "w") as file:
        for number, layer in enumerate(layers, start=1):
            file[f"W{number}"], file[f"b{number}"] = layer["weights"], layer["bias"]


def write_native(path, layers):
    with h5py.File(path, "w") as file:
        file.attrs["format"], file.attrs["version"] = "tally-model", 1
        for number, layer in enumerate(layers, start=1):
            group = file.create_group(f"layer{number}")
            group["weights"], group["bias"] = layer["weights"], layer["bias"]
            group.attrs["activation"] = layer["activation"]
            if layer["slopes"] is not None:
                group["slopes"] = layer["slopes"]
            elif layer["alpha"] is not None:
                group.attrs["alpha"] = layer["alpha"]
            if layer["activation"] == "maxout":
                group.attrs["pieces"] = len(layer["weights"])
            if layer["activation"] == "hard_sigmoid":
                group.attrs.update(HARD_SIGMOID)


def write_dataset(path, inputs, labels, **attributes):
    with h5py.File(path, "w") as file:
        file["inputs"], file["labels"] = inputs, labels
        file["inputs"].attrs.update(attributes)
