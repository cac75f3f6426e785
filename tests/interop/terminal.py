"""The shell in a real terminal (tmux): somebody types, completes, runs, looks."""

import contextlib
import subprocess
import tempfile
import time
from pathlib import Path

from harness import Failed, check, need, run

PATIENCE = 60


class Screen:
    """A terminal of 100 by 40 with one program in it, on a tmux server of its own."""

    def __init__(self, folder, command, environment):
        self.socket = str(Path(folder) / "tmux")
        words = [f"{name}={value}" for name, value in environment.items()]
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", "100", "-y", "40",
                  "env", *words, *[str(word) for word in command])

    def tmux(self, *words):
        return check("tmux", "-S", self.socket, *words)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            subprocess.run(["tmux", "-S", self.socket, "kill-server"], capture_output=True,
                           timeout=10, check=False)

    def text(self):
        # With what has left the screen at its top.
        return self.tmux("capture-pane", "-p", "-S", "-200")

    def type(self, text, *keys):
        self.tmux("send-keys", "-l", text)
        for key in keys:
            self.tmux("send-keys", key)

    def ended(self):
        """Until the program has ended, and tmux with it."""
        deadline = time.monotonic() + PATIENCE
        while run("tmux", "-S", self.socket, "list-sessions")[0] == 0:
            if time.monotonic() > deadline:
                raise Failed(f"it does not end\n{self.text()}")
            time.sleep(0.05)

    def wait_for(self, *wanted):
        """Until all of it is on the screen, in this order."""
        deadline = time.monotonic() + PATIENCE
        while True:
            text = self.text()
            at = 0
            for part in wanted:
                at = text.find(part, at)
                if at < 0:
                    break
                at += len(part)
            else:
                return text
            if time.monotonic() > deadline:
                raise Failed(f"{wanted} did not come\n{text}")
            time.sleep(0.05)


def shell_in_a_terminal(card):
    need("tmux")
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            "HOME": folder, "XDG_STATE_HOME": folder, "TERM": "xterm", "NO_COLOR": "1",
            "ICCARD_CAN": "", "ICCARD_CARD": "emulated:resident",
        }
        can = card.can
        command = [card.binary, "shell", "--seed", "terminal"]
        with Screen(folder, command, environment) as screen:
            screen.wait_for("no card />")
            # A command, its word completed by Tab.
            screen.type("tre", "Tab", "Enter")
            screen.wait_for("EF.CardAccess", "open", "/LDS1", "EF.DG1", "closed (6982)", "resident />")
            # A secret is asked for, and what is typed does not show.
            screen.type('secret can = prompt "CAN"', "Enter")
            screen.wait_for("CAN:")
            screen.type(can, "Enter")
            screen.type("access pa", "Tab")
            screen.type("ca", "Tab")
            screen.wait_for("> access pace can")
            screen.type("%c", "Tab", "Enter")
            screen.wait_for("access pace can %can", "resident / PACE-CAN>")
            screen.type("cd /L", "Tab", "Enter")
            screen.wait_for("resident /LDS1 PACE-CAN>")
            screen.type("cat ef.co", "Tab", "Enter")
            screen.wait_for("cat EF.COM", "data groups")
            screen.type("00B0 8100 04", "Enter")
            screen.wait_for("< 615D5F1F 9000")
            # Several lines make one statement.
            screen.type("if sw == 9000", "Enter")
            screen.wait_for("... >")
            screen.type('echo "it reads"', "Enter")
            screen.type("end", "Enter")
            screen.wait_for("it reads")
            screen.type("00B0 9F00 00", "Enter")
            screen.wait_for("error[E", "status 6A86, expected 9000", "READ BINARY")
            # The arrow brings an earlier line back, to be changed.
            for key in ("Up", "BSpace", "BSpace"):
                screen.tmux("send-keys", key)
            screen.type("00 (6A86)", "Enter")
            screen.wait_for("> 00B0 9F00 00 (6A86)", "< 6A86")
            # Ctrl-C ends what runs, and not the shell.
            for line in ("repeat 1", 'echo "it waits"', "sleep 60min", "end"):
                screen.type(line, "Enter")
            screen.wait_for("\nit waits\n")
            screen.tmux("send-keys", "C-c")
            screen.wait_for("error[E92]", "PACE-CAN>")
            # It ends what asks, too, and what is typed then is the shell's.
            screen.type('pause "look"', "Enter")
            screen.wait_for("look: press Enter")
            screen.tmux("send-keys", "C-c")
            screen.wait_for("look: press Enter", "error[E92]", "PACE-CAN>")
            screen.type('echo "nothing is lost"', "Enter")
            screen.wait_for("\nnothing is lost\n")
            screen.type(f"save {folder}/done.apdu", "Enter")
            screen.wait_for("done.apdu written")
            screen.type("exit", "Enter")
            screen.ended()
        history = (Path(folder) / "iccard" / "shell-history").read_text()
        saved = (Path(folder) / "done.apdu").read_text()
        for place, text in (("the history", history), ("the saved script", saved)):
            if can in text:
                raise Failed(f"the CAN stands in {place}\n{text}")
        if "access pace can %can" not in history:
            raise Failed(f"nothing was remembered\n{history}")
        environment["ICCARD_CAN"] = can
        text = saved.replace('prompt "CAN"', "env:ICCARD_CAN")
        (Path(folder) / "again.apdu").write_text(text)
        output = check(card.binary, "run", Path(folder) / "again.apdu", environment=environment)
        if "passed, 0 failed" not in output:
            raise Failed(output)


JUDGES = {"the shell in a terminal": shell_in_a_terminal}
