"""PC/SC programs that meet the card through a pcscd of its own."""

import re
from pathlib import Path

from harness import Failed, Skipped, need, run

HERE = Path(__file__).resolve().parent
VPCD_PORT = 35963  # in a network namespace of its own
CANNOT = 77  # with-pcscd: not on this machine


def through_pcscd(card, *command):
    status, output = run(HERE / "with-pcscd", *card.emulate(VPCD_PORT), "--", *command)
    if status == CANNOT:
        raise Skipped(output.strip())
    if status != 0:
        raise Failed(output)
    return output


# What the two tools that only send are asked to send, and the status words that must come back.
DIALOGUE = [
    ("00A4000C", "9000"),
    ("00B09C0000", "9000"),
    ("00A4020C020202", "6A82"),
    ("FFCA000000", None),
    ("00A4040C07A0000002471001", "9000"),
    ("00B09E0000", "6982"),
    ("00A4020C020101", "6982"),
]


def compare(statuses, output):
    expected = [status for _, status in DIALOGUE]
    held = len(statuses) == len(expected) and all(
        want in (None, got) for want, got in zip(expected, statuses)
    )
    if not held:
        raise Failed(f"expected {expected}, got {statuses}\n{output}")


def opensc_tool(card):
    need("opensc-tool")
    sends = [word for command, _ in DIALOGUE for word in ("--send-apdu", command)]
    output = through_pcscd(card, "opensc-tool", "--atr", *sends)
    compare([a + b for a, b in re.findall(r"SW1=0x(..), SW2=0x(..)", output)], output)


def scriptor(card):
    need("scriptor")
    script = Path(card.scratch.name) / "dialogue"
    script.write_text("".join(f"{command}\n" for command, _ in DIALOGUE))
    output = through_pcscd(card, "scriptor", script)
    answers = re.findall(r"^< ((?:[0-9A-F]{2}\s+)+):", output, re.MULTILINE)
    compare(["".join(answer.split()[-2:]) for answer in answers], output)


def pyscard(card):
    through_pcscd(card, HERE / "pyscard_read.py")
