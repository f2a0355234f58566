"""What the tests of batch jobs share: a cluster of their own, its jobs, and the faults that can be done to them."""

import importlib.machinery
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
QUEUED = ("PENDING", "RUNNING", "COMPLETING", "CONFIGURING", "SUSPENDED", "REQUEUED", "RESIZING", "SIGNALING", "STAGE_OUT")


def _cluster_script():
    """The script `cluster`, which has no .py, as a module."""
    loader = importlib.machinery.SourceFileLoader("cluster", str(HERE / "cluster"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("cluster", loader))
    sys.dont_write_bytecode = True
    loader.exec_module(module)
    return module


script = _cluster_script()


def binary():
    """The shukei under test: $SHUKEI, else what was built last for use, else for tests."""
    named = os.environ.get("SHUKEI")
    target = HERE.parents[1] / "target"
    for path in [Path(named)] if named else [target / "release/shukei", target / "debug/shukei"]:
        if os.access(path, os.X_OK):
            return path.resolve()
    sys.exit(f"no shukei at {named or target}; build it, or name it in SHUKEI")


def wait_until(condition, seconds, every=0.05):
    """The first true value of a condition, or its last value when the time is over."""
    end = time.monotonic() + seconds
    while not (value := condition()) and time.monotonic() < end:
        time.sleep(every)
    return value


class Tally:
    """A running `shukei tally` of a job."""

    def __init__(self, pid):
        self.pid, self.start = pid, script.started(pid)
        env = script.environment(pid)
        self.id, self.node = env.get("SLURM_JOB_ID"), env.get("SLURMD_NODENAME")
        task = env.get("SLURM_ARRAY_TASK_ID")
        self.task = task and int(task)
        self.name = f"{env.get('SLURM_ARRAY_JOB_ID')}_{task}" if task else self.id

    def alive(self):
        return self.start is not None and script.started(self.pid) == self.start

    def signal(self, how):
        """Sends a signal; false if the process has gone."""
        if not self.alive():
            return False
        try:
            os.kill(self.pid, how)
        except ProcessLookupError:
            return False
        return True

    def stop(self):
        """SIGSTOP; true when the process stands still in the middle of its work."""
        def state():
            try:
                return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                return "X"
        return self.signal(signal.SIGSTOP) and wait_until(lambda: state() in "TXZ", 2, 0.001) and state() == "T" and self.alive()

    def pending(self):
        """The signals that wait for the process, as bits."""
        try:
            found = re.search(r"^ShdPnd:\s*(\w+)", Path(f"/proc/{self.pid}/status").read_text(), re.M)
        except OSError:
            return 0
        return int(found[1], 16) if found else 0

    def go_on(self):
        self.signal(signal.SIGCONT)


class Cluster:
    """A private cluster, up inside of `with`."""

    def __init__(self, max_array=1001):
        self.max_array = max_array
        self.binary = binary()

    def __enter__(self):
        # Ctrl-C and TERM have to pass through __exit__; for KILL there is `--while`.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        self.root = Path(tempfile.mkdtemp(prefix="shukei-"))
        self.root.chmod(0o755)
        self.dir = self.root / "cluster"
        self.env = {**os.environ, "SLURM_CONF": f"{self.dir}/slurm.conf", "LC_ALL": "C.UTF-8",
                    "PATH": f"{self.binary.parent}:{os.environ['PATH']}", "XDG_STATE_HOME": f"{self.root}/state"}
        self.heal()
        return self

    def __exit__(self, *_):
        subprocess.run([HERE / "cluster", "down", self.dir], timeout=60, check=False)
        shutil.rmtree(self.root, ignore_errors=True)

    def heal(self):
        """Starts the daemons that are missing; nodes work again."""
        subprocess.run([HERE / "cluster", "up", self.dir, f"--max-array={self.max_array}", f"--while={os.getpid()}"],
                       timeout=120, check=True)

    # Commands.

    def run(self, *command, timeout=30, check=True, **more):
        """Runs a command in the cluster's environment. Slurm's commands hang while slurmctld is away: none is waited for long."""
        command = [str(word) for word in command]
        env = {**self.env, **more.pop("env", {})}
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=timeout, **more)
        if check and done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def shukei(self, *arguments, timeout=120, **more):
        return self.run(self.binary, *arguments, timeout=timeout, **more)

    def start(self, *arguments, **more):
        """Starts shukei and does not wait."""
        env = {**self.env, **more.pop("env", {})}
        return subprocess.Popen([self.binary, *map(str, arguments)], env=env, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)

    def slurm(self, *command):
        """Standard output of a command of Slurm; None if it fails or hangs."""
        try:
            done = self.run(*command, timeout=10, check=False)
        except subprocess.TimeoutExpired:
            return None
        return done.stdout if done.returncode == 0 else None

    # Jobs.

    def jobs(self, job_id):
        """What Slurm knows of a job, of each task of an array."""
        text = self.slurm("scontrol", "-o", "show", "job", str(job_id)) or ""
        return [dict(re.findall(r"(\w+(?:/\w+)*)=(\S*)", line)) for line in text.splitlines() if line.startswith("JobId=")]

    def restarts(self, job_id):
        return max((int(job.get("Restarts", 0)) for job in self.jobs(job_id)), default=0)

    def quiet(self):
        """True when nothing is queued or running; None when Slurm does not answer."""
        text = self.slurm("squeue", "-h", "-o", "%i %T")
        return None if text is None else not text.strip()

    def wait_quiet(self, seconds):
        return bool(wait_until(self.quiet, seconds, 0.2))

    def cancel_all(self):
        """After a hang: nothing of one run may reach into the next."""
        self.slurm("scancel", "--full", "--signal=KILL", f"--user={os.getuid()}")
        self.slurm("scancel", f"--user={os.getuid()}")
        self.wait_quiet(60)

    # Processes of a job.

    def tallies(self, job, known=None, verb=b"tally"):
        """The tally processes of a job. `known` collects the numbers of processes that are something else for good."""
        for entry in os.listdir("/proc"):
            if not entry.isdigit() or (known is not None and entry in known):
                continue
            try:
                words = Path(f"/proc/{entry}/cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if Path(os.fsdecode(words[0])).name == self.binary.name and verb in words:
                if any(os.path.realpath(os.fsdecode(word)) == str(job) for word in words if word):
                    yield Tally(int(entry))

    def kill_node(self, node, job=None):
        """A node dies: slurmd, its steps, and, with a job, the processes of that job there. Without it they live on, as
        they do on a node that has only lost its network."""
        doomed = list(self.tallies(job)) if job else []
        steps = [int(e) for e in os.listdir("/proc") if e.isdigit() and script.is_stepd(e, self.dir)
                 and self._node_of_step(e) == node]
        daemon = script.Cluster(self.dir).running(f"slurmd-{node}")
        if daemon is None:
            return False
        os.kill(daemon, signal.SIGKILL)
        for pid in steps:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        for tally in doomed:
            if tally.node == node:
                tally.signal(signal.SIGKILL)
        # What slurmctld does by itself when a node is silent for SlurmdTimeout, without the wait.
        return self.slurm("scontrol", "update", f"nodename={node}", "state=down", "reason=killed") is not None

    def _node_of_step(self, pid):
        for link in Path(f"/proc/{pid}/fd").iterdir():
            try:
                found = re.fullmatch(r"slurmd-(\w+)\.log", Path(os.readlink(link)).name)
            except OSError:
                continue
            if found:
                return found[1]
        return None

    def kill_controller(self):
        pid = script.Cluster(self.dir).running("slurmctld")
        if pid is None:
            return False
        os.kill(pid, signal.SIGKILL)
        return bool(wait_until(lambda: script.started(pid) is None, 5))

    def requeue(self, name):
        return self.slurm("scontrol", "requeue", name) is not None

    def preempt(self):
        """A job that needs every node, with priority."""
        return self.run("sbatch", "--parsable", "-p", "high", "-N4", "--exclusive", "-o", "/dev/null", "--wrap", "sleep 0.5").stdout.strip()
