// A foreign wallet claims an office's offer: OpenID4VCI as @openid4vc/openid4vci speaks it, keys and
// signatures by jose, TLS by node with NODE_EXTRA_CA_CERTS.
//
//     node claim.mjs OFFER TX_CODE PROVIDER_DIR
//
// Prints one JSON object: what it was given for each configuration, and how the issuer refused what
// it has to refuse.
import { createHash, randomBytes, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'

import {
  clientAuthenticationClientAttestationJwt,
  createClientAttestationJwt,
} from '@openid4vc/oauth2'
import { Openid4vciClient } from '@openid4vc/openid4vci'
import { SignJWT, calculateJwkThumbprint, exportJWK, generateKeyPair, importPKCS8 } from 'jose'

const [offerText, txCode, providerDir] = process.argv.slice(2)
const CLIENT_ID = 'foreign-wallet'

// ---- keys, and signatures with them ----

const keys = new Map()
async function newKey() {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
  const jwk = await exportJWK(publicKey)
  keys.set(await calculateJwkThumbprint(jwk), { privateKey, jwk })
  return { method: 'jwk', alg: 'ES256', publicJwk: jwk }
}

const providerKey = await importPKCS8(readFileSync(`${providerDir}/key.pem`, 'utf8'), 'ES256')
const providerJwk = await (async () => {
  const certificate = new X509Certificate(readFileSync(`${providerDir}/cert.pem`))
  return certificate.publicKey.export({ format: 'jwk' })
})()
const x5c = [new X509Certificate(readFileSync(`${providerDir}/cert.pem`)).raw.toString('base64')]
const provider = { method: 'x5c', alg: 'ES256', x5c }

async function signJwt(signer, { header, payload }) {
  const own = signer.method === 'x5c'
    ? { privateKey: providerKey, jwk: providerJwk }
    : keys.get(await calculateJwkThumbprint(signer.publicJwk))
  const jwt = await new SignJWT(payload).setProtectedHeader(header).sign(own.privateKey)
  return { jwt, signerJwk: own.jwk }
}

const instance = await newKey()
const inAnHour = () => new Date(Date.now() + 3600_000)
const attestation = await createClientAttestationJwt({
  callbacks: { signJwt },
  clientId: CLIENT_ID,
  issuer: 'https://provider.example',
  confirmation: { jwk: instance.publicJwk },
  expiresAt: inAnHour(),
  signer: provider,
})

const callbacks = {
  signJwt,
  generateRandom: (length) => randomBytes(length),
  hash: (data, alg) => createHash(alg.replace('-', '')).update(data).digest(),
  verifyJwt: () => { throw new Error('nothing is verified here') },
  decryptJwe: () => { throw new Error('nothing is decrypted here') },
  encryptJwe: () => { throw new Error('nothing is encrypted here') },
  clientAuthentication: clientAuthenticationClientAttestationJwt({
    clientAttestationJwt: attestation,
    callbacks: { signJwt, generateRandom: (length) => randomBytes(length) },
  }),
  fetch,
}

const keyAttestation = (jwks, nonce) => new SignJWT({ attested_keys: jwks, nonce })
  .setProtectedHeader({ alg: 'ES256', typ: 'key-attestation+jwt', x5c })
  .setIssuedAt()
  .setExpirationTime(inAnHour())
  .sign(providerKey)

// What went wrong, as the issuer said it.
function code(error) {
  const said = error.errorResponse ?? error.response?.body ?? {}
  return said.error ?? error.cause?.error ?? String(error.message)
}
async function refused(attempt) {
  try {
    await attempt()
    return 'accepted'
  } catch (error) {
    const status = error.response?.status ?? error.response?.response?.status
    return `${status ?? ''} ${error.response?.credentialErrorResponseResult?.data?.error ?? code(error)}`.trim()
  }
}

// ---- the claim ----

const client = new Openid4vciClient({ callbacks })
const credentialOffer = await client.resolveCredentialOffer(offerText)
const issuerMetadata = await client.resolveIssuerMetadata(credentialOffer.credential_issuer)
const dpop = { signer: await newKey() }
const redeem = (code, with_dpop = dpop) =>
  client.retrievePreAuthorizedCodeAccessTokenFromOffer({
    credentialOffer, issuerMetadata, txCode: code, dpop: with_dpop,
  })

const result = { refused: {}, credentials: {} }
result.refused.wrong_tx_code =
  await refused(() => redeem(String((Number(txCode) + 1) % 1_000_000).padStart(6, '0')))
const token = await redeem(txCode)
const accessToken = token.accessTokenResponse.access_token
result.token_type = token.accessTokenResponse.token_type
result.refused.other_wallet = await refused(async () => redeem(txCode, { signer: await newKey() }))

let used
for (const credentialConfigurationId of credentialOffer.credential_configuration_ids) {
  const holder = await newKey()
  const fetchOne = async (signer, attested, nonce) => {
    const { jwt } = await client.createCredentialRequestJwtProof({
      issuerMetadata,
      credentialConfigurationId,
      signer,
      nonce,
      keyAttestationJwt: await keyAttestation(attested, nonce),
    })
    return client.retrieveCredentials({
      accessToken, issuerMetadata, credentialConfigurationId, dpop, proofs: { jwt: [jwt] },
    })
  }
  if (used) {
    result.refused.used_nonce = await refused(() => fetchOne(holder, [holder.publicJwk], used))
  }
  const nonce = (await client.requestNonce({ issuerMetadata })).c_nonce
  const reply = await fetchOne(holder, [holder.publicJwk], nonce)
  const body = reply.credentialResponse
  result.credentials[credentialConfigurationId] = body.credentials[0].credential
  const other = await newKey()
  const fresh = (await client.requestNonce({ issuerMetadata })).c_nonce
  result.refused[`other keys, ${credentialConfigurationId}`] =
    await refused(() => fetchOne(other, [other.publicJwk], fresh))
  used = nonce
  await client.sendNotification({
    issuerMetadata, accessToken, dpop,
    notification: { notificationId: body.notification_id, event: 'credential_accepted' },
  })
}
console.log(JSON.stringify(result))
