"""What is varied, and the settings that the experiments begin from."""

from __future__ import annotations

from dataclasses import dataclass

from .setting import Setting


@dataclass(frozen=True)
class Plan:
    """The experiments for one embedding size."""

    embedding_size: int = 64
    dropouts: tuple[float, ...] = (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
    penalties: tuple[float, ...] = (0, 1, 4, 16, 32, 64)
    attention_sizes: tuple[int, ...] = (1, 4, 16, 64)
    penalties_for_sizes: tuple[float, ...] = (4, 16, 64)
    # Tuned together at the end: what is best alone, one after the other, is not best together.
    dropouts_together: tuple[float, ...] = (0.1, 0.2, 0.3)
    penalties_together: tuple[float, ...] = (4, 16)
    seeds: tuple[int, ...] = (1, 2, 3)
    # Those of the AFM; the factorization machine gets three times as many, as it needs them.
    epochs: int = 35
    epochs_shown: int = 35
    patience: int = 3

    def machine(self, **changes) -> Setting:
        """Our factorization machine, in its classical form."""
        base = Setting(
            "fm", self.embedding_size, output_weights="ones", linear_rate=0.05, embedding_rate=0.07,
            epochs=3 * self.epochs, patience=self.patience)
        return base.with_(**changes)

    def attention(self, machine: Setting, **changes) -> Setting:
        """Our AFM, which starts from the parameters of a factorization machine."""
        base = Setting(
            "afm", self.embedding_size, output_weights="ones", linear_rate=0.05, embedding_rate=0.05, start=machine,
            epochs=self.epochs, patience=self.patience)
        return base.with_(**changes)

    def fresh(self, attention: Setting) -> Setting:
        """The same AFM from random embeddings, at the rates that this wants."""
        return attention.with_(start=None, output_weights="trainable", linear_rate=0.2, embedding_rate=0.2)

    def linear(self, **changes) -> Setting:
        """Our linear model."""
        base = Setting("linear", self.embedding_size, linear_rate=0.05, epochs=self.epochs, patience=self.patience)
        return base.with_(**changes)


# Small enough for a test of the whole way.
SMOKE = Plan(
    embedding_size=4, dropouts=(0, 0.5), penalties=(0, 1), attention_sizes=(2, 4), penalties_for_sizes=(1,),
    dropouts_together=(0.2,), penalties_together=(1,), seeds=(1,), epochs=1, epochs_shown=2)
