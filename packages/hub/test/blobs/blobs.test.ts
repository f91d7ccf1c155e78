import { createHash } from 'node:crypto';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { rawAgent, startAgent } from '../kit/agents.ts';
import { holdDatabase } from '../kit/hold-database.ts';
import { sharedHub, startHub, type HubUnderTest } from '../kit/start-hub.ts';
import { submit } from '../kit/tasks.ts';
import { ended, eventually } from '../kit/waiting.ts';

const hub = sharedHub();
const sha256 = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex');
const filesOf = ({ home }: Pick<HubUnderTest, 'home'>) => readdirSync(join(home, 'blobs'));
const signal = () => new AbortController().signal;

async function sent(under: HubUnderTest, path: string, init: RequestInit, key = under.key) {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/octet-stream' };
  const response = await fetch(under.url + path, { headers, ...init });
  const text = await response.text();
  // eslint-disable-next-line typescript/no-explicit-any
  return { status: response.status, text, body: (text.startsWith('{') ? JSON.parse(text) : undefined) as any };
}

describe('a content', () => {
  test('comes back as it went in, after a restart too, and its own tenant alone can get it', async () => {
    const first = await startHub();
    const content = Buffer.alloc(1_000_000, 'the corpus ');
    const blob = await first.client.blobs.put(content);
    expect(blob).toMatchObject({ digest: sha256(content), sizeBytes: 1_000_000 });
    await first.stop();
    const second = await startHub({ after: first });
    expect(Buffer.from(await second.client.blobs.get(blob.digest)).equals(content)).toBe(true);
    expect((await second.client.blobs.list()).items).toMatchObject([{ digest: blob.digest }]);
    const stranger = await second.keyOf('other', 'tasks:*');
    for (const path of [`/v1/blobs/${blob.digest}`, `/v1/blobs/${blob.digest}/content`])
      expect(await sent(second, path, {}, stranger)).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });

  test('put in by many at once is one blob and one file', async () => {
    const before = filesOf(hub()).length;
    const all = await Promise.all(Array.from({ length: 8 }, () => hub().client.blobs.put('the same eight times')));
    expect(new Set(all.map(({ digest }) => digest)).size).toBe(1);
    expect(filesOf(hub())).toHaveLength(before + 1);
    expect(Buffer.from(await hub().client.blobs.get(all[0]!.digest)).toString()).toBe('the same eight times');
  });

  test('that is not the announced one is refused, and nothing stays', async () => {
    const before = filesOf(hub());
    const answer = await sent(hub(), `/v1/blobs?digest=${'0'.repeat(64)}`, { method: 'POST', body: 'something else' });
    expect(answer).toMatchObject({ status: 422, body: { code: 'blob_mismatch' } });
    expect(filesOf(hub())).toEqual(before);
  });

  test('whose row cannot be written is refused, and its file does not stay', async () => {
    const own = await startHub({ busyTimeoutMs: 200 });
    const letGo = await holdDatabase(own);
    const answer = await sent(own, '/v1/blobs', { method: 'POST', body: 'no place for it' });
    expect(answer).toMatchObject({ status: 503, body: { code: 'storage_unavailable' } });
    expect(filesOf(own)).toEqual([]);
    letGo();
    await eventually(async () => (await sent(own, '/v1/blobs', { method: 'POST', body: 'now' })).status < 300);
    expect(filesOf(own)).toHaveLength(1);
  });

  test('that is too large is refused, whether or not its length is said', async () => {
    const before = filesOf(hub());
    const large = new Uint8Array(hub().settings.blobLimitBytes + 1);
    expect(await sent(hub(), '/v1/blobs', { method: 'POST', body: large })).toMatchObject({ status: 413 });
    const streamed = hub().client.blobs.put(new Blob([large]).stream());
    await expect(streamed).rejects.toMatchObject({ code: 'too_large' });
    expect(filesOf(hub())).toEqual(before);
  });

  test('whose sender goes away in the middle leaves nothing', async () => {
    const before = filesOf(hub());
    const headers = { authorization: `Bearer ${hub().key}`, 'content-length': '1000000' };
    const cut = request(`${hub().url}/v1/blobs`, { method: 'POST', headers }).on('error', () => {});
    cut.write(Buffer.alloc(200_000));
    await eventually(() => filesOf(hub()).length > before.length);
    cut.destroy();
    await eventually(() => filesOf(hub()).length === before.length);
    expect(hub().logged('a request met a defect')).toBe(false);
  });

  test('a disk that does not take it is told so, and a digest that is none is no path', async () => {
    const broken = await startHub();
    rmSync(join(broken.home, 'blobs'), { recursive: true });
    expect(await sent(broken, '/v1/blobs', { method: 'POST', body: 'x' })).toMatchObject({ status: 503 });
    expect(await sent(broken, '/v1/blobs/..%2freeve.db/content', {})).toMatchObject({ status: 422 });
  });

  test('files that no blob names are removed at the next start', async () => {
    const first = await startHub();
    const { digest } = await first.client.blobs.put('kept');
    await first.stop();
    writeFileSync(join(first.home, 'blobs', '01234567-89ab-4cde-8f01-23456789abcd'), 'cut off by a crash');
    const second = await startHub({ after: first });
    expect(filesOf(second)).toHaveLength(1);
    expect(Buffer.from(await second.client.blobs.get(digest)).toString()).toBe('kept');
  });
});

