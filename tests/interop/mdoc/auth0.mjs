// Judges an mdoc with @auth0/mdl. It wraps the IssuerSigned in a DeviceResponse of its own making,
// which it signs with the holder's key, so that the key in the document is judged too.
//
//   node auth0.mjs MODULES FOLDER   where @auth0/mdl is installed, where the credentials are
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const [modules, folder] = process.argv.slice(2).map((path) => resolve(path));
const require = createRequire(join(modules, "judge.js"));
const { DeviceResponse, Verifier, parse } = require("@auth0/mdl");
const { cborDecode, cborEncode, DataItem } = require("@auth0/mdl/lib/cbor");

const file = (name) => readFileSync(join(folder, name));
const [key] = JSON.parse(file("device.jwks")).keys;
const root = file("iaca.pem").toString();
const request = JSON.parse(file("request.json"));
const transcript = cborEncode(DataItem.fromData([null, null, ["test", request.nonce]]));

// The IssuerSigned as the issuer's half of a response, and nothing else.
function wrapped(issuerSigned) {
  const decoded = cborDecode(issuerSigned);
  const docType = decoded.get("nameSpaces").keys().next().value;
  const document = new Map([["docType", docType], ["issuerSigned", decoded]]);
  const response = new Map([["version", "1.0"], ["documents", [document]], ["status", 0]]);
  return { docType, bytes: cborEncode(response) };
}

async function presented(issuerSigned) {
  const { docType, bytes } = wrapped(issuerSigned);
  const paths = request.shown.map((name) => `$['${docType}']['${name}']`);
  const definition = {
    id: "judge",
    input_descriptors: [{
      id: docType,
      format: { mso_mdoc: { alg: ["ES256"] } },
      constraints: {
        limit_disclosure: "required",
        fields: paths.map((path) => ({ path: [path], intent_to_retain: false })),
      },
    }],
  };
  const response = await DeviceResponse.from(parse(bytes))
    .usingPresentationDefinition(definition)
    .usingSessionTranscriptBytes(transcript)
    .authenticateWithSignature({ ...key, alg: "ES256" }, "ES256")
    .sign();
  return response.encode();
}

async function fails(response) {
  try {
    await new Verifier([root]).verify(response, { encodedSessionTranscript: transcript });
    return null;
  } catch (error) {
    return error.message;
  }
}

function flipped(bytes, text) {
  const changed = Buffer.from(bytes);
  changed[changed.indexOf(text) + Buffer.byteLength(text) - 1] ^= 1;
  return changed;
}

const issued = file("mdoc.cbor");
const right = await fails(await presented(issued));
if (right !== null) {
  console.error(`refused: ${right}`);
  process.exit(1);
}
// An element, the time in the signed part, the holder's signature.
const response = await presented(issued);
const last = Buffer.from(response);
last[last.length - 12] ^= 1;
for (const [name, changed] of [
  ["element", flipped(response, "홍")],
  ["validity", flipped(response, "validUntil")],
  ["holder's signature", last],
]) {
  if (await fails(changed) === null) {
    console.error(`passes with the ${name} changed`);
    process.exit(1);
  }
}
console.log("accepted, changed ones refused");
