// The JavaScript Graph client's large upload, unmodified, against a fakegraph served over TLS (FAKEGRAPH_TEST_URL).
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import test from "node:test";

import { Client, FileUpload, LargeFileUploadTask, OneDriveLargeFileUploadTask } from "@microsoft/microsoft-graph-client";

const SLICE = 320 * 1024;
const LARGE = randomBytes(5 * SLICE + 777);
const ROOT = "/me/drive/root:";

const client = Client.init({
  baseUrl: `${process.env.FAKEGRAPH_TEST_URL}/`,
  customHosts: new Set(["127.0.0.1"]),
  authProvider: (done) => done(null, "anything"),
});

async function stored(path) {
  const item = await client.api(`${ROOT}${path}`).get();
  const answer = await fetch(item["@microsoft.graph.downloadUrl"]);
  return [item, Buffer.from(await answer.arrayBuffer())];
}

test("a file is uploaded in slices", async () => {
  const seen = [];
  const options = {
    path: "/up",
    fileName: "large.bin",
    rangeSize: SLICE,
    conflictBehavior: "replace",
    uploadEventHandlers: { progress: (range) => seen.push(range.minValue) },
  };
  const file = new FileUpload(LARGE, "large.bin", LARGE.length);

  const task = await OneDriveLargeFileUploadTask.createTaskWithFileObject(client, file, options);
  const result = await task.upload();

  const [item, bytes] = await stored("/up/large.bin");
  assert.equal(result.responseBody.id, item.id);
  assert.equal(item.size, LARGE.length);
  assert.ok(bytes.equals(LARGE));
  assert.deepEqual(seen.slice(0, 3), [0, SLICE, 2 * SLICE]);
});

test("an upload goes on where another one stopped", async () => {
  const body = { item: { "@microsoft.graph.conflictBehavior": "fail" } };
  const session = await client.api(`${ROOT}/up/resumed.bin:/createUploadSession`).post(body);
  const first = { "Content-Range": `bytes 0-${SLICE - 1}/${LARGE.length}` };
  const begun = await fetch(session.uploadUrl, { method: "PUT", headers: first, body: LARGE.subarray(0, SLICE) });
  assert.equal(begun.status, 202);
  const file = new FileUpload(LARGE, "resumed.bin", LARGE.length);
  const known = { url: session.uploadUrl, expiry: new Date(session.expirationDateTime) };

  const task = new LargeFileUploadTask(client, file, known, { rangeSize: SLICE });
  await task.resume();

  const [, bytes] = await stored("/up/resumed.bin");
  assert.ok(bytes.equals(LARGE));
});
