"""What is looked at after every run: the job's directory, its logs, and what a user is told."""

import os
import re
import socket
from pathlib import Path

HOST = re.escape(socket.gethostname().split(".")[0])
# Everything with a digit that a log may say. Whatever digit is left when these are taken out could be a count of people.
EXPLAINED = [re.compile(pattern) for pattern in (
    r"line \d+: +\d+ (Killed|Terminated|Aborted|User defined signal 1)\b",  # bash, with a process id
    r"\S*/\S+",  # a path
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?",
    r"\b\d{6}\.(partial|json)\b",
    r"--[a-z-]+[ =]\S+",  # an option of a command that is quoted
    r"\bpartitions? \d+((, ?| ?- ?|\.\.| to | and )\d+)*( of \d+)?", r"\b\d+( of \d+)? partitions?\b",
    r"\b\d+ of \d+ (are |is |were )?(sealed|counted|missing|damaged|done)\b",
    r"\b(attempt|try) \d+( of \d+)?", r"\b\d+ attempts?\b",
    r"\b\d+(\.\d+)? ?(s|ms|min|h|seconds?|minutes?|kB|MB|GB|KiB|MiB|GiB|bytes|MB/s|MiB/s|%)(?!\w)",
    r"\b(job|JOB|JobId|jobs|array|task|tasks|StepId|process|pid)[ =:#]*\d+([_.,]\d+)*(, \d+)*",
    r"\b(signal|exit code|exit status|os error|thread|threads|byte|line|record|block|offset|Error code)[ :=]*\d+", r"\b\d+ threads?\b",
    r"\b(SIG)?USR[12]\b", r"\bversion \d+(\.\d+)+", r"\bchr\w+(:\d[\d-]*)?",
    r"\b\d+ rows released\b",  # of the released table: after suppression
    r"\"rows\": ?\d+",
    rf"\bn[1-9]\b|\b{HOST}\b",
)]


def unexplained(text):
    """The lines of a log that have a number of unknown meaning."""
    for line in text.splitlines():
        rest = line
        for pattern in EXPLAINED:
            rest = pattern.sub(" ", rest)
        if re.search(r"\d", rest):
            yield line


def complaints_about_files(job):
    """Modes, left-overs and logs of a job's directory."""
    job = Path(job)
    for path in [job, *job.rglob("*")]:
        name = path.relative_to(job)
        if path.lstat().st_mode & 0o077 and not path.is_symlink():
            yield f"{name or 'JOB'} can be read by others: {path.lstat().st_mode & 0o777:o}"
        if "tmp" in path.name or (path.parent == job / "partials" and not re.fullmatch(r"\d{6}\.partial", path.name)):
            yield f"{name} is left over"
    for log in sorted((job / "logs").glob("*")):
        for line in unexplained(log.read_text(errors="replace")):
            yield f"logs/{log.name}: an unexplained number: {line.strip()}"


def complaints_about_message(job, status, said, files):
    """Where there is no table, the release has said why (`said`, since the last time), and `status` knows what to do."""
    bad = [p["partition"] for p in status.get("partitions", []) if p["state"] in ("failed", "missing", "damaged")]
    if not status.get("repair"):
        yield "no table, and `shukei status` knows no repair"
    # Who is killed says nothing; Slurm says so, and `status` passes it on.
    if not said and re.fullmatch(r"FAILED \(0:[1-9]\d*\)", status.get("release") or "") and not bad:
        return
    if "error" not in said:
        yield "no table, and logs/release.log does not say why"
    named = {int(n) for n in re.findall(r"partition[ =](\d+)", said) + re.findall(r"(\d{6})\.partial", said)}
    if bad and not named & set(bad) and not any(str(path) in said for path in files):
        yield "logs/release.log names neither a partition that is not sealed nor an input that is at fault"
    if "shukei submit" not in said and f"shukei status {job}" not in said:
        yield "logs/release.log says neither how to repair the job nor where to ask"


def complaints_about_state(job):
    """When the table is there, nothing says any more that a partition is being counted, or has failed."""
    state = Path(job) / "state"
    for path in sorted(state.glob("*.json")) if state.is_dir() else []:
        yield f"state/{path.name} is left over"


def free_bytes(directory):
    found = os.statvfs(directory)
    return found.f_bavail * found.f_frsize
