"""Recomputes scores of an exported model with NumPy alone.

    recompute_score.py model.safetensors events.json

events.json holds a list of events, each a list of features {"field": name, "hash": "16 hexadecimal digits", "x": number},
as `afmctl encode --json` shows them. Prints the raw score of each event, a line each.
"""
import json
import sys

import numpy as np
from safetensors import safe_open
from safetensors.numpy import load_file


class Model:
    def __init__(self, path):
        self.tensors = load_file(path)
        with safe_open(path, framework="np") as file:
            self.metadata = file.metadata()
        self.fields = json.loads(self.metadata["fields"])
        self.pairs_within_field = json.loads(self.metadata["pairs_within_field"])
        self.row = {int(hash): row for row, hash in enumerate(self.tensors["rows.hash"])}

    def parameter(self, name):
        return self.tensors[name + ".weight"].astype(np.float64)

    def score(self, features):
        """The raw score: log-odds for log loss, the number itself for squared loss."""
        known = [(self.row[f["hash"]], f["x"], self.fields.index(f["field"])) for f in features if f["hash"] in self.row]
        linear = self.parameter("linear")
        y = float(self.parameter("bias")) + sum(float(linear[row]) * x for row, x, _ in known)
        pairs = [(a, b) for i, a in enumerate(known) for b in known[i + 1:]
                 if a[2] != b[2] or self.pairs_within_field[a[2]]]
        if self.metadata["kind"] == "linear" or not pairs:
            return y

        v = self.parameter("embedding")
        products = np.array([v[a] * v[b] * xa * xb for (a, xa, _), (b, xb, _) in pairs])
        if self.metadata["kind"] == "fm":
            weights = np.ones(len(pairs))
        else:
            hidden = products @ self.parameter("attention.projection").T + self.parameter("attention.bias")
            logits = np.maximum(hidden, 0) @ self.parameter("attention.output")
            if self.metadata["field_pair_prior"] == "true":
                prior = self.parameter("fieldPairs")
                for n, ((_, _, f), (_, _, g)) in enumerate(pairs):
                    logits[n] += prior[max(f, g) * (max(f, g) + 1) // 2 + min(f, g)]
            weights = np.exp(logits - logits.max())
            weights /= weights.sum()
            if self.metadata["attention_scale"] == "pairs":
                weights *= len(pairs)
        if self.metadata.get("field_pair_weights") == "true":
            multipliers = self.parameter("fieldPairWeights")
            for n, ((_, _, f), (_, _, g)) in enumerate(pairs):
                weights[n] *= multipliers[max(f, g) * (max(f, g) + 1) // 2 + min(f, g)]
        return y + float((weights @ products) @ self.parameter("output"))


if __name__ == "__main__":
    model = Model(sys.argv[1])
    with open(sys.argv[2]) as file:
        events = json.load(file)
    for features in events:
        print(repr(model.score([dict(f, hash=int(f["hash"], 16)) for f in features])))
