"""What is varied, and the settings that the experiments begin from."""

from __future__ import annotations

from dataclasses import dataclass

from .setting import Setting


@dataclass(frozen=True)
class Plan:
    """The experiments for one embedding size."""

    embedding_size: int = 64
    dropouts: tuple[float, ...] = (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
    penalties: tuple[float, ...] = (0, 1, 2, 4, 8, 16, 32)
    attention_sizes: tuple[int, ...] = (1, 4, 16, 64)
    penalties_for_sizes: tuple[float, ...] = (1, 4, 16)
    seeds: tuple[int, ...] = (1, 2, 3)
    epochs: int = 30
    epochs_shown: int = 30
    patience: int = 3

    def attention(self, **changes) -> Setting:
        """Our AFM."""
        base = Setting("afm", self.embedding_size, epochs=self.epochs, patience=self.patience)
        return base.with_(**changes)

    def machine(self, **changes) -> Setting:
        """Our factorization machine, in its classical form."""
        base = Setting(
            "fm", self.embedding_size, output_weights="ones", linear_rate=0.05, embedding_rate=0.05,
            epochs=2 * self.epochs, patience=self.patience)
        return base.with_(**changes)

    def linear(self, **changes) -> Setting:
        """Our linear model."""
        base = Setting(
            "linear", self.embedding_size, linear_rate=0.05, epochs=self.epochs, patience=self.patience)
        return base.with_(**changes)


# Small enough for a test of the whole way.
SMOKE = Plan(
    embedding_size=4, dropouts=(0, 0.5), penalties=(0, 1), attention_sizes=(2, 4), penalties_for_sizes=(1,), seeds=(1,),
    epochs=1, epochs_shown=2)
