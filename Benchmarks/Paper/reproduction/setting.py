"""One fit: every setting of the model and of learning, written out so that no default of the product matters."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace

from .datasets import Dataset


@dataclass(frozen=True)
class Setting:
    """A fit of `afmctl fit`, complete but for the files."""

    kind: str
    embedding_size: int
    attention_size: int = 16
    # paper: the pairs' products are averaged; pairs: summed, so that uniform attention is the factorization machine.
    attention_scale: str = "paper"
    output_weights: str = "trainable"
    # The penalty on W, on the loss summed over a batch: the paper's lambda.
    projection_penalty: float = 0.0
    dropout: float = 0.0
    embedding_scale: float = 0.1
    attention_initial_scale: float = 0.1
    bias_rate: float = 0.05
    linear_rate: float = 0.2
    embedding_rate: float = 0.2
    attention_rate: float = 0.05
    output_rate: float = 0.05
    seed: int = 1
    epochs: int = 30
    # Epochs without a better validation error before it ends; None learns all.
    patience: int | None = 3
    # What it starts from; only W, b and h move where `attention_alone`.
    start: Setting | None = None
    attention_alone: bool = False
    # Whether the test is read at the end; whether training and test are judged after every epoch.
    reads_test: bool = False
    judges_epochs: bool = False

    def with_(self, **changes) -> Setting:
        """The same but for some of it."""
        return replace(self, **changes)

    @property
    def label(self) -> str:
        """A few words for people."""
        words = [f"{self.kind} k={self.embedding_size}"]
        if self.kind == "afm":
            words.append(f"attention size {self.attention_size}, lambda {self.projection_penalty:g}")
        if self.kind != "linear":
            words.append(f"dropout {self.dropout:g}")
        if self.start:
            words.append(f"from {self.start.kind}")
        if self.attention_alone:
            words.append("attention alone")
        return ", ".join(words) + f", seed {self.seed}"

    def fingerprint(self, dataset: Dataset, program: str) -> str:
        """What tells this fit, on this data and by this program, from any other."""
        described = json.dumps([asdict(self), dataset.name, dataset.batch, dataset.digest, program], sort_keys=True)
        return hashlib.sha256(described.encode()).hexdigest()[:16]

    def document(self, dataset: Dataset, state: str, sockets: str) -> str:
        """The daemon's settings file, with its state directory and the directory of its sockets."""
        return f"""state_directory: {json.dumps(state)}
source:
  kind: file
  format: libfm
  file: {{path: {json.dumps(dataset.train)}}}
schema:
  label: {{path: label, mapping: number}}
  features: [{", ".join(dataset.fields)}]
learning:
  kind: {self.kind}
  loss: squared
  embedding_size: {self.embedding_size}
  attention_size: {self.attention_size}
  attention_scale: {self.attention_scale}
  field_pair_prior: false
  field_pair_weights: false
  output_weights: {self.output_weights}
  seed: {self.seed}
  embedding_scale: {self.embedding_scale}
  attention_initial_scale: {self.attention_initial_scale}
  rates:
    bias: {self.bias_rate}
    linear: {self.linear_rate}
    embedding: {self.embedding_rate}
    attention: {self.attention_rate}
    output: {self.output_rate}
  step: explicit
  initial_accumulator: 1e-8
  epsilon: 1e-8
  regularization:
    projection: {self.projection_penalty}
    linear: 0
    embedding: 0
  dropout: {self.dropout}
  table:
    slots: {dataset.slots}
sockets:
  score: {{path: {json.dumps(sockets + "/score.sock")}}}
  control: {{path: {json.dumps(sockets + "/control.sock")}}}
"""