describe('a task that refers to one', () => {
  test('has its agent get it, under the lease and only then', async () => {
    const { digest } = await hub().client.blobs.put('seven words are in this very text');
    await startAgent(
      hub(),
      async (input, { blob }) => {
        const content = await blob((input as { text: { $blob: string } }).text);
        return new TextDecoder().decode(content).split(' ').length;
      },
      { offer: { name: 'words', capabilities: [{ name: 'words' }] } },
    );
    const id = await submit(hub(), { requires: [{ name: 'words' }], input: { text: { $blob: digest } } });
    expect(await ended(hub(), id)).toMatchObject({ state: 'succeeded', output: 7 });
  });

  test('an agent without the lease, of another tenant, or for another content is refused', async () => {
    const [{ digest }, other] = await Promise.all([hub().client.blobs.put('one'), hub().client.blobs.put('another')]);
    const agent = await rawAgent(hub(), { name: 'holder', capabilities: [{ name: 'hold' }] });
    const id = await submit(hub(), { requires: [{ name: 'hold' }], input: { $blob: digest } });
    const { fence } = await agent.next('lease');
    const path = (under: number, of: string) => `/v1/leases/${under}/tasks/${id}/blobs/${of}`;
    expect(await sent(hub(), path(fence, digest), {})).toMatchObject({ status: 200, text: 'one' });
    expect(await sent(hub(), path(fence, other.digest), {})).toMatchObject({ status: 404 });
    expect(await sent(hub(), path(fence + 1, digest), {})).toMatchObject({ status: 409, body: { code: 'lease_lost' } });
    const stranger = await hub().keyOf('other', 'agents:connect');
    expect(await sent(hub(), path(fence, digest), {}, stranger)).toMatchObject({ body: { code: 'lease_lost' } });
    await hub().client.tasks.cancel({ id });
    expect(await sent(hub(), path(fence, digest), {})).toMatchObject({ body: { code: 'lease_lost' } });
  });

  test('[HB-08 at-least-once] is refused when there is no such content, and while it lives the content stays', async () => {
    const young = await startHub({ settings: { blobRetentionMs: 0 } });
    const { digest } = await young.client.blobs.put('referred to');
    const id = await submit(young, { input: { $blob: digest } });
    await expect(young.client.blobs.remove({ digest })).rejects.toMatchObject({ code: 'blob_in_use' });
    expect(await young.hub.removeOldBlobs(signal())).toBe(0);
    await young.client.tasks.cancel({ id });
    await eventually(
      () => young.hub.removeOldBlobs(signal()),
      (removed) => removed === 1,
    );
    expect(filesOf(young)).toEqual([]);
    await expect(submit(young, { input: [{ $blob: digest }] })).rejects.toMatchObject({ code: 'unknown_blob' });
    await expect(submit(young, { input: { $blob: 'nonsense' } })).rejects.toMatchObject({ code: 'invalid_input' });
  });
});
