"""Runs the experiments of the paper with `afmctl fit`: figures, tables and plots; `make reproduce` calls it.

    reproduce.py --programs .build/release --output .build/reproduction --frappe DIR --movielens DIR
"""

import argparse
import os
import pathlib
import sys

from reproduction import datasets
from reproduction.experiments import Experiments
from reproduction.laboratory import Laboratory
from reproduction.plan import SMOKE, Plan
from reproduction.problem import AbsentData, Problem


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", required=True, help="the directory of afmd and afmctl")
    parser.add_argument("--output", required=True, type=pathlib.Path, help="the directory that takes everything")
    parser.add_argument("--frappe", default="", help="a directory with Frappe's three files")
    parser.add_argument("--movielens", default="", help="a directory with tags.csv or tags.dat, or three files")
    parser.add_argument("--embedding-size", type=int, default=64, help="k (64)")
    parser.add_argument("--at-once", type=int, default=os.cpu_count() or 1, help="fits beside each other (all cores)")
    parser.add_argument("--smoke", action="store_true", help="tiny experiments that only show that all works")
    options = parser.parse_args()
    done = 0
    for name in ("frappe", "movielens"):
        try:
            work = options.output / name
            dataset = datasets.load(name, getattr(options, name), work)
            plan = SMOKE if options.smoke else Plan(embedding_size=options.embedding_size)
            laboratory = Laboratory(dataset, options.programs, options.output / "fits", options.at_once)
            Experiments(laboratory, plan, work).run()
            done += 1
        except AbsentData as absent:
            print(f"skipped: {absent}. Name a directory of your own: {name.upper()}=DIR")
    if done:
        print(f"everything is in {options.output}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Problem as problem:
        sys.exit(f"reproduce: {problem}")
