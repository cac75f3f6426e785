"""tshark, Wireshark without windows: what it makes of our traces."""

import json
import tempfile
from pathlib import Path

from harness import Failed, check, need

FIELDS = ("frame.number", "_ws.col.Protocol", "_ws.col.Info", "iso7816.apdu.ins",
          "iso7816.apdu.sw1", "iso7816.apdu.sw2", "frame.comment", "_ws.malformed")
# What a tap of the whole card has, by tshark's names.
INSTRUCTIONS = {"0xa4": "SELECT", "0xb0": "READ BINARY"}


def packets(trace, *options):
    """A dictionary a packet, of the fields above."""
    wanted = [word for field in FIELDS for word in ("-e", field)]
    text = check("tshark", "-n", "-r", trace, *options, "-T", "fields", "-E", "separator=/t", "-E",
                 "occurrence=a", "-E", "aggregator=|", *wanted)
    rows = [line.split("\t") for line in text.splitlines() if line[:1].isdigit()]
    return [dict(zip(FIELDS, row)) for row in rows]


def trace_of_a_tap(card, link, *options):
    """The packets of a PACE tap, and what `iccard` says that was said."""
    need("tshark")
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        trace, recording = folder / "tap.pcapng", folder / "tap.rec"
        check(card.binary, "tap", "--card", "emulated:resident", "--trace", trace, "--trace-link",
              link, "--record", recording)
        shown = json.loads(check(card.binary, "record", "show", recording, "--json"))
        return packets(trace, *options), shown["entries"]


def judge(found, said):
    text = "\n".join("\t".join(packet.values()) for packet in found)
    if any(packet["_ws.malformed"] or "alformed" in packet["_ws.col.Info"] for packet in found):
        raise Failed(f"malformed packets\n{text}")
    apdus = [packet for packet in found if packet["_ws.col.Protocol"] == "ISO 7816"]
    # Of commands that say that more follows it shows the bytes alone.
    commands = [packet for packet in apdus if not packet["iso7816.apdu.sw1"]]
    answers = [packet for packet in apdus if packet["iso7816.apdu.sw1"]]
    if len(commands) != len(said) or len(answers) != len(said):
        raise Failed(f"{len(said)} exchanges, {len(commands)} commands, {len(answers)} answers\n"
                     f"{text}")
    for code, name in INSTRUCTIONS.items():
        if not any(packet["iso7816.apdu.ins"].startswith(code) for packet in commands):
            raise Failed(f"no {name}\n{text}")
    for word in ("Select file", "Read binary"):
        if not any(word.lower() in packet["_ws.col.Info"].lower() for packet in commands):
            raise Failed(f"nothing is called {word!r}\n{text}")
    # The wire's status words; under secure messaging, which was right all along, they are the same.
    words = [int(p["iso7816.apdu.sw1"].split("|")[0], 16) * 256
             + int(p["iso7816.apdu.sw2"].split("|")[0], 16) for p in answers]
    for word, entry in zip(words, said):
        if f"{word:04X}" != entry["sw"]:
            raise Failed(f"{entry['name']}: {word:04X}, {entry['sw']} was said\n{text}")
    # What Wireshark has no name for, and what is under secure messaging, stands beside it.
    comments = "\n".join(packet["frame.comment"] for packet in found)
    for comment in ("step: PACE 1 of 4, nonce", "GENERAL AUTHENTICATE", "step: EF.SOD",
                    "under secure messaging", "masked: bytes ", "plain: 00B0", "9000 (success)"):
        if comment not in comments:
            raise Failed(f"no comment has {comment!r}\n{text}")


def tshark_names_apdus(card):
    found, said = trace_of_a_tap(card, "upper")
    judge(found, said)
    if not found[0]["_ws.col.Info"].startswith("ATR"):
        raise Failed(f"the first packet is no ATR but {found[0]['_ws.col.Info']!r}")


def tshark_joins_blocks(card):
    judge(*trace_of_a_tap(card, "iso14443", "-d", "iso14443.subdissector,iso7816"))


def what_editcap_writes_is_read(card):
    """Files in Wireshark's own hand: other blocks, other units of time, no comments."""
    need("editcap")
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        for link in ("upper", "iso14443"):
            trace = folder / f"{link}.pcapng"
            check(card.binary, "tap", "--card", "emulated:resident", "--trace", trace,
                  "--trace-link", link)
            said = shown(card, trace)
            for form in ("pcap", "nsecpcap", "pcapng"):
                copy = folder / f"{link}.{form}"
                check("editcap", "-F", form, trace, copy.with_suffix(f".{form}.copy"))
                read = shown(card, copy.with_suffix(f".{form}.copy"))
                if read != said or not said:
                    raise Failed(f"{link}, {form}: {read}, {said} was said")


def shown(card, trace):
    """Names of the wire's commands, and the status words."""
    entries = json.loads(check(card.binary, "trace", "show", trace, "--json"))["entries"]
    return [(entry["command"][:8], entry["sw"]) for entry in entries]


JUDGES = {
    "what editcap makes of our traces is read": what_editcap_writes_is_read,
    "tshark names the APDUs of our trace": tshark_names_apdus,
    "tshark joins the blocks of our trace": tshark_joins_blocks,
}
