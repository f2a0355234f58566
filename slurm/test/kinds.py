"""The faults. Each submits a planned run, does one thing to it, and says whether that was seen to hit.

A fault may leave something broken: then it sets `run.mend`, which puts it right before the job is repaired."""

import os
import resource
import signal
import subprocess
import time

import verdict
from lab import wait_until
from run import Wrong

ATTEMPTS = 3  # how often the product reads what cannot be read


def kill9(run):
    """kill -9 of a running tally."""
    run.submit()
    tally = run.catch()
    return tally is not None and run.kill(tally)


def requeue(run):
    """scontrol requeue of a running task; half of them may still finish what they do."""
    run.submit()
    tally = run.catch()
    if tally is None:
        return False
    if run.random.random() < 0.5:
        tally.go_on()
    return run.cluster.requeue(tally.name) and run.restarted(tally.id)


def preempt(run):
    """A job of higher priority takes all the nodes, at once or (queue `grace`) after five seconds."""
    grace = run.random.random() < 0.3
    run.submit(*(["--queue", "grace"] if grace else []))
    tally = run.catch()
    if tally is None:
        return False
    run.cluster.preempt()
    hit = run.restarted(tally.id)
    tally.go_on()
    return hit


def slurmd(run):
    """A node dies under a task, or loses only its network: then the tally goes on beside the one that Slurm starts again."""
    run.submit()
    tally = run.catch()
    if tally is None:
        return False
    alive, survives = tally.alive(), run.random.random() < 0.5
    killed = run.cluster.kill_node(tally.node, None if survives else run.job)
    time.sleep(run.random.uniform(0, 2))
    run.cluster.heal()
    hit = run.restarted(tally.id, 30)
    if survives:
        run.note = "the tally survives its node"
        time.sleep(run.random.uniform(0, 9))  # goes on before, while or after its partition is counted again, about 6 s later
        tally.go_on()
    return alive and killed and hit


def slurmctld(run):
    """slurmctld is killed while a task runs. One killed within 5 s of a submission forgets how it has split the array:
    that is Slurm's own, and not tested here."""
    run.submit()
    tally = run.catch()
    if tally is None:
        return False
    time.sleep(max(0.0, run.submitted + 7 - time.monotonic()) + run.random.uniform(0, 1))
    alive = tally.alive()
    killed = run.cluster.kill_controller()
    if run.random.random() < 0.5:
        tally.go_on()  # ends while nobody is there to be told
    time.sleep(run.random.uniform(0, 2))
    run.cluster.heal()
    tally.go_on()
    return alive and killed


