"""Writes the whole model of a snapshot, full or incremental, as one safetensors file, with NumPy alone.

    read_chain.py STATE/snapshots/000042 whole.safetensors
"""
import json
import pathlib
import sys

import numpy as np
from safetensors.numpy import load_file, save_file

directory = pathlib.Path(sys.argv[1])
manifest = json.loads((directory / "manifest.json").read_text())
parts = [load_file(directory / file["path"]) for file in reversed(manifest["files"])]  # the newest first
model = parts[0]  # all but the rows that did not change
slots = np.concatenate([part["rows.slot"] for part in parts])
newest = np.unique(slots, return_index=True)[1]  # for each slot the first row, in the order of slots
for name in model:
    if name.startswith(("rows.", "linear.", "embedding.")):
        model[name] = np.concatenate([part[name] for part in parts])[newest]
save_file(model, sys.argv[2])
