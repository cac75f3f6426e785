// What @sd-jwt/sd-jwt-vc and @sd-jwt/jwt-status-list say of our SD-JWT VC, its presentation and the
// status list as JWT. `node judge.mjs DIR INSTALLED`, the second a folder with node_modules.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { createHash, createPublicKey, verify as verifySignature, X509Certificate } from 'node:crypto';
import { join } from 'node:path';

const require = createRequire(join(process.argv[3], 'package.json'));
const { SDJwtVcInstance } = require('@sd-jwt/sd-jwt-vc');
const { getListFromStatusListJWT } = require('@sd-jwt/jwt-status-list');

const dir = process.argv[2];
const read = (name) => readFileSync(join(dir, name));
const text = (name) => read(name).toString();
const facts = JSON.parse(text('facts.json'));
const root = new X509Certificate(read('iaca.pem'));

let failed = 0;
const check = (name, good) => {
  if (!good) failed += 1;
  console.log(`${good ? 'PASS' : 'FAIL'} ${name}`);
};
const accepted = async (name, work) => {
  try {
    return await work();
  } catch (error) {
    check(`${name}: ${error.message}`, false);
    return undefined;
  }
};
const refused = async (name, work, why) => {
  try {
    await work();
    check(`${name} is refused`, false);
  } catch (error) {
    check(`${name} is refused: ${error.message}`, why.test(error.message));
  }
};

const es256 = (key, data, signature) =>
  verifySignature('sha256', Buffer.from(data), { key, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'));

// The key of the first certificate of the header, which the root issued.
const verifier = async (data, signature) => {
  const header = JSON.parse(Buffer.from(data.split('.')[0], 'base64url'));
  const certificate = new X509Certificate(Buffer.from(header.x5c[0], 'base64'));
  if (!certificate.checkIssued(root) || !certificate.verify(root.publicKey)) return false;
  return es256(certificate.publicKey, data, signature);
};
const kbVerifier = async (data, signature, payload) =>
  es256(createPublicKey({ key: payload.cnf.jwk, format: 'jwk' }), data, signature);

const instance = (status) => new SDJwtVcInstance({
  hasher: (data) => createHash('sha256').update(
    typeof data === 'string' ? data : Buffer.from(data)).digest(),
  hashAlg: 'sha-256',
  verifier,
  kbVerifier,
  statusListFetcher: async (uri) => {
    if (uri !== facts.uri) throw new Error(`fetched ${uri}`);
    return text(status);
  },
});
const good = instance('status.jwt');

const issued = await accepted('the credential', () => good.verify(text('credential.txt')));
check('the credential verifies, with its status', issued?.payload.vct === facts.vct);
const claims = await accepted('the claims', () => good.getClaims(text('credential.txt')));
check('every claim is disclosed', claims?.name === facts.shown.name &&
  Object.keys(claims).length === facts.claims + 6 && claims.age_equal_or_over['14'] === true);

const options = { keyBindingNonce: facts.nonce };
const shown = await accepted('the presentation',
  () => good.verify(text('presentation.txt'), options));
check('the presentation verifies, with its key binding and status',
  shown?.kb.payload.aud === facts.aud && shown.kb.payload.nonce === facts.nonce);
const open = ['cnf', 'exp', 'iat', 'nbf', 'status', 'vct'];
const rest = Object.fromEntries(
  Object.entries(shown?.payload ?? {}).filter(([name]) => !open.includes(name)));
const sorted = (value) => JSON.stringify(value, (_, inner) =>
  inner && typeof inner === 'object' && !Array.isArray(inner)
    ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner);
check('it shows what was chosen and nothing else', sorted(rest) === sorted(facts.shown));

// One bit of the payload, of a disclosure, of the binding; another nonce; revoked.
const flipped = (name, at) => {
  const bytes = Buffer.from(text(name).trim());
  const place = at < 0 ? bytes.length + at : at;
  bytes[place] = bytes[place] === 0x41 ? 0x42 : 0x41;
  return bytes.toString();
};
const payload = text('credential.txt').indexOf('.') + 40;
await refused('a changed payload', () => good.verify(flipped('credential.txt', payload)), /./);
await refused('a changed disclosure', () => good.getClaims(flipped('credential.txt', -9)), /./);
await refused('a changed binding', () => good.verify(flipped('presentation.txt', -9), options),
  /./);
await refused('another nonce',
  () => good.verify(text('presentation.txt'), { keyBindingNonce: 'another' }), /[Nn]once/);
await refused('the revoked credential',
  () => instance('revoked.jwt').verify(text('credential.txt')), /[Ss]tatus/);

const list = getListFromStatusListJWT(text('status.jwt'));
const at = (idx) => list.getStatus(idx);
check('the status list has its entries', list.getBitsPerStatus() === 2 &&
  list.statusList.length === facts.entries && at(facts.idx) === 0 && at(facts.idx + 1) === 1 &&
  at(facts.entries - 1) === 2);
check('and no other', list.statusList.filter((status) => status !== 0).length === 2);
const revoked = getListFromStatusListJWT(text('revoked.jwt'));
check('the later list revokes', revoked.getStatus(facts.idx) === 1);

process.exit(failed ? 1 : 0);