def fails3(run):
    """An input has a damaged block, or is not there, so that counting fails three times; then it is put right."""
    name = max(run.cohort.files, key=lambda path: path.stat().st_size).name
    copy = next(path for path in run.files if path.name == name)
    stat, good = copy.stat(), copy.read_bytes()
    away = run.random.random() < 0.25

    def mend():
        if away:
            copy.with_suffix(".away").rename(copy)
        else:
            copy.write_bytes(good)
        os.utime(copy, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        run.mend = lambda: None

    # It is damaged when `submit` has looked at it, and before most of the tasks have.
    run.submit()
    if away:
        copy.rename(copy.with_suffix(".away"))
    else:
        at = run.random.randrange(len(good) // 5, len(good) * 4 // 5)
        # In place, and dated as before: as a disk does it, which tells nobody.
        with open(copy, "r+b") as file:
            file.seek(at)
            file.write(bytes(byte ^ 0x5a for byte in good[at:at + 64]))
        os.utime(copy, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    run.mend = mend
    run.cluster.wait_quiet(120)
    failed = [job for job in run.cluster.jobs(run.array) if job["JobState"] == "FAILED"]
    attempts = {int(job["Restarts"]) + 1 for job in failed}
    run.note = f"{'no file' if away else 'a damaged block'}: {len(failed)} tasks failed, attempts: {sorted(attempts)}"
    return bool(attempts) if away else ATTEMPTS in attempts


def scratchfull(run):
    """The scratch directory has no space left."""
    scratch = run.dir / "scratch"
    scratch.mkdir()
    limits = {}
    mounted = os.getuid() == 0 and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k,mode=1777", "tmpfs", scratch], capture_output=True, check=False).returncode == 0
    if mounted:
        with open(scratch / "full", "wb", buffering=0) as file:
            try:
                while file.write(b"\0" * 4096):
                    pass
            except OSError:
                pass
        run.cleanup = lambda: subprocess.run(["umount", "-l", scratch], check=False)
    else:
        # Slurm hands limits on to the tasks: none can write a file that is larger.
        limit = (4096, resource.getrlimit(resource.RLIMIT_FSIZE)[1])
        limits["preexec_fn"] = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit)

    def mend():
        (scratch / "full").unlink(missing_ok=True)

    run.mend = mend
    run.submit("--scratch", scratch, **limits)
    tally = run.catch()
    if tally is None:
        return False
    full = not mounted or verdict.free_bytes(scratch) == 0
    uses = os.fsencode(str(scratch)) in open(f"/proc/{tally.pid}/cmdline", "rb").read()
    tally.go_on()
    return full and uses


def release(run):
    """The release dies, or is put back into the queue, in the middle of its work."""
    run.submit()
    caught = run.catch_release()
    if caught is None:
        return False
    if run.random.random() < 0.5:
        run.note = "kill -9"
        return run.kill(caught)
    run.note = "requeue"
    hit = run.cluster.requeue(caught.id) and run.restarted(caught.id)
    caught.go_on()
    return hit


def flip(run):
    """One byte of a sealed partial changes before the release reads it."""
    run.submit()
    tally = run.catch()
    if tally is None:
        return False
    wait_until(run.sealed, 10)
    sealed = run.sealed()
    if not sealed:
        tally.go_on()
        return False
    partial = run.random.choice(sealed)
    at = run.random.randrange(partial.stat().st_size)
    with open(partial, "r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 1 << run.random.randrange(8)]))
    run.note = f"byte {at} of {partial.name}"
    waiting = any(job["JobState"] == "PENDING" for job in run.cluster.jobs(run.release))
    tally.go_on()
    return waiting


def twosubmits(run):
    """Two `shukei submit` of the same job at once: one submits, the other refuses and says why."""
    first = run.cluster.start(*run.submission(), env=run.env)
    time.sleep(run.random.choice([0, run.random.uniform(0, 0.05), run.random.uniform(0, 0.2)]))
    both = [first, run.cluster.start(*run.submission(), env=run.env)]
    together = first.poll() is None
    said = [process.communicate(timeout=60) for process in both]
    codes = [process.returncode for process in both]
    if sorted(codes) != [0, 1]:
        raise Wrong(f"two submissions at once: exit {codes}: {'; '.join(err.strip() for _, err in said)}")
    run.take(said[codes.index(0)][0])
    refusal = said[codes.index(1)][1]
    if not refusal.strip():
        raise Wrong("the second submission refuses without a word")
    return together


def tworeleases(run):
    """Two `shukei release` at once, into two directories, while that of Slurm begins too."""
    run.submit()
    wait_until(lambda: len(run.sealed()) == run.partitions, 60, 0.01)
    time.sleep(run.random.choice([0, run.random.uniform(0, 0.6)]))
    outs = [run.dir / "OUT1", run.dir / "OUT2"]
    both = [run.cluster.start("release", run.job, "--tsv", "-o", out, env=run.env) for out in outs]
    together = all(process.poll() is None for process in both)
    said = [process.communicate(timeout=60)[1] for process in both]
    for process, out, err in zip(both, outs, said):
        if process.returncode == 0:
            difference = run.cohort.difference(out)
            if difference:
                raise Wrong(f"{out.name}: {difference}")
        elif run.has_table(out) or not err.strip():
            raise Wrong(f"{out.name}: exit {process.returncode}, table: {run.has_table(out)}, said: {err.strip()}")
    run.note = f"exit {both[0].returncode} and {both[1].returncode}"
    return together


KINDS = {kind.__name__: kind for kind in (kill9, requeue, preempt, slurmd, slurmctld, fails3, scratchfull, release, flip,
                                          twosubmits, tworeleases)}
OWN_COPY = {"fails3"}  # kinds that damage the input
