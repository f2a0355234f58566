#!/usr/bin/env python3
"""Faults at random times, under a real Slurm: every table is the right one, or there is none and somebody says why.

    faults.py --runs 10 --seed 1 [--kinds kill9,requeue] [--min-each 1]
    faults.py --runs 100 --jobs 4 --min-each 5 --min-right 80    # on four clusters side by side: runs mostly wait
    faults.py --replay 1/7/0 --kinds requeue        # one run again, with the seed that its line names

Kinds take turns, in a new random order every round. A run whose fault did not hit (the tally had ended, say) is repeated
with another seed. Exit 1 if a run went wrong, a kind hit less often than asked, or fewer runs than asked ended right.
"""

import argparse
import random
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import cohort
from kinds import KINDS, OWN_COPY
from lab import Cluster
from run import Run, Wrong

TRIES = 6  # at most, for a fault that does not hit


def order(kinds, runs, seed):
    """Round-robin, each round shuffled."""
    shuffled, turns = random.Random(seed), []
    while len(turns) < runs:
        turns += shuffled.sample(kinds, len(kinds))
    return turns[:runs]


def own_copy(run):
    """Files that this run may damage."""
    place = run.dir / "cohort"
    place.mkdir()
    for path in run.cohort.files:
        for name in [path, path.with_name(path.name + ".tbi")]:
            shutil.copy2(name, place / name.name)
    run.files = [place / path.name for path in run.cohort.files]


def one(cluster, people, kind, seed, keep):
    """Runs one fault; gives its verdict and whether it fired."""
    begun = time.monotonic()
    run = Run(cluster, people, seed)
    fired, result = False, "wrong"
    try:
        if kind in OWN_COPY:
            own_copy(run)
        run.plan()
        fired = bool(KINDS[kind](run))
        result = run.judge(run.finish())
    except Wrong as why:
        run.note = str(why)
        cluster.cancel_all()
    finally:
        run.cleanup()
    cluster.heal()
    more = f"  {run.note}" if run.note else ""
    print(f"{kind:12} {result:7} {'fired' if fired else 'no hit':6} {time.monotonic() - begun:5.1f} s  seed {seed}  "
          f"{run.partitions} partitions, {run.repairs} repairs{more}", flush=True)
    if result == "wrong" and keep:
        shutil.copytree(run.dir, f"{keep}/{run.dir.name}-{kind}", symlinks=True, dirs_exist_ok=True)
    shutil.rmtree(run.dir, ignore_errors=True)
    return result, fired


def table(counts, kinds):
    print(f"\n{'kind':12} {'fired':>6} {'right':>6} {'refused':>8} {'wrong':>6}")
    for kind in [*kinds, "all"]:
        row = [sum(counts[k, what] for k in (kinds if kind == "all" else [kind])) for what in ("fired", "right", "refused", "wrong")]
        print(f"{kind:12} {row[0]:6} {row[1]:6} {row[2]:8} {row[3]:6}")


LINE = re.compile(r"(\w+) +(right|refused|wrong) +(fired|no hit) +[\d.]+ s  seed ")


def alone(options, kinds):
    """Runs one after the other on a cluster of their own."""
    counts = Counter()
    with Cluster() as cluster:
        people = cohort.demo(cluster)
        turns = [kinds[0]] if options.replay else options.turns or order(kinds, options.runs, options.seed)
        for number, kind in enumerate(turns):
            for again in range(1 if options.replay else TRIES):
                seed = options.replay or f"{options.seed}/{number}/{again}"
                result, fired = one(cluster, people, kind, seed, options.keep)
                counts[kind, result] += 1
                counts[kind, "fired"] += fired
                if fired or result == "wrong":
                    break
    return counts


def side_by_side(options, kinds):
    """The runs dealt to several clusters, each with seeds of its own."""
    turns = order(kinds, options.runs, options.seed)

    def follow(number):
        mine = turns[number::options.jobs]
        words = [sys.executable, __file__, f"--turns={','.join(mine)}", f"--seed={options.seed}.{number}", "--min-each=0",
                 *([f"--keep={options.keep}"] if options.keep else [])]
        found, text = Counter(), []
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as child:
            for line in child.stdout:
                text.append(line)
                if match := LINE.match(line):
                    kind, result, hit = match.groups()
                    found[kind, result] += 1
                    found[kind, "fired"] += hit == "fired"
                    print(line, end="", flush=True)
        wrong = any(found[kind, "wrong"] for kind in kinds)
        if child.returncode != 0 and not wrong:
            raise RuntimeError(f"{' '.join(words)}: exit {child.returncode}\n{''.join(text[-20:])}")
        return found

    with ThreadPoolExecutor(options.jobs) as pool:
        return sum(pool.map(follow, range(options.jobs)), Counter())


def main():
    parser = argparse.ArgumentParser(description="randomised faults under Slurm")
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--jobs", type=int, default=1, help="clusters side by side")
    parser.add_argument("--turns", type=lambda words: words.split(","), help=argparse.SUPPRESS)  # of one of several clusters
    parser.add_argument("--seed", default="1")
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--min-each", type=int, default=1)
    parser.add_argument("--min-right", type=int, default=0)
    parser.add_argument("--replay", metavar="SEED")
    parser.add_argument("--keep", metavar="DIR", help="copies the directories of runs that went wrong here")
    options = parser.parse_args()
    kinds = options.kinds.split(",")
    if unknown := [kind for kind in kinds if kind not in KINDS]:
        parser.error(f"unknown kinds: {', '.join(unknown)}; there are {', '.join(KINDS)}")
    begun = time.monotonic()
    counts = (side_by_side if options.jobs > 1 else alone)(options, kinds)
    table(counts, kinds)
    right, wrong = (sum(counts[kind, what] for kind in kinds) for what in ("right", "wrong"))
    print(f"{time.monotonic() - begun:.0f} s")
    # With fewer runs than kinds not every kind has a turn.
    turns = kinds if options.runs >= len(kinds) and not options.replay else []
    seldom = [kind for kind in turns if counts[kind, "fired"] < options.min_each]
    for kind in seldom:
        print(f"FAILED: {kind} fired less than {options.min_each} times")
    if right < options.min_right:
        print(f"FAILED: {right} runs ended right, {options.min_right} are asked for")
    sys.exit(bool(seldom or wrong or right < options.min_right))


if __name__ == "__main__":
    main()
