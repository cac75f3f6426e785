#!/usr/bin/python3
"""Reads the emulated card through PC/SC with pyscard (Debian: python3-pyscard).

    pyscard_read.py          judges the card in the first reader that has one
    pyscard_read.py --wait   returns when there is a card to connect to
"""

import sys
import time

from smartcard.scard import (
    SCARD_LEAVE_CARD,
    SCARD_PCI_T1,
    SCARD_PROTOCOL_T1,
    SCARD_RESET_CARD,
    SCARD_S_SUCCESS,
    SCARD_SCOPE_SYSTEM,
    SCARD_SHARE_EXCLUSIVE,
    SCARD_SHARE_SHARED,
    SCARD_STATE_PRESENT,
    SCARD_STATE_UNAWARE,
    SCardConnect,
    SCardDisconnect,
    SCardEstablishContext,
    SCardGetErrorMessage,
    SCardGetStatusChange,
    SCardListReaders,
    SCardReconnect,
    SCardStatus,
    SCardTransmit,
)

PATIENCE = 20.0  # seconds until a card must be there

AID = "A0 00 00 02 47 10 01"


def hexadecimal(data):
    return bytes(data).hex(" ").upper()


def wait_for_card():
    """A context and the name of a reader with a card in it that lets itself be connected."""
    deadline = time.monotonic() + PATIENCE
    said = "no pcscd"
    while time.monotonic() < deadline:
        result, context = SCardEstablishContext(SCARD_SCOPE_SYSTEM)
        if result == SCARD_S_SUCCESS:
            said = "no reader with a card"
            result, readers = SCardListReaders(context, [])
            states = [(reader, SCARD_STATE_UNAWARE) for reader in readers or []]
            if states:
                _, states = SCardGetStatusChange(context, 0, states)
            for reader, state, _ in states:
                if not state & SCARD_STATE_PRESENT:
                    continue
                result, card, _ = SCardConnect(
                    context, reader, SCARD_SHARE_SHARED, SCARD_PROTOCOL_T1
                )
                said = f"{reader}: {SCardGetErrorMessage(result)}"
                if result == SCARD_S_SUCCESS:
                    SCardDisconnect(card, SCARD_LEAVE_CARD)
                    return context, reader
        time.sleep(0.02)
    sys.exit(f"FAIL {said} within {PATIENCE:.0f} s")


class Judge:
    """One finding a line, and a count of the bad ones."""

    def __init__(self, card):
        self.card = card
        self.failed = 0

    def find(self, what, held, detail):
        print("PASS" if held else "FAIL", f"{what}: {detail}")
        self.failed += not held

    def send(self, command):
        result, response = SCardTransmit(self.card, SCARD_PCI_T1, list(bytes.fromhex(command)))
        if result != SCARD_S_SUCCESS:
            sys.exit(f"FAIL {command}: {SCardGetErrorMessage(result)}")
        return bytes(response)

    def expect(self, what, command, *statuses):
        response = self.send(command)
        status = response[-2:].hex().upper()
        self.find(what, status in statuses, f"{status} to {command}")
        return response[:-2]


def main():
    context, reader = wait_for_card()
    if sys.argv[1:] == ["--wait"]:
        return 0

    result, card, protocol = SCardConnect(
        context, reader, SCARD_SHARE_EXCLUSIVE, SCARD_PROTOCOL_T1
    )
    if result != SCARD_S_SUCCESS:
        sys.exit(f"FAIL no exclusive connection by T=1: {SCardGetErrorMessage(result)}")
    judge = Judge(card)
    judge.find("exclusive connection", protocol == SCARD_PROTOCOL_T1, "T=1")
    _, _, _, _, atr = SCardStatus(card)
    judge.find("ATR", bytes(atr[:1]) == b"\x3b", hexadecimal(atr))

    # PC/SC part 3 commands reach the card behind a vpcd: any answer will do, no answer will not.
    for what, command in (("UID", "FF CA 00 00 00"), ("ATS", "FF CA 01 00 00")):
        response = judge.send(command)
        judge.find(f"the reader's {what} command is answered", len(response) >= 2,
                   hexadecimal(response))

    for form in ("00 A4 00 0C", "00 A4 00 0C 02 3F 00"):
        judge.expect("SELECT MF", form, "9000")
    access = judge.expect("EF.CardAccess by its SFI", "00 B0 9C 00 00", "9000", "6282")
    judge.find("EF.CardAccess", access[:1] == b"\x31", hexadecimal(access))
    judge.expect("EF.CardAccess selected", "00 A4 02 0C 02 01 1C", "9000")
    judge.find("read so it is the same",
               judge.expect("READ BINARY", "00 B0 00 00 00", "9000", "6282") == access,
               f"{len(access)} bytes")
    judge.expect("a file that is not there", "00 A4 02 0C 02 02 02", "6A82")
    judge.expect("an application that is not there", "00 A4 04 0C 05 F0 00 00 00 01", "6A82")

    judge.expect("SELECT the eMRTD application", f"00 A4 04 0C 07 {AID}", "9000")
    for what, sfi in (("EF.COM", 0x1E), ("EF.DG1", 0x01), ("EF.DG2", 0x02), ("EF.SOD", 0x1D)):
        data = judge.expect(f"{what} before PACE", f"00 B0 {0x80 | sfi:02X} 00 00", "6982")
        judge.find(f"{what} before PACE", not data, f"{len(data)} bytes given away")
    judge.expect("a READ BINARY with a data field but no Lc", "00 B0 00 04 07 8A", "6700")
    judge.expect("an instruction nobody knows", "00 F7 00 00", "6D00", "6982", "6E00")

    result, _ = SCardReconnect(card, SCARD_SHARE_EXCLUSIVE, SCARD_PROTOCOL_T1, SCARD_RESET_CARD)
    judge.find("reset", result == SCARD_S_SUCCESS, SCardGetErrorMessage(result))
    again = judge.expect("EF.CardAccess after the reset", "00 B0 9C 00 00", "9000", "6282")
    judge.find("the card is as it was", again == access, f"{len(again)} bytes")
    SCardDisconnect(card, SCARD_RESET_CARD)

    print("pyscard:", "FAILED" if judge.failed else "all passed")
    return 1 if judge.failed else 0


if __name__ == "__main__":
    sys.exit(main())
