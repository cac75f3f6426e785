"""What PyPI's sd-jwt and cwt say of our SD-JWT VC, its presentation and the status list in both
forms. `python3 judge.py DIR`"""

import base64
import json
import sys
import zlib
from pathlib import Path

import cbor2
import cwt
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS
from sd_jwt.verifier import SDJWTVerifier

DIR = Path(sys.argv[1])
FACTS = json.loads((DIR / "facts.json").read_text())
ROOT = x509.load_pem_x509_certificate((DIR / "iaca.pem").read_bytes())
OPEN = {"cnf", "exp", "iat", "nbf", "status", "vct"}
failed = 0


def check(name, good):
    global failed
    failed += not good
    print("PASS" if good else "FAIL", name, flush=True)


def refused(name, work):
    try:
        work()
    except Exception as why:
        check(f"{name} is refused: {type(why).__name__}", True)
    else:
        check(f"{name} is refused", False)


def text(name):
    return (DIR / name).read_text()


def signer(der):
    """The key of a certificate that the root issued."""
    certificate = x509.load_der_x509_certificate(der)
    certificate.verify_directly_issued_by(ROOT)
    return certificate.public_key()


def pem(key):
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def issuer_key(_issuer, header):
    return JWK.from_pem(pem(signer(base64.b64decode(header["x5c"][0]))))


def verified(sd_jwt, *expected):
    return SDJWTVerifier(sd_jwt, issuer_key, *expected).get_verified_payload()


def changed(name, at):
    old = text(name)
    at %= len(old)
    return old[:at] + ("B" if old[at] == "A" else "A") + old[at + 1:]


claims = verified(text("credential.txt"))
check("the credential verifies and discloses every claim",
      len(set(claims) - OPEN) == FACTS["claims"] and claims["vct"] == FACTS["vct"])
shown = verified(text("presentation.txt"), FACTS["aud"], FACTS["nonce"])
check("the presentation verifies and shows what was chosen and nothing else",
      {name: value for name, value in shown.items() if name not in OPEN} == FACTS["shown"])
refused("a changed payload",
        lambda: verified(changed("credential.txt", text("credential.txt").index(".") + 40)))
refused("a changed binding",
        lambda: verified(changed("presentation.txt", -9), FACTS["aud"], FACTS["nonce"]))
refused("another nonce", lambda: verified(text("presentation.txt"), FACTS["aud"], "another"))
refused("another verifier", lambda: verified(text("presentation.txt"), "other", FACTS["nonce"]))


def entries(bits, compressed):
    """Those that are not 0, and how many there are."""
    array = zlib.decompress(compressed)
    per_byte = 8 // bits
    every = ((place * per_byte + k, byte >> k * bits & (1 << bits) - 1)
             for place, byte in enumerate(array) if byte for k in range(per_byte))
    return {idx: status for idx, status in every if status}, len(array) * per_byte


EXPECTED = {FACTS["idx"] + 1: 1, FACTS["entries"] - 1: 2}, FACTS["entries"]
REVOKED = {**EXPECTED[0], FACTS["idx"]: 1}, FACTS["entries"]


def jwt_list(token):
    jws = JWS()
    jws.deserialize(token)
    header = jws.jose_header
    assert header["typ"] == "statuslist+jwt"
    jws.verify(issuer_key(None, header))
    claims = json.loads(jws.payload)
    assert (claims["sub"], claims["iat"], claims["exp"], claims["ttl"]) == (
        FACTS["uri"], FACTS["iat"], FACTS["exp"], FACTS["ttl"])
    lst = claims["status_list"]["lst"]
    return entries(claims["status_list"]["bits"],
                   base64.urlsafe_b64decode(lst + "=" * (-len(lst) % 4)))


def cwt_list(token):
    message = cwt.COSEMessage.loads(token)
    assert message.protected[16] == "application/statuslist+cwt"
    chain = message.unprotected[33]
    chain = chain if isinstance(chain, list) else [chain]
    key = cwt.COSEKey.from_pem(pem(signer(chain[0])).decode(), alg="ES256")
    # The signer is named by its certificate, so there is no kid.
    claims = cbor2.loads(cwt.COSE.new(verify_kid=False).decode(token, key))
    assert (claims[2], claims[6], claims[4], claims[65534]) == (
        FACTS["uri"], FACTS["iat"], FACTS["exp"], FACTS["ttl"])
    return entries(claims[65533]["bits"], claims[65533]["lst"])


check("the status list as JWT has its entries and no other",
      jwt_list(text("status.jwt")) == EXPECTED)
check("the status list as CWT has its entries and no other",
      cwt_list((DIR / "status.cwt").read_bytes()) == EXPECTED)
check("the later lists revoke", jwt_list(text("revoked.jwt")) == REVOKED
      == cwt_list((DIR / "revoked.cwt").read_bytes()))
refused("a changed list as JWT", lambda: jwt_list(changed("status.jwt", -9)))
CWT = (DIR / "status.cwt").read_bytes()
refused("a changed list as CWT", lambda: cwt_list(CWT[:-9] + bytes([CWT[-9] ^ 1]) + CWT[-8:]))
at = CWT.index(b"\x19\xff\xfd") + 12
refused("another entry in the CWT", lambda: cwt_list(CWT[:at] + bytes([CWT[at] ^ 1]) + CWT[at + 1:]))

sys.exit(1 if failed else 0)
