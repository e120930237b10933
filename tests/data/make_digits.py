#!/usr/bin/python3
"""Makes the shipped data set and network from scikit-learn's handwritten digits.

Writes into this script's folder (or the one given as the only argument):
  digits_test.h5        the test rows: uint8 inputs [n, 8, 8] (0 to 16), labels [n]
  digits_mlp.h5         a 64-50-100-10 sigmoid network trained on the other rows, in Tally's native model format
  digits_expected.json  what scikit-learn itself scores with that network on these rows

Everything is seeded: the same versions of scikit-learn and NumPy on the same kind of machine give the same files. Other
versions may train slightly different weights, so the three files are always made together.
"""
import json
import os
import sys

import h5py
import numpy as np
import sklearn
from sklearn.datasets import load_digits
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

SEED = 20
TEST_ROWS = 600
HIDDEN_LAYERS = (50, 100)
SCALE = 1.0 / 16.0  # the images count set pixels in 4 x 4 blocks: 0 to 16

SOURCE = (
    "Optical Recognition of Handwritten Digits, E. Alpaydin and C. Kaynak, UCI Machine Learning Repository, 1998, "
    "https://doi.org/10.24432/C50P49; as contained in scikit-learn (sklearn.datasets.load_digits)"
)
LICENCE = "CC BY 4.0, https://creativecommons.org/licenses/by/4.0/"


def split_digits():
    """Train and test rows, stratified by label, in an order fixed by SEED."""
    digits = load_digits()
    images = digits.images
    assert images.min() == 0 and images.max() == 16 and np.array_equal(images, np.round(images))
    return train_test_split(
        images.astype(np.uint8), digits.target.astype(np.uint8),
        test_size=TEST_ROWS, stratify=digits.target, random_state=SEED)


def as_inputs(images):
    """What Tally feeds the network: stored * scale, flattened; exact in float32, as scale is a power of two."""
    return (images.reshape(len(images), -1) * np.float32(SCALE)).astype(np.float32)


def write_dataset(path, images, labels):
    with h5py.File(path, "w", track_order=False) as file:
        file.attrs["source"] = SOURCE
        file.attrs["licence"] = LICENCE
        file.attrs["changes"] = (
            f"{len(images)} of the 1797 rows, chosen by tests/data/make_digits.py (stratified, seed {SEED}); "
            "values unchanged, stored as uint8")
        inputs = file.create_dataset("inputs", data=images, track_times=False)
        inputs.attrs["scale"] = SCALE
        file.create_dataset("labels", data=labels, track_times=False)


def write_model(path, weights, biases):
    """The native format: one group per layer; weights [inputs, outputs], bias [outputs], the activation by name."""
    with h5py.File(path, "w", track_order=False) as file:
        file.attrs["format"] = "tally-model"
        file.attrs["version"] = 1
        file.attrs["source"] = f"trained by tests/data/make_digits.py on the digits' train rows; data: {SOURCE}"
        file.attrs["licence"] = LICENCE
        for number, (weight, bias) in enumerate(zip(weights, biases), start=1):
            layer = file.create_group(f"layer{number}")
            layer.create_dataset("weights", data=weight.astype(np.float32), track_times=False)
            layer.create_dataset("bias", data=bias.astype(np.float32), track_times=False)
            layer.attrs["activation"] = "softmax" if number == len(weights) else "sigmoid"


def smallest_margin(probabilities):
    """How far the first class leads the second: rounding must not be able to turn a prediction."""
    ordered = np.sort(probabilities, axis=1)
    return float((ordered[:, -1] - ordered[:, -2]).min())


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    train_images, test_images, train_labels, test_labels = split_digits()

    classifier = MLPClassifier(hidden_layer_sizes=HIDDEN_LAYERS, activation="logistic", solver="adam",
                               learning_rate_init=0.003, max_iter=400, random_state=SEED)
    classifier.fit(as_inputs(train_images), train_labels)

    # Scored with the weights as they are stored, so that the file and the score belong together to the last bit.
    classifier.coefs_ = [weight.astype(np.float32).astype(np.float64) for weight in classifier.coefs_]
    classifier.intercepts_ = [bias.astype(np.float32).astype(np.float64) for bias in classifier.intercepts_]
    test_inputs = as_inputs(test_images).astype(np.float64)
    probabilities = classifier.predict_proba(test_inputs)
    predicted = classifier.predict(test_inputs)

    write_dataset(os.path.join(folder, "digits_test.h5"), test_images, test_labels)
    write_model(os.path.join(folder, "digits_mlp.h5"), classifier.coefs_, classifier.intercepts_)
    expected = {
        "samples": len(test_labels),
        "correct": int((predicted == test_labels).sum()),
        "log_loss": float(log_loss(test_labels, probabilities)),
        "smallest_margin": smallest_margin(probabilities),
        "seed": SEED,
        "sklearn": sklearn.__version__,
        "numpy": np.__version__,
    }
    with open(os.path.join(folder, "digits_expected.json"), "w", encoding="utf-8") as file:
        json.dump(expected, file, indent=2)
        file.write("\n")
    print(json.dumps(expected))


if __name__ == "__main__":
    main()
