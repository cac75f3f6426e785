// What jose says of our proofs and encrypted messages, and the same made by jose for us.
// `node judge.mjs DIR INSTALLED`: DIR has ours.json and gets theirs.json, INSTALLED node_modules.
import { createHash, createDecipheriv, createPrivateKey, createPublicKey, diffieHellman,
  X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inflateRawSync } from 'node:zlib';

const [dir, installed] = process.argv.slice(2);
const jose = await import(
  pathToFileURL(join(installed, 'node_modules/jose/dist/webapi/index.js')));
const ours = JSON.parse(readFileSync(join(dir, 'ours.json')));
const now = new Date(ours.now * 1000);
const root = new X509Certificate(ours.anchor);

let failed = 0;
const check = (name, good) => {
  if (!good) failed += 1;
  console.log(`${good ? 'PASS' : 'FAIL'} ${name}`);
};
const altered = (token) => {
  const [header, payload, signature] = token.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url'));
  claims.iat += 1;
  return [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
};
const verified = async (name, token, key, options) => {
  try {
    const done = await jose.jwtVerify(token, key, { ...options, currentDate: now });
    check(name, true);
    await jose.jwtVerify(altered(token), key, { ...options, currentDate: now }).then(
      () => check(`${name}, altered, is refused`, false),
      (e) => check(`${name}, altered, is refused`, e.code === 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'));
    return done;
  } catch (error) {
    check(`${name}: ${error.message}`, false);
    return { payload: {}, protectedHeader: {} };
  }
};
// The key of the first certificate, which the root issued.
const chained = async (header) => {
  const certificate = new X509Certificate(Buffer.from(header.x5c[0], 'base64'));
  if (!certificate.verify(root.publicKey)) throw new Error('not under the root');
  return certificate.publicKey;
};

// ---- ours ----

const dpop = await verified('DPoP proof', ours.dpop, jose.EmbeddedJWK,
  { typ: 'dpop+jwt', algorithms: ['ES256'], maxTokenAge: 60 });
check('DPoP proof, its key', await jose.calculateJwkThumbprint(dpop.protectedHeader.jwk) === ours.jkt);
check('DPoP proof, its request', dpop.payload.htm === 'POST' && dpop.payload.htu === ours.url
  && dpop.payload.jti.length > 16);
check('DPoP proof, its token', dpop.payload.ath
  === createHash('sha256').update(ours.access_token).digest('base64url'));
const proof = await verified('key proof', ours.key_proof, jose.EmbeddedJWK,
  { typ: 'openid4vci-proof+jwt', algorithms: ['ES256'], audience: ours.issuer });
check('key proof, its nonce', proof.payload.nonce === 'a nonce');
const keys = await verified('key attestation', ours.key_attestation, chained,
  { typ: 'key-attestation+jwt', algorithms: ['ES256'] });
const thumbprints = await Promise.all(
  keys.payload.attested_keys.map((jwk) => jose.calculateJwkThumbprint(jwk)));
check('key attestation, its keys', thumbprints.join() === ours.attested.join());
const wallet = await verified('wallet attestation', ours.wallet_attestation, chained,
  { typ: 'oauth-client-attestation+jwt', algorithms: ['ES256'], subject: 'a wallet' });
await verified('wallet attestation PoP', ours.wallet_pop,
  await jose.importJWK(wallet.payload.cnf.jwk, 'ES256'),
  { typ: 'oauth-client-attestation-pop+jwt', algorithms: ['ES256'], audience: ours.issuer });

const reader = { ...ours.reader, alg: 'ECDH-ES' };
for (const [name, message] of Object.entries(ours.messages)) {
  try {
    const { plaintext } = await jose.compactDecrypt(message, await jose.importJWK(reader));
    check(`JWE ${name}`, Buffer.from(plaintext).toString() === ours.content);
  } catch (error) {
    check(`JWE ${name}: ${error.message}`, false);
  }
}
// jose no longer decompresses: the same by hand, on OpenSSL and zlib.
{
  const [header, , iv, content, tag] = ours.compressed.split('.');
  const { epk, enc, zip } = JSON.parse(Buffer.from(header, 'base64url'));
  const shared = diffieHellman({
    privateKey: createPrivateKey({ key: reader, format: 'jwk' }),
    publicKey: createPublicKey({ key: epk, format: 'jwk' }),
  });
  const number = (n) => { const out = Buffer.alloc(4); out.writeUInt32BE(n); return out; };
  const key = createHash('sha256').update(Buffer.concat([number(1), shared, number(enc.length),
    Buffer.from(enc), number(0), number(0), number(256)])).digest();
  const cipher = createDecipheriv('aes-256-gcm', key, Buffer.from(iv, 'base64url'));
  cipher.setAAD(Buffer.from(header)).setAuthTag(Buffer.from(tag, 'base64url'));
  const opened = Buffer.concat([cipher.update(Buffer.from(content, 'base64url')), cipher.final()]);
  check('JWE A256GCM, compressed', zip === 'DEF' && enc === 'A256GCM'
    && inflateRawSync(opened).toString() === ours.content);
}

// ---- theirs ----

const { publicKey, privateKey } = await jose.generateKeyPair('ES256', { extractable: true });
const jwk = { ...await jose.exportJWK(publicKey), use: 'sig', alg: 'ES256', kid: 'theirs' };
const signer = await jose.importJWK(ours.signer, 'ES256');
const made = (typ, claims, key, header) => new jose.SignJWT({ iat: ours.now, ...claims })
  .setProtectedHeader({ alg: 'ES256', typ, ...header }).sign(key);
const attestation = await made('key-attestation+jwt', {
  exp: ours.now + 300, nonce: 'a nonce', attested_keys: [jwk],
  key_storage: ['iso_18045_high'], user_authentication: ['iso_18045_high'],
}, signer, { x5c: ours.x5c });
const theirs = {
  thumbprint: await jose.calculateJwkThumbprint(jwk),
  dpop: await made('dpop+jwt', {
    htm: 'POST', htu: `${ours.url}?x=1`, jti: crypto.randomUUID(),
    ath: createHash('sha256').update(ours.access_token).digest('base64url'),
  }, privateKey, { jwk }),
  key_attestation: attestation,
  key_proof: await made('openid4vci-proof+jwt', { aud: ours.issuer, nonce: 'a nonce' },
    privateKey, { jwk, key_attestation: attestation }),
  wallet_attestation: await made('oauth-client-attestation+jwt', {
    iss: 'their maker', sub: 'their wallet', exp: ours.now + 300, cnf: { jwk },
    wallet_link: 'https://wallet.example',
  }, signer, { x5c: ours.x5c }),
  wallet_pop: await made('oauth-client-attestation-pop+jwt', {
    aud: ours.issuer, jti: crypto.randomUUID(), challenge: 'a challenge',
  }, privateKey, {}),
  // What no issuer may take.
  symmetric: await new jose.SignJWT({ iat: ours.now, aud: ours.issuer, nonce: 'a nonce' })
    .setProtectedHeader({ alg: 'HS256', typ: 'openid4vci-proof+jwt', jwk })
    .sign(Buffer.from(JSON.stringify(jwk))),
  unsigned: new jose.UnsecuredJWT({ iat: ours.now, aud: ours.issuer, nonce: 'a nonce' }).encode(),
  messages: {},
};
const { d, ...open } = reader;
for (const enc of ['A128GCM', 'A256GCM']) {
  for (const parties of [{}, { apu: Buffer.from('wallet'), apv: Buffer.from('issuer') }]) {
    const name = `${enc}${parties.apu ? ', with parties' : ''}`;
    theirs.messages[name] = await new jose.CompactEncrypt(Buffer.from(ours.content))
      .setProtectedHeader({ alg: 'ECDH-ES', enc, kid: 'r', cty: 'json' })
      .setKeyManagementParameters(parties)
      .encrypt(await jose.importJWK(open, 'ECDH-ES'));
  }
}
writeFileSync(join(dir, 'theirs.json'), JSON.stringify(theirs));
process.exit(failed === 0 ? 0 : 1);
