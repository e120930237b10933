"""Do the peers compute the same thing? Probabilities of some rows against a forward pass in float64."""
import os

import networks
import numpy as np
from cases import layers_of, random_rows, write_dataset

ROWS = 300
EPS = 2.0 ** -23
# Tolerance of a probability: C k eps, k the roundings in a row from input to logit (Case.additions). They mostly cancel,
# to some sqrt(k) eps, and a layer's outputs are of order 1: this leaves room for any order of additions, and none for
# a wrong activation or a mistaken weight.
C = 1 / 32
TOLERANCE = "k eps / 32, k the sum of the layers' inputs"


class Agreement:
    """The float64 probabilities of one network on ROWS rows, and every peer's distance from them."""

    def __init__(self, case, folder):
        self.case, self.folder = case, folder
        self.tolerance = C * case.additions * EPS
        self.rows = os.path.join(folder, case.name + ".rows")
        self.data = os.path.join(folder, case.name + ".data.h5")
        rows = random_rows(case.widths[0], ROWS, seed=2)
        rows.tofile(self.rows)
        write_dataset(self.data, rows)
        logits, _ = networks.forward(layers_of(case), rows)
        self.expected = networks.probabilities(logits, "softmax")[0]

    def peer(self, name, child, model):
        output = os.path.join(self.folder, "probabilities")
        child.ask({"do": "predict", "model": model, "inputs": self.case.widths[0], "rows": self.rows,
                   "probabilities": output})
        return self._compare(name, np.fromfile(output, np.float32).reshape(self.expected.shape))

    def tally(self, tally):
        predicted, found = tally.probabilities(self.case.model(self.folder), self.data)
        result = self._compare("tally", found)
        two_best = np.sort(self.expected, axis=1)[:, -2:]
        clear = two_best[:, 1] - two_best[:, 0] > 2 * self.tolerance
        wrong = int((predicted != self.expected.argmax(axis=1))[clear].sum())
        result["wrong_predictions"] = wrong
        result["passed"] = result["passed"] and wrong == 0
        return result

    def _compare(self, name, found):
        error = float(np.abs(found - self.expected).max())  # NaN does not pass
        return {"network": self.case.name, "peer": name, "rows": ROWS, "largest_error": error,
                "tolerance": self.tolerance, "passed": bool(error <= self.tolerance)}
