"""Runs fits, as many beside each other as there are cores, each of them once, and keeps what they came to."""

import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

from .datasets import Dataset
from .problem import Problem
from .setting import Setting


class Laboratory:
    """Fits on one data set. What was fitted before with the same program is not fitted again."""

    def __init__(self, dataset: Dataset, programs: str, directory: pathlib.Path, at_once: int):
        self.dataset = dataset
        self.programs = pathlib.Path(programs).resolve()
        self.afmctl = self.programs / "afmctl"
        if not os.access(self.afmctl, os.X_OK):
            raise Problem(f"there is no program {self.afmctl}; `make build` makes it")
        self.program = hashlib.sha256(self.afmctl.read_bytes()).hexdigest()
        self.directory = directory.resolve()
        self.directory.mkdir(parents=True, exist_ok=True)
        self.pool = ThreadPoolExecutor(at_once)
        self.running: dict[Setting, Future] = {}
        self.finished = 0
        self.lock = threading.Lock()

    def folder(self, setting: Setting) -> pathlib.Path:
        """Where a fit has its settings, its report and its state directory."""
        return self.directory / setting.fingerprint(self.dataset, self.program)

    def begin(self, setting: Setting) -> Future:
        """Begins a fit; what it starts from goes before it. The result is the report of `afmctl fit --json`."""
        if setting not in self.running:
            # The pool takes fits in the order they come: nothing waits for a fit that is not under way yet.
            start = self.begin(setting.start) if setting.start else None
            self.running[setting] = self.pool.submit(self.fit, setting, start)
        return self.running[setting]

    def all(self, settings: list[Setting]) -> list[dict]:
        """The reports of some fits, in their order."""
        return [fit.result() for fit in [self.begin(setting) for setting in settings]]

    def best(self, settings: list[Setting]) -> Setting:
        """The one with the least validation error; of equals the first."""
        errors = [error(report) for report in self.all(settings)]
        return settings[errors.index(min(errors))]

    def fit(self, setting: Setting, start: Future | None) -> dict:
        if start:
            start.result()
        folder = self.folder(setting)
        report = folder / "report.json"
        if not report.exists():
            self.run(setting, folder, report)
        result = json.loads(report.read_text())
        with self.lock:
            self.finished += 1
            print(
                f"{self.finished:3d}  {setting.label}: {error(result):.4f} after {result['best_epoch']} epochs"
                f" of {len(result['epochs'])}, {result['wall_seconds']:.0f} s", flush=True)
        return result

    def run(self, setting: Setting, folder: pathlib.Path, report: pathlib.Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        settings = folder / "settings.yaml"
        settings.write_text(setting.document(self.dataset, str(folder / "state"), str(folder)))
        begun = time.monotonic()
        outcome = subprocess.run(
            [str(self.afmctl)] + self.arguments(setting, folder), capture_output=True, text=True)
        if outcome.returncode != 0:
            print(outcome.stderr, file=sys.stderr)
            raise Problem(f"afmctl fit ended with {outcome.returncode} for {setting.label}; its settings: {settings}")
        result = json.loads(outcome.stdout)
        result["wall_seconds"] = time.monotonic() - begun
        # The models of single epochs are of no more use.
        shutil.rmtree(folder / "state" / "fit", ignore_errors=True)
        unfinished = folder / "report.unfinished"
        unfinished.write_text(json.dumps(result))
        unfinished.rename(report)

    def arguments(self, setting: Setting, folder: pathlib.Path) -> list[str]:
        """The words of `afmctl fit`."""
        data = self.dataset
        words = ["fit", "--config", str(folder / "settings.yaml"), "--train-file", data.train]
        words += ["--validation", data.validation, "--epochs", str(setting.epochs), "--batch", str(data.batch)]
        words += ["--shuffle", "--output", str(folder / "state"), "--json"]
        if setting.patience:
            words += ["--patience", str(setting.patience)]
        if setting.start:
            words += ["--start-from", str(self.folder(setting.start) / "state")]
        if setting.attention_alone:
            words += ["--train", "attention"]
        if setting.reads_test:
            words += ["--test", data.test]
        if setting.judges_epochs:
            words += ["--judge", data.train, "--judge", data.test]
        return words


def error(report: dict) -> float:
    """The validation error (RMSE) of the best epoch."""
    return report["epochs"][report["best_epoch"] - 1]["validation"]["loss"]
