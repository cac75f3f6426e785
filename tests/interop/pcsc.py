"""PC/SC programs that meet the card through a pcscd of its own."""

import re
from pathlib import Path

from harness import Failed, Skipped, need, run

HERE = Path(__file__).resolve().parent
VPCD_PORT = 35963  # in a network namespace of its own
CANNOT = 77  # with-pcscd: not on this machine


def through_pcscd(card, *command, profile="resident"):
    emulate = card.emulate(VPCD_PORT, profile)
    status, output = run(HERE / "with-pcscd", *emulate, "--", *command)
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


# The same with the card of plain files: select, read, verify the PIN, update, read back.
FILES = [
    ("00A4040C09A00000006349434301", "9000"),
    ("00A4020C024401", "9000"),
    ("00B000000B", "9000"),
    ("00D6000003414243", "6982"),
    ("0020008106313233343536", "9000"),
    ("00D6000003414243", "9000"),
    ("00B000000B", "9000"),
    ("00B2023408", "9000"),
]
READ_BACK = "41 42 43 6C 6F 2C 20 63 61 72 64"  # "ABClo, card"


def compare(statuses, output, dialogue):
    expected = [status for _, status in dialogue]
    held = len(statuses) == len(expected) and all(
        want in (None, got) for want, got in zip(expected, statuses)
    )
    if not held:
        raise Failed(f"expected {expected}, got {statuses}\n{output}")


def must_read_back(output):
    if READ_BACK not in " ".join(output.split()):
        raise Failed(f"{READ_BACK} was not read back\n{output}")


def opensc_tool(card, profile="resident", dialogue=DIALOGUE):
    need("opensc-tool")
    sends = [word for command, _ in dialogue for word in ("--send-apdu", command)]
    output = through_pcscd(card, "opensc-tool", "--atr", *sends, profile=profile)
    compare([a + b for a, b in re.findall(r"SW1=0x(..), SW2=0x(..)", output)], output, dialogue)
    return output


def opensc_tool_files(card):
    must_read_back(opensc_tool(card, "iso-files", FILES))


def scriptor(card, profile="resident", dialogue=DIALOGUE):
    need("scriptor")
    script = Path(card.scratch.name) / f"dialogue-{profile}"
    script.write_text("".join(f"{command}\n" for command, _ in dialogue))
    output = through_pcscd(card, "scriptor", script, profile=profile)
    answers = re.findall(r"^< ((?:[0-9A-F]{2}\s+)+):", output, re.MULTILINE)
    compare(["".join(answer.split()[-2:]) for answer in answers], output, dialogue)
    return output


def scriptor_files(card):
    must_read_back(scriptor(card, "iso-files", FILES))


def opensc_explorer_files(card):
    """It walks through the files as a person would, by what their FCP says."""
    need("opensc-explorer")
    script = Path(card.scratch.name) / "explorer"
    script.write_text("\n".join((
        "cd 5015",
        "info 4401",
        "cat 4401",
        "verify CHV129 31:32:33:34:35:36",
        "update_binary 4401 0 41:42:43",
        "cat 4401",
        "quit",
    )) + "\n")
    output = through_pcscd(card, "opensc-explorer", script, profile="iso-files")
    must_read_back(output)
    for part in ("Code correct", "Working Elementary File", "64 bytes"):
        if part not in output:
            raise Failed(f"{part!r} is not said\n{output}")


def pyscard(card):
    through_pcscd(card, HERE / "pyscard_read.py")


def pyscard_files(card):
    through_pcscd(card, HERE / "pyscard_files.py", profile="iso-files")
