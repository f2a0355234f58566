"""The programs that are compared: where they are, how they are started, which version they have.

The peers are the newest that the machine's own Debian mirror has: their packages and all libraries that these need are
unpacked into a cache directory and started through the dynamic loader found there. Nothing is installed.
"""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ["bcftools", "plink2", "libdeflate-tools"]
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


def say(text: str) -> None:
    """Progress."""
    print(text, file=sys.stderr, flush=True)


@dataclass
class Tool:
    """A program: what is executed, under which name it is printed, and where it comes from."""

    name: str
    argv: list[str]
    source: str
    env: dict[str, str] = field(default_factory=dict)
    version: str = ""


def output(argv: list[str], env: dict[str, str] | None = None) -> str:
    """What a program prints; empty where it cannot be started."""
    try:
        done = subprocess.run(argv, capture_output=True, text=True, env={**os.environ, **(env or {})}, check=False)
    except OSError:
        return ""
    return done.stdout + done.stderr


def codename() -> str:
    """The machine's own release of Debian."""
    release = Path("/etc/os-release").read_text() if Path("/etc/os-release").exists() else ""
    found = re.search(r"^VERSION_CODENAME=(\w+)", release, re.MULTILINE)
    return found[1] if found else ""


def mirror() -> str:
    """Where apt takes the machine's own release from."""
    lines = output(["apt-get", "indextargets", "--no-release-info", "--format", "$(RELEASE) $(REPO_URI)",
                    "Created-By: Packages"]).splitlines()
    return next((uri for release, _, uri in (line.partition(" ") for line in lines) if release == codename()), "")


def unpack(cache: Path) -> Path | None:
    """The directory with the unpacked peers: of sid, else of the machine's release, else none."""
    for suite in dict.fromkeys(["sid", codename()]):
        root = cache / suite
        if root.is_dir():
            return root
        say(f"unpacking {', '.join(PACKAGES)} of {suite} into {root.name}/")
        fresh = cache / f"{suite}.partial"
        shutil.rmtree(fresh, ignore_errors=True)
        try:
            fetch(suite, fresh)
            fresh.rename(root)
            return root
        except (OSError, subprocess.CalledProcessError) as error:
            lines = (getattr(error, "stdout", None) or str(error)).strip().splitlines()
            say("not unpacked: " + re.sub(r"//[^/\s]+", "//…", lines[-1] if lines else "apt-get failed"))
            shutil.rmtree(fresh, ignore_errors=True)
    return None


def fetch(suite: str, into: Path) -> None:
    """Downloads and unpacks the packages and everything that they depend on, with an apt of its own."""
    apt = into / "apt"
    for folder in ["state/lists/partial", "cache/archives/partial", "parts"]:
        (apt / folder).mkdir(parents=True)
    (apt / "state/status").touch()
    signed = f"[signed-by={KEYRING}] " if KEYRING.exists() else ""
    (apt / "sources.list").write_text(f"deb {signed}{mirror()} {suite} main\n")
    own = {
        "Dir::Etc::sourcelist": apt / "sources.list", "Dir::Etc::sourceparts": apt / "parts",
        "Dir::Etc::preferencesparts": apt / "parts", "Dir::State": apt / "state",
        "Dir::State::status": apt / "state/status", "Dir::Cache": apt / "cache", "APT::Sandbox::User": "root",
        "APT::Update::Error-Mode": "any", "Acquire::Languages": "none", "Acquire::Retries": "3",
        "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false",
    }
    command = ["apt-get", "-q", *(word for key, value in own.items() for word in ("-o", f"{key}={value}"))]
    install = ["install", "--download-only", "--yes", "--no-install-recommends", *PACKAGES]
    for step in [["update"], install]:
        subprocess.run([*command, *step], check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    for package in sorted((apt / "cache/archives").glob("*.deb")):
        subprocess.run(["dpkg-deb", "-x", package, into], check=True, capture_output=True)
    shutil.rmtree(apt)


def unpacked(name: str, root: Path) -> Tool | None:
    """A peer in the directory, started with the loader and the libraries that lie there."""
    loader = next(root.glob("**/*-linux-gnu/ld-linux*.so.*"), None)
    program = plink2_of_this_cpu(root) if name == "plink2" else root / "usr/bin" / name
    if loader is None or program is None or not program.exists():
        return None
    own = root / "usr/lib" / loader.parent.name
    libraries = ":".join(map(str, [loader.parent, own, own / "lapack", own / "blas"]))
    plugins = {"BCFTOOLS_PLUGINS": str(own / "bcftools")} if name == "bcftools" else {}
    return Tool(name, [str(loader), "--library-path", libraries, str(program)], f"Debian {root.name}, unpacked", plugins)


def plink2_of_this_cpu(root: Path) -> Path | None:
    """The build that Debian's wrapper would choose; the wrapper itself needs the system's loader."""
    known = Path("/proc/cpuinfo").read_text().split()
    builds = {"avx2": ["avx2", "bmi1", "bmi2", "abm", "fma"], "avx": ["avx"], "sse4.1": ["sse4_1"], "sse2": ["sse2"],
              "plain": []}
    fitting = (root / f"usr/lib/plink2/plink2-{build}" for build, needs in builds.items() if set(needs) <= set(known))
    return next((path for path in fitting if path.exists()), None)


def peers(cache: Path) -> dict[str, Tool]:
    """The peers that there are, by name."""
    root, found = unpack(cache), {}
    for name, variable in [("bcftools", "BCFTOOLS"), ("plink2", "PLINK2"), ("libdeflate-gzip", "LIBDEFLATE_GZIP")]:
        if given := os.environ.get(variable):
            tool = Tool(name, [given], f"${variable}")
        elif root and (tool := unpacked(name, root)):
            pass
        elif installed := shutil.which(name):
            tool = Tool(name, [installed], "of this machine")
        else:
            tool = Tool(name, [], "not found")
        lines = output([*tool.argv, "-V" if name == "libdeflate-gzip" else "--version"], tool.env) if tool.argv else ""
        tool.version = next(iter(lines.splitlines()), "no version")
        found[name] = tool
    return found
