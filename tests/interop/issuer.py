"""An issuer on this machine, made from nothing by the binary under judgement."""

import datetime
import json
import os
import re
import signal
import ssl
import sys
import urllib.request
from pathlib import Path

from harness import Program, check, free_port

ROOT = Path(__file__).resolve().parent.parent.parent


def find_binary():
    names = [os.environ.get("ICCARD_BIN", "")]
    names += [ROOT / "target" / profile / "iccard" for profile in ("release", "debug")]
    found = [Path(name).resolve() for name in names if name and os.access(name, os.X_OK)]
    if not found:
        sys.exit("no iccard to judge: build it with all features, or name it with ICCARD_BIN")
    return found[0]


class Issuer:
    """Its folder, its process, its clerk."""

    def __init__(self, binary, folder, postgres=None, movable=True):
        self.binary, self.folder, self.movable = binary, Path(folder), movable
        self.dir, self.clock = self.folder / "issuer", self.folder / "clock"
        port = free_port()
        self.url = f"https://localhost:{port}"
        made = check(binary, "issuer", "init", self.dir, "--url", self.url, "--listen",
                     f"127.0.0.1:{port}", "--json")
        self.token = json.JSONDecoder().raw_decode(made, made.find("{\n"))[0]["clerk"]["token"]
        if postgres:
            config = self.dir / "issuer.toml"
            text = config.read_text()
            config.write_text(text.replace('sqlite = "data/register.db"',
                                           f"postgres = {json.dumps(postgres)}"))
        self.program = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.program:
            self.program.__exit__()

    def start(self):
        clock = ("--clock-file", self.clock) if self.movable else ()
        self.program = Program(self.binary, "issuer", "serve", "--config",
                               self.dir / "issuer.toml", *clock, patience=1200)
        self.program.wait_for(r"listening https://[\d.:]+")

    def stop(self):
        os.killpg(self.program.process.pid, signal.SIGTERM)
        self.program.finish()
        self.program.__exit__()
        self.program = None

    def output(self):
        return self.program.output() if self.program else ""

    def now(self):
        """The time of its clock, as RFC 3339."""
        now = datetime.datetime.now(datetime.timezone.utc)
        if self.clock.exists() and (moved := re.match(r"\+(\d+)d", self.clock.read_text())):
            now += datetime.timedelta(days=int(moved.group(1)))
        return now.strftime("%Y-%m-%dT%H:%M:%SZ")

    def move_clock(self, offset):
        """Moves its clock. Years on, its document signer is another one."""
        self.stop()
        self.clock.write_text(offset + "\n")
        check(self.binary, "issuer", "renew", "--config", self.dir / "issuer.toml", "--iaca-key",
              self.dir / "keys" / "iaca.pem", "--clock-file", self.clock)
        self.start()

    def fetch(self, path, accept):
        trust = ssl.create_default_context(cafile=self.dir / "tls" / "ca.pem")
        request = urllib.request.Request(self.url + path, headers={"Accept": accept})
        with urllib.request.urlopen(request, context=trust, timeout=30) as answer:
            return answer.read()

    def status_list(self):
        """A file with the status list as it is now."""
        lists = json.loads(self.fetch("/status", "application/json"))["status_lists"]
        file = self.folder / "status.jwt"
        path = lists[0].removeprefix(self.url)
        file.write_bytes(self.fetch(path, "application/statuslist+jwt"))
        return file
