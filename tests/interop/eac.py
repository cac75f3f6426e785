"""Extended Access Control: libeac's terminal at our card, our terminal at libeac's chip."""

import json
from pathlib import Path

from harness import Failed, check, need

# DER of AlgorithmIdentifier { standardizedDomainParameters, 13 }: brainpoolP256r1.
STANDARDIZED = bytes.fromhex("300C060704007F0007010202010D")
# id-SecurityObject, TR-03110-3 annex A.1.2.5.
SECURITY_OBJECT = "0.4.0.127.0.7.3.2.1"
# SecurityInfos of EF.CardAccess: Terminal Authentication 2, Chip Authentication 2 with AES-128 and
# key 7, PACE-GM with AES-128 on brainpoolP256r1, and the domain parameters of key 7.
CARD_ACCESS = [
    bytes.fromhex(info)
    for info in (
        "300D060804007F0007020202020102",
        "3012060A04007F00070202030202020102020107",
        "3012060A04007F0007020204020202010202010D",
        "301C060904007F000702020302" + STANDARDIZED.hex() + "020107",
    )
]


def der(tag, content):
    size = len(content)
    octets = size.to_bytes((size.bit_length() + 7) // 8) if size > 0x7F else b""
    return bytes([tag, 0x80 | len(octets) if octets else size]) + octets + content


def libeac_card(folder):
    """The files of a chip: keys, certificates and EF.CardSecurity are OpenSSL's work. Gives the
    folder of the CSCA's certificate."""
    need("openssl")

    def openssl(words):
        check("openssl", *(folder / word[1:] if word[0] == "@" else word for word in words.split()))

    key = "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:brainpoolP256r1 -out"
    for name in ("csca", "ds", "ca"):
        openssl(f"{key} @{name}.pem")
    openssl("pkey -in @ca.pem -outform DER -out @ca.key")
    openssl("pkey -in @ca.pem -pubout -outform DER -out @public")
    point = (folder / "public").read_bytes()[-65:]
    openssl("req -x509 -key @csca.pem -out @csca.cer -days 30 -subj /C=KR/O=TEST/CN=TEST_CSCA "
            "-addext keyUsage=critical,keyCertSign,cRLSign")
    openssl("req -x509 -key @ds.pem -out @ds.cer -days 30 -subj /C=KR/O=TEST/CN=TEST_DS "
            "-CA @csca.cer -CAkey @csca.pem -addext basicConstraints=CA:FALSE "
            "-addext keyUsage=critical,digitalSignature")
    public = der(0x30, bytes.fromhex("060904007F000702020102")
                 + der(0x30, STANDARDIZED + der(0x03, b"\0" + point)) + bytes.fromhex("020107"))
    (folder / "card-access").write_bytes(der(0x31, b"".join(CARD_ACCESS)))
    (folder / "content").write_bytes(der(0x31, b"".join(CARD_ACCESS) + public))
    openssl(f"cms -sign -binary -nodetach -nosmimecap -in @content -outform DER -md sha256 "
            f"-econtent_type {SECURITY_OBJECT} -signer @ds.cer -inkey @ds.pem "
            f"-out @card-security")
    (folder / "trust").mkdir()
    (folder / "csca.cer").rename(folder / "trust" / "csca.cer")
    return folder / "trust"


def terminals(iccard, folder, country="KR"):
    """A CVCA that the chip of `folder` trusts, a document verifier and a terminal, by `iccard cvc
    create`. Gives the folder of what the terminal shows, and its key."""
    chain = folder / f"chain-{country}"
    chain.mkdir()
    days = "--effective", "2025-01-01", "--expires", "2034-12-31"
    cvca = folder / f"cvca{'' if country == 'KR' else country}.cvcert"
    for arguments in (
        f"--role cvca --type at --holder {country}CVCA00001 --new brainpoolP256r1 --rights all "
        f"--out-key @cvca.pem --out {cvca}",
        f"--role dv-domestic --holder {country}DV00001 --rights all --issuer {cvca} "
        f"--issuer-key @cvca.pem --out-key @dv.pem --out {chain / 'dv.cvcert'}",
        f"--role terminal --holder {country}TERM00001 --rights all "
        f"--issuer {chain / 'dv.cvcert'} --issuer-key @dv.pem --out-key @terminal.pem "
        f"--out {chain / 'terminal.cvcert'}",
    ):
        words = (folder / f"{country}-{w[1:]}" if w[0] == "@" else w for w in arguments.split())
        check(iccard, "cvc", "create", *days, *words)
    return chain, folder / f"{country}-terminal.pem"


def shown_to(iccard, profile, folder):
    """What the terminal of a built-in profile shows: its key, the CVCA's certificate and the
    chain, as arguments of the judge."""
    check(iccard, "profile", "terminal", profile, "--out", folder)
    shown = json.loads(check(iccard, "cvc", "show", folder, "--json"))["certificates"]
    by_role = {}
    for certificate in shown:
        by_role.setdefault(certificate["role"].split()[-1], []).append(Path(certificate["file"]))
    chain = [by_role.get(role, []) for role in ("CVCA", "DV", "terminal")]
    if any(len(files) != 1 for files in chain):
        raise Failed(f"`iccard profile terminal {profile}` wrote {shown}")
    return [folder / "terminal.pem", *(files[0] for files in chain)]
