"""Runs commands in turn and measures each: CPU seconds, wall seconds, peak memory."""

import multiprocessing
import os
import resource
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TypeVar

from tools import Tool, say

T = TypeVar("T")


@dataclass
class Command:
    """One line of a comparison. Paths are relative to the data directory, in which it is run."""

    label: str
    tool: Tool
    args: list[str]
    state: str = ""
    """Directory of shukei's ledger, which has to be new for each run."""
    out: str = ""
    """Directory that the run makes."""

    def __str__(self) -> str:
        state = f'XDG_STATE_HOME="$PWD/{self.state}" ' if self.state else ""
        return state + shlex.join([self.tool.name, *self.args])

    def start(self, home: Path, **streams) -> subprocess.Popen:
        """Starts it in the data directory."""
        if not self.tool.argv:
            raise OSError(f"{self.tool.name} {self.tool.source}")
        state = {"XDG_STATE_HOME": str(home / self.state)} if self.state else {}
        env = {**os.environ, "LC_ALL": "C", **self.tool.env, **state}
        return subprocess.Popen([*self.tool.argv, *self.args], cwd=home, env=env, **streams)


@dataclass(frozen=True)
class Usage:
    """What a run took, or the medians of several; or why there is nothing."""

    cpu: float = 0.0
    wall: float = 0.0
    mib: float = 0.0
    failed: str = ""


def run(command: Command, home: Path) -> Usage:
    """Runs once."""
    made = [home / path for path in [command.state, command.out] if path]
    for path in made:
        shutil.rmtree(path, ignore_errors=True)
    with tempfile.TemporaryFile() as errors:
        start = time.monotonic()
        try:
            process = command.start(home, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors)
        except OSError as error:
            return Usage(failed=error.strerror or str(error))
        _, status, used = os.wait4(process.pid, 0)
        wall = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        lines = errors.read().decode(errors="replace").strip().splitlines() or ["no message"]
    if process.returncode != 0:
        return Usage(failed=f"exit code {process.returncode}: {lines[-1].replace(f'{home}/', '')[:200]}")
    if missing := [path.name for path in made if not path.exists()]:
        return Usage(failed=f"made no {' and no '.join(missing)}")
    return Usage(used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024)


def in_turn(commands: list[Command], home: Path, runs: int) -> dict[str, Usage]:
    """Medians by label. Every round runs each command once and begins one further on; who fails once is out."""
    taken: dict[str, list[Usage]] = {command.label: [] for command in commands}
    failed: dict[str, Usage] = {}
    for number in range(runs):
        first = number % len(commands)
        for command in commands[first:] + commands[:first]:
            if command.label in failed:
                continue
            usage = run(command, home)
            say(f"  {number + 1}/{runs} {command.label}: " + (usage.failed or f"{usage.cpu:.2f} s"))
            if usage.failed:
                failed[command.label] = usage
            taken[command.label].append(usage)
    middle = {label: Usage(*(median(getattr(usage, what) for usage in usages) for what in ["cpu", "wall", "mib"]))
              for label, usages in taken.items()}
    return middle | failed


def own_peak() -> float:
    """MiB that this script itself took: Linux never reports less of what it starts."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def apart(work: Callable[..., T], *args: object) -> T:
    """Calls in a process of its own, so that this one stays small."""
    with multiprocessing.get_context("fork").Pool(1) as pool:
        return pool.apply(work, args)


def warm(path: Path) -> None:
    """Reads a file once."""
    with open(path, "rb") as file:
        while file.read(1 << 20):
            pass
