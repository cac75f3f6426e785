// Judges an mdoc with @owf/mdoc: the IssuerSigned against the root, the DeviceResponse against the
// OpenID4VP 1.0 session transcript; and that each refuses what was tampered with.
//
//   node owf.mjs MODULES FOLDER   where @owf/mdoc is installed, where the credentials are
import { createHash, createPublicKey, randomBytes, verify, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [modules, folder] = process.argv.slice(2).map((path) => resolve(path));
const entry = join(modules, "node_modules/@owf/mdoc/dist/index.mjs");
const { CoseKey, Holder, SessionTranscript, Verifier } = await import(pathToFileURL(entry));

const file = (name) => new Uint8Array(readFileSync(join(folder, name)));
const root = new Uint8Array(new X509Certificate(file("iaca.pem")).raw);

// What the library leaves to its caller, on node's own cryptography.
const HASHES = { ES256: "sha256", ES384: "sha384", ES512: "sha512" };
const context = {
  crypto: {
    random: (length) => new Uint8Array(randomBytes(length)),
    digest: ({ digestAlgorithm, bytes }) =>
      new Uint8Array(createHash(digestAlgorithm.replace("-", "")).update(bytes).digest()),
    calculateEphemeralMacKey: () => { throw new Error("no MAC is judged here"); },
  },
  cose: {
    sign1: {
      sign: () => { throw new Error("nothing is signed here"); },
      verify: ({ key, sign1 }) => verify(
        HASHES[sign1.signatureAlgorithmName],
        sign1.toBeSigned,
        { key: createPublicKey({ key: key.jwk, format: "jwk" }), dsaEncoding: "ieee-p1363" },
        sign1.signature,
      ),
    },
    mac0: {},
  },
  x509: {
    getIssuerNameField: ({ certificate, field }) =>
      new X509Certificate(certificate).issuer.split("\n")
        .filter((line) => line.startsWith(`${field}=`))
        .map((line) => line.slice(field.length + 1)),
    getPublicKey: ({ certificate }) =>
      CoseKey.fromJwk(new X509Certificate(certificate).publicKey.export({ format: "jwk" })),
    verifyCertificateChain: ({ trustedCertificates, x5chain, now = new Date() }) => {
      const chain = [...x5chain, ...trustedCertificates].map((c) => new X509Certificate(c));
      chain.forEach((certificate, at) => {
        const issuer = chain[Math.min(at + 1, chain.length - 1)];
        if (!certificate.checkIssued(issuer) || !certificate.verify(issuer.publicKey)) {
          throw new Error(`${certificate.subject} was not issued by ${issuer.subject}`);
        }
        if (now < new Date(certificate.validFrom) || now > new Date(certificate.validTo)) {
          throw new Error(`${certificate.subject} is not valid`);
        }
      });
    },
    getCertificateData: ({ certificate }) => {
      const read = new X509Certificate(certificate);
      return {
        issuerName: read.issuer,
        subjectName: read.subject,
        serialNumber: read.serialNumber,
        thumbprint: read.fingerprint256,
        notBefore: new Date(read.validFrom),
        notAfter: new Date(read.validTo),
        pem: read.toString(),
      };
    },
  },
};

// How many checks passed, and which did not.
async function judged(judge) {
  const checks = [];
  try {
    await judge((check) => checks.push(check));
  } catch (error) {
    checks.push({ status: "FAILED", check: error.message });
  }
  const failed = checks.filter((check) => check.status !== "PASSED");
  return { passed: checks.length - failed.length, failed };
}

function flipped(bytes, at) {
  const changed = new Uint8Array(bytes);
  changed[at] ^= 1;
  return changed;
}

const positionOf = (bytes, text) => Buffer.from(bytes).indexOf(text) + text.length - 1;

async function judgesBoth(name, bytes, judge, element) {
  const right = await judged((onCheck) => judge(bytes, onCheck));
  if (right.failed.length > 0 || right.passed === 0) {
    console.error(`${name} is refused`, right.failed);
    process.exit(1);
  }
  // A letter of an element, and a bit of the last signature.
  for (const at of [positionOf(bytes, element), bytes.length - 12]) {
    const wrong = await judged((onCheck) => judge(flipped(bytes, at), onCheck));
    if (wrong.failed.length === 0) {
      console.error(`${name} passes with byte ${at} changed`);
      process.exit(1);
    }
  }
  console.log(`${name}: ${right.passed} checks passed, changed ones refused`);
}

const trustedCertificates = [root];
await judgesBoth("IssuerSigned", file("mdoc.cbor"), (issuerSigned, verificationCallback) =>
  Holder.verifyIssuerSigned({ issuerSigned, verificationCallback, trustedCertificates }, context),
"GILDONG");

const request = JSON.parse(readFileSync(join(folder, "request.json")));
const transcript = (nonce) => SessionTranscript.forOid4Vp(
  { clientId: request.client_id, nonce, responseUri: request.response_uri }, context);
const response = (sessionTranscript) => (deviceResponse, onCheck) =>
  Verifier.verifyDeviceResponse(
    { deviceResponse, sessionTranscript, onCheck, trustedCertificates }, context);
await judgesBoth("DeviceResponse", file("response.cbor"),
  response(await transcript(request.nonce)), "홍");
const other = response(await transcript("another nonce"));
if ((await judged((onCheck) => other(file("response.cbor"), onCheck))).failed.length === 0) {
  console.error("the DeviceResponse passes for another request");
  process.exit(1);
}
