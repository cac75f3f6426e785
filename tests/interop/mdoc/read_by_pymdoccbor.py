"""Reads an mdoc with pymdoccbor: signature, chain, digests, what the elements and the status say.

    python read_by_pymdoccbor.py FOLDER
"""

import sys
from pathlib import Path

import cbor2
from cryptography import x509
from pymdoccbor.mdoc.verifier import MdocCbor

folder = Path(sys.argv[1])
issued = (folder / "mdoc.cbor").read_bytes()
roots = [x509.load_pem_x509_certificate((folder / "iaca.pem").read_bytes())]


def judged(bytes_):
    issuer_signed = cbor2.loads(bytes_)
    doc_type = next(iter(issuer_signed["nameSpaces"]))
    document = {"docType": doc_type, "issuerSigned": issuer_signed}
    response = {"version": "1.0", "documents": [document], "status": 0}
    mdoc = MdocCbor()
    mdoc.loads(cbor2.dumps(response))
    return mdoc.verify(trusted_root_certs=roots), mdoc


good, mdoc = judged(issued)
if not good:
    sys.exit(f"refused: {mdoc.documents_invalid}")
signed = mdoc.documents[0].issuersigned.issuer_auth
payload = signed.payload_as_dict
if payload["status"] != {"status_list": {"idx": 412, "uri": "https://issuer.example/status/1"}}:
    sys.exit(f"status {payload['status']}")
shown = next(iter(mdoc.disclosure_map.values()))
if shown["family_name_national_character"] != "홍" or shown["age_over_18"] is not True:
    sys.exit(f"elements {sorted(shown)}")

for what in ("GILDONG", "validUntil"):
    changed = bytearray(issued)
    changed[issued.index(what.encode()) + len(what) - 1] ^= 1
    try:
        good, _ = judged(bytes(changed))
    except Exception as refusal:  # any refusal is one
        good = False
    if good:
        sys.exit(f"passes with {what} changed")
print(f"{len(shown)} elements read, changed ones refused")
