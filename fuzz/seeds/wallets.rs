//! Proofs of a wallet, and the messages that it exchanges with an issuer.

use iccard::issuance::oid4vci::{GrantType, OfferRef, TokenRequest};
use iccard_fuzz::wallets::{CONTENT, URL, wallet};

use crate::folder::Folder;

pub fn write(folder: &mut Folder) {
    let real = wallet();
    for (choice, proof) in (0_u8..).zip(&real.proofs) {
        folder.add("proofs", choice, proof.as_bytes());
    }
    folder.add("proofs", 5, real.nonce.as_bytes());
    for message in &real.messages {
        folder.add("proofs", 6, message.as_bytes());
    }
    folder.add("proofs", 7, URL.as_bytes());
    folder.add("proofs", 7, b"HTTPS://Issuer.example:443/%7ea/./b/../c?d#e");

    folder.add("messages", 0, CONTENT);
    folder.add(
        "messages",
        0,
        br#"{"credential_configuration_id":"a","proofs":{"attestation":["b"]},
            "credential_response_encryption":{"enc":"A128GCM","zip":"DEF","jwk":{"kty":"EC",
            "crv":"P-256","x":"weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ",
            "y":"e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck","alg":"ECDH-ES","kid":"k"}}}"#,
    );
    for grant in [
        GrantType::PreAuthorizedCode {
            code: "a code".to_owned().into(),
            tx_code: Some("123456".to_owned().into()),
        },
        GrantType::RefreshToken { token: "a token".to_owned().into() },
    ] {
        let request = TokenRequest { grant, client_id: Some("wallet".to_owned()) };
        for choice in [1, 5] {
            folder.add("messages", choice, request.build().as_bytes());
        }
    }
    folder.add("messages", 2, OfferRef::to_uri("https://issuer.example/offers/1").as_bytes());
    let offer = br#"{"credential_issuer":"https://issuer.example","credential_configuration_ids":
        ["a","b"],"grants":{"urn:ietf:params:oauth:grant-type:pre-authorized_code":{
        "pre-authorized_code":"c","tx_code":{"input_mode":"text","length":6,"description":"d"}}}}"#;
    folder.add("messages", 3, offer);
    for message in [
        r#"{"transaction_id":"t","interval":5}"#,
        r#"{"notification_id":"n","event":"credential_deleted","event_description":"d"}"#,
    ] {
        folder.add("messages", 4, message.as_bytes());
    }
    for message in [
        r#"{"access_token":"a","token_type":"DPoP","expires_in":300,"refresh_token":"r"}"#,
        r#"{"c_nonce":"n"}"#,
        r#"{"attestation_challenge":"c"}"#,
        r#"{"credentials":[{"credential":"c"}],"notification_id":"n","receipt":{"event":1}}"#,
        r#"{"transaction_id":"t","interval":5}"#,
        r#"{"error":"invalid_proof","error_description":"d"}"#,
    ] {
        folder.add("messages", 6, message.as_bytes());
    }
}
