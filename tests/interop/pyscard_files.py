#!/usr/bin/python3
"""Uses the emulated card of plain files through PC/SC with pyscard (Debian: python3-pyscard)."""

import sys

from smartcard.CardConnection import CardConnection
from smartcard.System import readers

from pyscard_read import wait_for_card

AID = "A0 00 00 00 63 49 43 43 01"
PIN = "31 32 33 34 35 36"


class Judge:
    """One finding a line, and a count of the bad ones."""

    def __init__(self, connection):
        self.connection = connection
        self.failed = 0

    def find(self, what, held, detail):
        print("PASS" if held else "FAIL", f"{what}: {detail}")
        self.failed += not held

    def expect(self, what, command, status, data=None):
        answer, sw1, sw2 = self.connection.transmit(list(bytes.fromhex(command)))
        got = f"{sw1:02X}{sw2:02X}"
        self.find(what, got == status, f"{got} to {command}")
        if data is not None:
            self.find(what, bytes(answer) == data, bytes(answer).hex(" "))
        return bytes(answer)


def main():
    _, name = wait_for_card()
    connection = next(r for r in readers() if str(r) == name).createConnection()
    connection.connect(CardConnection.T1_protocol)
    judge = Judge(connection)

    judge.expect("SELECT the application", f"00 A4 04 0C 09 {AID}", "9000")
    fcp = judge.expect("SELECT by path with FCP", "00 A4 08 04 04 50 15 44 01 00", "9000")
    judge.find("FCP", fcp[:1] == b"\x62" and b"\x83\x02\x44\x01" in fcp, fcp.hex(" "))
    judge.expect("READ BINARY", "00 B0 00 00 0B", "9000", b"hello, card")
    judge.expect("UPDATE BINARY before the PIN", "00 D6 00 00 03 41 42 43", "6982")
    judge.expect("a file behind the PIN", "00 B0 85 00 00", "6982")
    judge.expect("tries left", "00 20 00 81", "63C3")
    judge.expect("a wrong PIN", "00 20 00 81 06 30 30 30 30 30 30", "63C2")
    judge.expect("the PIN", f"00 20 00 81 06 {PIN}", "9000")
    judge.expect("UPDATE BINARY", "00 D6 84 00 03 41 42 43", "9000")
    judge.expect("what was written", "00 B0 84 00 0B", "9000", b"ABClo, card")
    judge.expect("the file behind the PIN", "00 B0 85 00 0E", "9000", b"behind the PIN")
    judge.expect("READ RECORD", "00 B2 02 34 08", "9000", bytes([2] * 8))
    judge.expect("UPDATE RECORD", "00 DC 02 34 08 09 09 09 09 09 09 09 09", "9000")
    judge.expect("what was written", "00 B2 02 34 08", "9000", bytes([9] * 8))
    judge.expect("a record that is not there", "00 B2 09 34 08", "6A83")
    judge.expect("GET DATA", "00 CA 01 01 06", "9000", b"iccard")

    # Another connection after a reset: what was written stays, the PIN has to be shown again.
    connection.disconnect()
    connection = next(r for r in readers() if str(r) == name).createConnection()
    connection.connect(CardConnection.T1_protocol)
    judge.connection = connection
    judge.expect("SELECT after the reset", f"00 A4 04 0C 09 {AID}", "9000")
    judge.expect("the PIN is forgotten", "00 D6 84 00 01 00", "6982")
    judge.expect("what was written stays", "00 B0 84 00 03", "9000", b"ABC")

    print("pyscard:", "FAILED" if judge.failed else "all passed")
    return 1 if judge.failed else 0


if __name__ == "__main__":
    sys.exit(main())
