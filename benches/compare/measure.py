"""Runs commands in turn and measures each: CPU seconds, wall seconds, peak memory."""

import os
import shlex
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from tools import Tool, say


@dataclass
class Command:
    """One line of a comparison. Paths are relative to the data directory, in which it is run."""

    label: str
    tool: Tool
    args: list[str]
    env: dict[str, str] = field(default_factory=dict)
    fresh: list[str] = field(default_factory=list)
    """What must not be there before a run."""

    def __str__(self) -> str:
        return shlex.join([*(f"{key}={value}" for key, value in self.env.items()), self.tool.name, *self.args])


@dataclass(frozen=True)
class Usage:
    """What a run took, or the medians of several; or why there is nothing."""

    cpu: float = 0.0
    wall: float = 0.0
    mib: float = 0.0
    failed: str = ""


def run(command: Command, home: Path, stdout: Path | None = None) -> Usage:
    """Runs once."""
    for path in command.fresh:
        shutil.rmtree(home / path, ignore_errors=True)
    if not command.tool.argv:
        return Usage(failed=f"{command.tool.name} {command.tool.source}")
    env = {**os.environ, "LC_ALL": "C", **command.tool.env, **command.env}
    with tempfile.TemporaryFile() as errors, open(stdout or os.devnull, "wb") as out:
        start = time.monotonic()
        try:
            process = subprocess.Popen([*command.tool.argv, *command.args], cwd=home, env=env,
                                       stdin=subprocess.DEVNULL, stdout=out, stderr=errors)
        except OSError as error:
            return Usage(failed=str(error.strerror))
        _, status, used = os.wait4(process.pid, 0)
        wall = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            errors.seek(0)
            lines = errors.read().decode(errors="replace").strip().splitlines()
            last = lines[-1].replace(f"{home}/", "") if lines else "no message"
            return Usage(failed=f"exit code {process.returncode}: {last[:200]}")
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


def warm(path: Path) -> None:
    """Reads a file once."""
    with open(path, "rb") as file:
        while file.read(1 << 24):
            pass
