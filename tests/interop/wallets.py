"""Foreign wallets at our issuer: over TLS, with the CA that `iccard issuer init` made."""

import json
import os
import shutil
from pathlib import Path

from harness import BUILD_PATIENCE, Failed, check, need
from issuer import Issuer

HERE = Path(__file__).resolve().parent


def openid4vci(built):
    """The folder in which the foreign wallet is installed."""
    need("node", "npm")
    out = built / "openid4vci"
    out.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "claim.mjs"):
        shutil.copy(HERE / "openid4vci" / name, out / name)
    if not (out / "node_modules" / "@openid4vc").exists():
        check("npm", "install", "--prefix", out, "--no-audit", "--no-fund",
              patience=BUILD_PATIENCE)
    return out


def openid4vci_claims_an_offer(card, built):
    """@openid4vc/openid4vci runs the whole claim of an office's offer, and our verifier takes what
    it was given."""
    judge = openid4vci(built)
    folder = card.folder("openid4vci")
    with Issuer(card.binary, folder, movable=False) as issuer:
        issuer.start()
        ca = issuer.dir / "tls" / "ca.pem"
        offer = check(card.binary, "office", "offer", "--person", "P-0004", "--issuer", issuer.url,
                      "--ca", ca, "--token", issuer.token, "--json")
        offer = json.JSONDecoder().raw_decode(offer, offer.find("{\n"))[0]
        output = check("node", judge / "claim.mjs", offer["offer_uri"], offer["tx_code"],
                       issuer.dir / "wallet-provider",
                       environment={**os.environ, "NODE_EXTRA_CA_CERTS": str(ca)})
        told = json.loads(output[output.find('{"'):])
        if told["token_type"] != "DPoP" or len(told["credentials"]) != 2:
            raise Failed(f"two credentials by DPoP expected\n{output}")
        expected = {
            "wrong_tx_code": "400 invalid_grant",
            "other_wallet": "400 invalid_grant",
            "used_nonce": "400 invalid_nonce",
            # What an offer gives, it gave to the first keys.
            "other keys, resident_mdoc": "400 credential_request_denied",
            "other keys, resident_sdjwt": "400 credential_request_denied",
        }
        if told["refused"] != expected:
            raise Failed(f"expected {expected}\n{told['refused']}")
        for name, credential in told["credentials"].items():
            file = folder / name
            file.write_text(credential)
            check(card.binary, "credential", "verify", file, "--iaca", issuer.dir / "iaca.pem",
                  "--status", issuer.status_list())
