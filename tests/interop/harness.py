"""What the judges run on: programs with an end, however they behave."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 60  # seconds for one judge
BUILD_PATIENCE = 900  # seconds to build one


class Skipped(Exception):
    """This machine lacks what the judge needs."""


class Failed(Exception):
    """The judge's finding, or that it came to none."""


class Program:
    """A running program: its output so far, and an end however it behaves."""

    def __init__(self, *command, patience=PATIENCE, environment=None):
        self.command = [str(word) for word in command]
        self.deadline = time.monotonic() + patience
        self.log = tempfile.NamedTemporaryFile("r", errors="replace")
        # A file of its own, or what is written while the output is read would go to its beginning.
        with open(self.log.name, "ab") as output:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env={**os.environ, **(environment or {})},
            )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.log.close()

    def output(self):
        self.log.seek(0)
        return self.log.read()

    def wait_for(self, pattern):
        """The first match of `pattern` in the output, as soon as it is there."""
        while not (found := re.search(pattern, self.output())):
            if self.process.poll() is not None:
                raise Failed(f"{self.command[0]} ended early\n{self.output()}")
            self.check_deadline()
            time.sleep(0.02)
        return found

    def finish(self):
        """The exit status."""
        while (status := self.process.poll()) is None:
            self.check_deadline()
            time.sleep(0.02)
        return status

    def check_deadline(self):
        if time.monotonic() > self.deadline:
            raise Failed(f"out of time: {' '.join(self.command)}\n{self.output()}")


def run_example(binary, name, *arguments):
    """Runs an example: the one built with the binary, where it is there, or else it is built."""
    built = Path(binary).parent / "examples" / name
    if os.access(built, os.X_OK):
        return check(built, *arguments)
    need("cargo")
    return check("cargo", "run", "--quiet", "--locked", "--manifest-path", ROOT / "Cargo.toml",
                 "--features", "credentials", "--example", name, "--", *arguments,
                 patience=BUILD_PATIENCE)


def run(*command, patience=PATIENCE, environment=None):
    """Exit status and output of a program that ends by itself."""
    with Program(*command, patience=patience, environment=environment) as program:
        return program.finish(), program.output()


def check(*command, patience=PATIENCE, environment=None):
    """The output of a program that must succeed."""
    status, output = run(*command, patience=patience, environment=environment)
    if status != 0:
        raise Failed(f"{Path(command[0]).name}: status {status}\n{output}")
    return output


def need(*programs):
    for program in programs:
        if not shutil.which(program):
            raise Skipped(f"{program} is not installed")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
