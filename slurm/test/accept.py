#!/usr/bin/env python3
"""What a batch job promises, under a real Slurm and without chance: one line per promise, `ok`, `FAILED` or `skipped`.

    accept.py [--slow]          # --slow: also waits half a minute for a time limit
"""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import cohort
from lab import Cluster, wait_until
from run import Run, Wrong

PARTITIONS = 40
SECRET = "a-value-that-nobody-may-see"


class Skipped(Exception):
    """A promise that cannot be looked at here."""


def demand(condition, otherwise):
    if not condition:
        raise Wrong(otherwise)


def planned(cluster, people, name):
    """A job of 40 partitions; every file of the demo is cut into as many as the others."""
    run = Run(cluster, people, name)
    run.plan(PARTITIONS // len(people.files))
    return run


def ends_right(run):
    """No repair is needed, and the table is that of one process."""
    demand(run.finish() and run.repairs == 0, f"there was a table only after {run.repairs} repairs")
    run.judge(True)


def same_bytes(cluster, people):
    if people is None:
        raise Skipped("real data not present; SHUKEI_REAL_DATA names the directory")
    run = planned(cluster, people, f"bytes-{len(people.files)}")
    run.submit()
    demand(run.partitions == PARTITIONS, f"{run.partitions} partitions, expected {PARTITIONS}")
    ends_right(run)
    return f"{run.partitions} partitions"


def folded(people):
    """Of a cluster whose arrays are shorter than the job."""
    limit = 8
    with Cluster(max_array=limit) as cluster:
        run = planned(cluster, people, "folded")
        run.submit()
        tasks = [job for job in cluster.jobs(run.array)]
        ends_right(run)
        tasks = {job["ArrayTaskId"] for job in cluster.jobs(run.array)} or tasks
    demand(len(tasks) == limit - 1, f"{len(tasks)} tasks, expected {limit - 1}")
    return f"{run.partitions} partitions in {len(tasks)} tasks"


def time_limit(cluster, people):
    """The shortest limit of Slurm is a minute and the signal comes within one of it: it is sent by hand, as Slurm sends it."""
    run = planned(cluster, people, "limit")
    run.submit()
    tally = run.catch(counting=True)
    demand(tally, "no tally could be caught")
    demand(cluster.slurm("scancel", "--signal=USR1", "--batch", tally.name) is not None, "scancel --signal fails")
    told = wait_until(lambda: tally.pending() & 1 << 9, 10)  # the signal waits at the stopped process
    tally.go_on()
    demand(told, "USR1 does not arrive")
    demand(run.restarted(tally.id), "the task was not put back into the queue")
    ends_right(run)
    text = (run.job / f"logs/tally-{tally.task}.log").read_text()
    demand("time limit" in text, f"the log does not speak of the time limit: {text}")
    return f"task {tally.task} ran again"


def time_limit_in_earnest(cluster, people):
    """Slurm itself sends the signal: the limit of a running task is cut to what is nearly over."""
    run = planned(cluster, people, "earnest")
    run.submit()
    tally = run.catch(counting=True)
    demand(tally, "no tally could be caught")
    demand(cluster.slurm("scontrol", "update", f"JobId={tally.id}", "TimeLimit=1") is not None, "scontrol update fails")
    # It does so within half a minute, and wakes the process, with a SIGCONT of its own.
    demand(run.restarted(tally.id, 90), "the task was not put back into the queue")
    tally.go_on()
    ends_right(run)
    return f"task {tally.task} ran again"


def secrets(cluster, people):
    run = planned(cluster, people, "secrets")
    run.env |= {"SHUKEI_AUDIT_KEY": SECRET, "AWS_SECRET_ACCESS_KEY": SECRET}
    run.submit()
    tally = run.catch(counting=True)
    demand(tally, "no tally could be caught")
    seen = cluster.slurm("scontrol", "-o", "show", "job") or ""
    seen += cluster.run("ps", "-eo", "args").stdout
    tally.go_on()
    ends_right(run)
    for path in run.job.rglob("*"):
        if path.is_file():
            seen += path.read_bytes().decode("utf-8", "replace")
    demand("shukei-tally" in seen or "tally.sbatch" in seen, "the job was not looked at")
    demand(SECRET not in seen, "the value of a secret is in a command line, a script or a file of the job")
    return "in scontrol, ps and all files of JOB"


def other_user(cluster, people):
    if os.getuid() != 0:
        raise Skipped("needs root, to become somebody else")
    run = planned(cluster, people, "other")
    os.umask(0o022)
    run.submit()
    ends_right(run)
    nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    def may(*command):
        return subprocess.run([*nobody, *command], capture_output=True, check=False).returncode == 0
    demand(may("ls", run.dir) and may("cat", run.out / "freq.tsv"), "the other user cannot even read the released table")
    paths = [run.job, *run.job.rglob("*")]
    read = [str(path.relative_to(run.dir)) for path in paths if may("ls" if path.is_dir() else "cat", path)]
    demand(not read, f"another user can read {', '.join(read[:5])}")
    return f"{len(paths)} files and directories"


def status(cluster, people):
    run = planned(cluster, people, "status")
    run.submit()
    tally = run.catch(counting=True)
    demand(tally, "no tally could be caught")
    wait_until(run.sealed, 20)
    # A place with shukei and nothing else: no squeue.
    bare = run.dir / "bin"
    bare.mkdir()
    (bare / "shukei").symlink_to(cluster.binary)
    for where, env in [("with Slurm", {}), ("without Slurm", {"PATH": str(bare)})]:
        told = run.status(**env)
        states = [p["state"] for p in told["partitions"]]
        demand(len(states) == PARTITIONS, f"{where}: {len(states)} partitions")
        demand(states[tally.task - 1] == "running", f"{where}: partition {tally.task} is {states[tally.task - 1]}, and not running")
        demand(0 < told["done"] <= len(run.sealed()) and states.count("done") == told["done"], f"{where}: {told['done']} done")
        human = cluster.shukei("status", run.job, env={**run.env, **env}).stdout
        demand(re.search(rf"\b{PARTITIONS}\b", human), f"{where}: says nothing of {PARTITIONS} partitions: {human}")
    demand(told.get("repair") is None or "without" in where, "a repair while everything runs")
    tally.go_on()
    ends_right(run)
    for env in [{}, {"PATH": str(bare)}]:
        told = run.status(**env)
        demand(told["done"] == PARTITIONS and told["repair"] is None, f"at the end: {told['done']} done, repair: {told['repair']}")
    return "during the run and after it, with Slurm and without"


def marked(readme):
    """The commands of the block under `<!-- run -->`."""
    found = re.search(r"<!-- run -->\n```sh\n(.*?)```", readme.read_text(), re.DOTALL)
    demand(found, f"{readme.name} has no block that is marked to be run")
    return found[1]


def prepared(cluster, people, name):
    """A directory as the README has it: COHORT, SAMPLES.tsv, and shukei on PATH."""
    run = Run(cluster, people, name)
    (run.dir / "COHORT").symlink_to(people.files[0].parent)
    (run.dir / "SAMPLES.tsv").symlink_to(people.samples)
    return run


def by_the_readme(cluster, people, language):
    """A user who has nothing but the README."""
    run = prepared(cluster, people, f"readme-{language}")
    readme = Path(__file__).parents[1] / ("README.md" if language == "en" else f"README.{language}.md")
    done = cluster.run("bash", "-ec", marked(readme), cwd=run.dir, env=run.env | {"LC_ALL": "", "LANG": f"{language}_JP.UTF-8"})
    demand(cluster.wait_quiet(120), "the job does not end")
    told = run.status()
    demand(told["release"] == "done" and (run.out / "audit.json").exists(), f"no table: {told}")
    rows = [json.loads(line)["partitions"] for line in done.stdout.splitlines() if line.startswith("{\"plan")]
    demand(language == "en" or "分割" in done.stderr, f"no Japanese: {done.stderr}")
    return f"plan, submit, status: {rows[0]} partitions"


def examples(cluster, people):
    """The scripts of the examples, as they stand there."""
    place = Path(__file__).parents[1] / "examples"
    run = prepared(cluster, people, "examples")
    slurm = ["--mem", "200M", "--cpus", "1"]
    for words in [["quarterly", "COHORT", "SAMPLES.tsv", run.dir / "quarters", *slurm],
                  ["disease-cohort", "COHORT", "SAMPLES.tsv", run.dir / "disease", "I10", "chr20:40,000,000-48,000,000", *slurm]]:
        # Each with a ledger of its own: the second table would be held against the first.
        env = {"XDG_STATE_HOME": f"{run.dir}/state-{words[0]}"}
        cluster.run(place / words[0], *words[1:], cwd=run.dir, env=env)
        demand(cluster.wait_quiet(120), f"{words[0]} does not end")
    portal = sorted(path.name for path in run.dir.glob("quarters/*q*/portal/*"))
    demand(portal == ["audit.json", "freq.vcf.gz", "freq.vcf.gz.tbi"], f"the portal gets {portal}")
    head = (run.dir / "disease/table/freq.tsv").read_text().splitlines()[0]
    demand("OR_icd10_I10" in head and "AC_icd10_notI10" in head, f"columns of the disease table: {head}")
    return "the portal's VCF, and one disease in one region"


def check(name, promise, *arguments):
    """Prints a line; true unless the promise is broken."""
    begun = time.monotonic()
    try:
        line = f"ok      {name}: {promise(*arguments)}"
    except Skipped as why:
        line = f"skipped {name}: {why}"
    except (Wrong, RuntimeError, subprocess.TimeoutExpired) as why:
        line = f"FAILED  {name}: {why}"
        if isinstance(arguments[0], Cluster):
            arguments[0].cancel_all()
    print(f"{line} ({time.monotonic() - begun:.1f} s)", flush=True)
    return not line.startswith("FAILED")


def main():
    slow = "--slow" in sys.argv[1:]
    with Cluster() as cluster:
        demo, real = cohort.demo(cluster), cohort.real(cluster)
        # Enough people for regions within each sex.
        many = cohort.demo(cluster, people=3000, variants=4000)
        kept = [
            check("demo cohort, the bytes of one process", same_bytes, cluster, demo),
            check("1000 Genomes, the bytes of one process", same_bytes, cluster, real),
            check("array longer than MaxArraySize", folded, demo),
            check("signal before the time limit", time_limit, cluster, demo),
            check("no secret in sight", secrets, cluster, demo),
            check("another user", other_user, cluster, demo),
            check("status", status, cluster, demo),
            check("README", by_the_readme, cluster, many, "en"),
            check("README.ja", by_the_readme, cluster, many, "ja"),
            check("examples", examples, cluster, many),
        ]
        if slow:
            kept.append(check("time limit, by Slurm itself", time_limit_in_earnest, cluster, demo))
    sys.exit(not all(kept))


if __name__ == "__main__":
    main()
