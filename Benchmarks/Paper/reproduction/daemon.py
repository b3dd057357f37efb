"""A daemon that serves a fitted model, to be asked for scores and for what they are made of."""

import json
import pathlib
import subprocess
import tempfile

from .laboratory import Laboratory
from .problem import Problem
from .setting import Setting


class Daemon:
    """`afmd` on the snapshot of a fit, from `with` to its end. It has no position to learn from, so it only serves."""

    def __init__(self, laboratory: Laboratory, setting: Setting):
        self.laboratory = laboratory
        self.setting = setting

    def __enter__(self):
        # Not below the output directory: the path of a socket must be short.
        self.sockets = tempfile.TemporaryDirectory(prefix="afm-")
        folder = pathlib.Path(self.sockets.name)
        settings = folder / "settings.yaml"
        state = self.laboratory.folder(self.setting) / "state"
        settings.write_text(self.setting.document(self.laboratory.dataset, str(state), str(folder)))
        self.log = open(folder / "log", "w+", encoding="utf-8")
        self.process = subprocess.Popen(
            [str(self.laboratory.programs / "afmd"), "--config", str(settings)], stderr=self.log)
        try:
            self.ask("ready", "--wait", "60")
        except Problem as problem:
            self.log.seek(0)
            said = self.log.read()
            self.__exit__()
            raise Problem(f"afmd did not become ready with {settings}: {problem}\n{said}") from None
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.log.close()
        self.sockets.cleanup()

    def ask(self, *words: str, lines: str | None = None) -> str:
        """What `afmctl` prints."""
        command = [str(self.laboratory.afmctl), "--socket", self.sockets.name + "/control.sock", *words]
        outcome = subprocess.run(command, input=lines, capture_output=True, text=True)
        if outcome.returncode != 0:
            raise Problem(f"{' '.join(command[:5])} ended with {outcome.returncode}: {outcome.stderr.strip()}")
        return outcome.stdout

    def scores(self, instances: list[dict]) -> list[float]:
        """The scores of instances."""
        lines = "".join(json.dumps(instance) + "\n" for instance in instances)
        return [float(line) for line in self.ask("score", lines=lines).split()]

    def explanation(self, instance: dict) -> dict:
        """What a score is made of."""
        return json.loads(self.ask("explain", "--json", json.dumps(instance)))
