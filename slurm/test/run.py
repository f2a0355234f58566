"""One run: a plan, its submission, and what a user does until there is a table."""

import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import verdict
from lab import wait_until

HANG = 120  # seconds after which a job that is still queued or running counts as hanging
REPAIRS = 3


class Wrong(Exception):
    """What must not happen, whatever the fault."""


class Run:
    def __init__(self, cluster, cohort, seed):
        self.cluster, self.cohort, self.seed = cluster, cohort, seed
        self.random = random.Random(seed)
        self.dir = cluster.root / ("run-" + seed.replace("/", "-"))
        self.dir.mkdir()
        self.job, self.out = self.dir / "JOB", self.dir / "OUT"
        # Slurm hands the environment of `sbatch` on; the ledger of one run must not know of the table of another.
        self.env = {"XDG_STATE_HOME": f"{self.dir}/state"}
        self.files = list(cohort.files)
        self.partitions = self.array = self.release = None
        self.submitted = 0.0
        self.repairs, self.heard, self.note = 0, 0, ""
        self.mend, self.cleanup = (lambda: None), (lambda: None)
        self.bystanders = set()

    def shukei(self, *arguments, **more):
        return self.cluster.shukei(*arguments, env=self.env, **more)

    def plan(self, cut=None):
        # The demo has five data sites, each of which is cut: 15 to 40 partitions.
        cut = cut or self.random.randint(3, 8)
        self.shukei("-q", "plan", "freq", *self.cohort.arguments(self.files), "--partitions", cut, "-o", self.job)

    # Submission.

    def submission(self, *more):
        return ["submit", self.job, "-o", self.out, "--tsv", "--max-running", 8, "--cpus", 1, "--mem", "200M", "--time", 10, *more]

    def submit(self, *more, **options):
        self.bystanders = {entry for entry in os.listdir("/proc") if entry.isdigit()}
        done = self.shukei(*self.submission(*more), check=False, **options)
        if done.returncode != 0:
            raise Wrong(f"submit: exit {done.returncode}: {done.stderr.strip()}")
        self.take(done.stdout)

    def take(self, stdout):
        """What `submit` has printed."""
        answer = json.loads(stdout.strip().splitlines()[-1])
        self.array, self.release, self.partitions = answer["array"], answer["release"], answer["partitions"]
        self.submitted = time.monotonic()

    # Looking at it.

    def sealed(self):
        return sorted((self.job / "partials").glob("*.partial"))

    def has_table(self, out=None):
        return any((out or self.out).glob("freq.*"))

    def status(self, **env):
        done = self.cluster.shukei("status", self.job, "--json", check=False, env={**self.env, **env})
        try:
            return json.loads(done.stdout)
        except ValueError:
            raise Wrong(f"status --json: exit {done.returncode}, no JSON: {done.stdout[:200]}{done.stderr[:200]}") from None

    def counting(self, tally):
        """True when a tally has said in JOB/state that it has begun to count."""
        return (self.job / f"state/{tally.task:06}.json").exists()

    def catch_release(self, seconds=60):
        """The release of this job that Slurm runs, stopped at a random point of its work; None when it ends before."""
        end, delay = time.monotonic() + seconds, self.random.uniform(0, 0.15)
        while time.monotonic() < end and not self.has_table():
            for release in self.cluster.tallies(self.job, self.bystanders, b"release"):
                time.sleep(delay)
                return release if release.stop() else None
            time.sleep(0.002)
        return None

    def catch(self, seconds=20, counting=False):
        """A random tally of this job, stopped (SIGSTOP) at a random point of its work, so that the fault that comes now
        is sure to meet it there; None when the array ends before one is caught. `counting`: one that has begun to count."""
        skip = self.random.randrange(max(1, self.partitions * 2 // 3))
        end, asked, seen = time.monotonic() + seconds, time.monotonic(), set()
        while time.monotonic() < end:
            for tally in self.cluster.tallies(self.job, self.bystanders):
                if (tally.pid, tally.start) in seen:
                    continue
                seen.add((tally.pid, tally.start))
                if len(seen) <= skip:
                    continue
                if counting:
                    wait_until(lambda: self.counting(tally) or not tally.alive(), 5, 0.001)
                else:
                    time.sleep(self.random.uniform(0, 0.25))
                if tally.stop():
                    if not counting or self.counting(tally):
                        return tally
                    tally.go_on()
            if time.monotonic() > asked + 0.5:
                asked = time.monotonic()
                if self.cluster.quiet():
                    return None
            time.sleep(0.004)
        return None

    # The end.

    def news(self):
        """What the log of the release says since the last time."""
        log = self.job / "logs/release.log"
        text = log.read_text(errors="replace") if log.exists() else ""
        new, self.heard = text[self.heard:], len(text)
        return new

    def finish(self):
        """Waits, and does what the product says, to the letter, until there is a table or three repairs did not help.
        `self.mend` removes the cause of the fault, as an operator would before he repairs. True if there is a table."""
        while True:
            if not self.cluster.wait_quiet(HANG):
                queue = self.cluster.slurm("squeue", "-h", "-o", "%i %T %r") or "Slurm does not answer"
                raise Wrong(f"hangs: {'; '.join(queue.split(chr(10))[:3])}")
            if self.has_table():
                return True
            status = self.status()
            # Another release of this job won, into another directory: that is where the table is.
            if status["release"] == "done":
                self.out = Path(status["out"])
                return True
            self.demand(verdict.complaints_about_message(self.job, status, self.news(), self.files))
            if self.repairs == REPAIRS:
                return False
            self.repairs += 1
            self.mend()
            done = subprocess.run(status["repair"], shell=True, env={**self.cluster.env, **self.env}, cwd=self.dir,
                                  capture_output=True, text=True, timeout=HANG, check=False)
            if done.returncode != 0:
                raise Wrong(f"the repair fails: {status['repair']}: exit {done.returncode}: {done.stderr.strip()}")

    def demand(self, complaints):
        complaints = list(complaints)
        if complaints:
            more = f" (and {len(complaints) - 3} more)" if len(complaints) > 3 else ""
            raise Wrong("; ".join(complaints[:3]) + more)

    def judge(self, table):
        """`right` or `refused`; what is wrong is raised."""
        if table:
            difference = self.cohort.difference(self.out)
            if difference:
                raise Wrong(difference)
            self.demand(verdict.complaints_about_state(self.job))
        self.demand(verdict.complaints_about_files(self.job))
        return "right" if table else "refused"

    def restarted(self, job_id, seconds=20):
        """True when Slurm has put a job back into the queue."""
        return bool(wait_until(lambda: self.cluster.restarts(job_id), seconds, 0.2))

    def kill(self, tally):
        return tally.signal(signal.SIGKILL)
