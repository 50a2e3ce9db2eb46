// A receiver of change notifications, by the documented steps and with Node's own crypto alone:
// it answers the handshake, checks what proves where contents come from, and decrypts them.
// https://learn.microsoft.com/graph/change-notifications-with-resource-data
import { constants, createDecipheriv, createHmac, createPublicKey, privateDecrypt, timingSafeEqual, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";

const { CERT, KEY, PRIVATE, FAKEGRAPH_TEST_URL } = process.env;
const privateKey = readFileSync(PRIVATE);

function decrypted(content) {
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  const key = privateDecrypt({ key: privateKey, padding }, Buffer.from(content.dataKey, "base64"));
  const data = Buffer.from(content.data, "base64");
  const signature = createHmac("sha256", key).update(data).digest();
  if (!timingSafeEqual(signature, Buffer.from(content.dataSignature, "base64"))) throw new Error("signature");
  const decipher = createDecipheriv("aes-256-cbc", key, key.subarray(0, 16));
  return JSON.parse(Buffer.concat([decipher.update(data), decipher.final()]).toString());
}

const part = (text) => JSON.parse(Buffer.from(text, "base64url"));

async function proven(token) {
  const [head, claims, signature] = token.split(".");
  const found = await fetch(`${FAKEGRAPH_TEST_URL}/common/.well-known/openid-configuration`);
  const keys = await (await fetch((await found.json()).jwks_uri)).json();
  const jwk = keys.keys.find((each) => each.kid === part(head).kid);
  const key = createPublicKey({ key: jwk, format: "jwk" });
  const good = verify("RSA-SHA256", Buffer.from(`${head}.${claims}`), key, Buffer.from(signature, "base64url"));
  return good && part(claims);
}

const server = createServer({ cert: readFileSync(CERT), key: readFileSync(KEY) }, (request, response) => {
  const token = new URL(request.url, "https://x").searchParams.get("validationToken");
  const parts = [];
  request.on("data", (piece) => parts.push(piece));
  request.on("end", async () => {
    if (token !== null) {
      response.writeHead(200, { "Content-Type": "text/plain" }).end(token);
      return;
    }
    response.writeHead(202).end();
    const body = JSON.parse(Buffer.concat(parts).toString());
    const claims = await Promise.all((body.validationTokens ?? []).map(proven));
    for (const item of body.value) {
      const content = item.encryptedContent && decrypted(item.encryptedContent);
      console.log(JSON.stringify({ ...item, encryptedContent: undefined, content, claims }));
    }
  });
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
