import { appendFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { systemClock } from '@reeve/kernel';
import type { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { AuditHeads, listAudit, newHeadKeyText, parseHeadKeys } from '../../src/audit/index.ts';
import type { Database } from '../../src/database/index.ts';
import { noteAudit, openTemporary, temporaryFolder } from '../database/temporary-database.ts';
import { recompute, withRaw } from './tampering.ts';

const keyText = newHeadKeyText();
const keys = parseHeadKeys(keyText, 'key');

interface Installation {
  readonly db: Database;
  readonly path: string;
  readonly headsPath: string;
  readonly heads: AuditHeads;
  record(count: number): Promise<void>;
}

async function installation(): Promise<Installation> {
  const path = join(temporaryFolder(), 'reeve.db');
  const headsPath = join(dirname(path), 'heads.jsonl');
  const db = await openTemporary({ path });
  const record = async (count: number): Promise<void> => {
    await db.commit({ statements: [], audit: Array.from({ length: count }, (_, index) => noteAudit(`n${index}`)) });
  };
  const heads = new AuditHeads({ database: db, clock: systemClock, keys, path: headsPath });
  return { db, path, headsPath, heads, record };
}

test('[FD-14 signed-heads exported] heads are added to a file of their own, one for each time that something had happened', async () => {
  const { heads, headsPath, record } = await installation();
  await record(3);
  const first = await heads.export();
  expect(await heads.export()).toEqual(first);
  await record(2);
  const both = await Promise.all([heads.export(), heads.export()]);
  expect(both[0]).toEqual(both[1]);
  const lines = readFileSync(headsPath, 'utf8').trimEnd().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { sequence: number }).sequence)).toEqual([3, 5]);
  expect(statSync(headsPath).mode & 0o777).toBe(0o600);
  expect(await heads.verify()).toMatchObject({ ok: true, records: 5 });
  appendFileSync(headsPath, '{"sequence": 6, "ha'); // killed while appending
  expect(await heads.verify()).toMatchObject({ ok: true });
});

describe('[FD-14 verify signed-heads] against exported heads is found', () => {
  const cases: Record<string, [(raw: DatabaseSync) => void, object]> = {
    'a record that was changed': [
      (raw) => raw.exec(`UPDATE audit_records SET actor = 'key:other' WHERE sequence = 4`),
      { kind: 'changed', sequence: 4 },
    ],
    'a record that was removed': [
      (raw) => raw.exec('DELETE FROM audit_records WHERE sequence = 4'),
      { kind: 'removed', sequence: 4 },
    ],
    'a record that was inserted at the end': [
      (raw) =>
        raw.exec(`INSERT INTO audit_records SELECT sequence + 1, at_ms, actor, tenant, operation, outcome, target,
        correlation_id, details, hash, hash FROM audit_records WHERE sequence = 10`),
      { kind: 'changed', sequence: 11 },
    ],
    'a tail that was cut off': [
      (raw) => raw.exec('DELETE FROM audit_records WHERE sequence > 6'),
      { kind: 'tailCut', sequence: 7 },
    ],
    'a chain that was computed anew as a whole': [(raw) => recompute(raw, 1), { kind: 'rewritten', sequence: 5 }],
    'everything gone': [(raw) => raw.exec('DELETE FROM audit_records'), { kind: 'tailCut', sequence: 1 }],
  };
  test.each(Object.entries(cases))('%s', async (_, [tamper, fault]) => {
    const { heads, path, record } = await installation();
    await record(5);
    await heads.export();
    await record(5);
    await heads.export();
    withRaw(path, tamper);
    expect(await heads.verify()).toMatchObject({ ok: false, fault });
  });
});

test('[FD-14 signed-heads] a chain that does not fit the newest head is not signed', async () => {
  const { heads, path, headsPath, record } = await installation();
  await record(5);
  await heads.export();
  withRaw(path, (raw) => recompute(raw, 2));
  await record(1);
  await expect(heads.export()).rejects.toMatchObject({ code: 'audit_chain_broken' });
  expect(readFileSync(headsPath, 'utf8').trimEnd().split('\n')).toHaveLength(1);
});

test('[FD-14 signed-heads] a head that the key has not signed counts for nothing', async () => {
  const { heads, headsPath, record, db } = await installation();
  await record(5);
  const head = await heads.export();
  const strange = parseHeadKeys(newHeadKeyText(), 'key').sign(head, head.atMs);
  for (const forged of [{ ...head, sequence: 4 }, { ...head, atMs: 1 }, strange, { ...strange, keyId: head.keyId }])
    await expect(heads.verify([forged])).rejects.toMatchObject({ code: 'head_not_genuine' });
  const rotated = parseHeadKeys(newHeadKeyText() + keyText, 'key');
  const later = new AuditHeads({ database: db, clock: systemClock, keys: rotated, path: headsPath });
  await record(1);
  expect((await later.export()).keyId).not.toBe(head.keyId);
  expect(await later.verify()).toMatchObject({ ok: true, records: 6 });
  writeFileSync(headsPath, 'nonsense\n');
  await expect(heads.verify()).rejects.toMatchObject({ code: 'heads_file_damaged' });
});

describe('[FD-14 retention] records that were kept for long enough', () => {
  test('go up to a head that stands for them, and the rest is still checked', async () => {
    const { heads, path, record, db } = await installation();
    await record(1_200);
    await heads.export();
    await record(10);
    await heads.export();
    expect(await heads.prune(Date.now() - 60_000), 'nothing is old enough').toBe(0);
    expect(await heads.prune(Date.now() + 60_000)).toBe(1_200);
    expect(await heads.prune(Date.now() + 60_000), 'the newest head keeps its record').toBe(0);
    expect((await listAudit(db, { limit: 100 })).items).toHaveLength(10);
    await record(10);
    await heads.export();
    expect(await heads.verify()).toMatchObject({ ok: true, records: 1_220 });
    withRaw(path, (raw) => raw.exec(`UPDATE audit_records SET actor = 'x' WHERE sequence = 1215`));
    expect(await heads.verify()).toMatchObject({ ok: false, fault: { sequence: 1_215 } });
  });

  test('cannot be removed by somebody else: an anchor that is not signed stands for nothing', async () => {
    const { heads, path, record } = await installation();
    await record(10);
    await heads.export();
    withRaw(path, (raw) => {
      raw.exec(`INSERT INTO audit_anchors SELECT 'oldest', sequence, hash, at_ms, 'key', 'signature'
        FROM audit_records WHERE sequence = 5`);
      raw.exec('DELETE FROM audit_records WHERE sequence <= 5');
    });
    await expect(heads.verify()).rejects.toMatchObject({ code: 'head_not_genuine' });
    withRaw(path, (raw) => raw.exec('DELETE FROM audit_anchors'));
    expect(await heads.verify()).toMatchObject({ ok: false, fault: { kind: 'removed', sequence: 1 } });
  });
});

describe('[FD-14 signed-heads] a key is refused', () => {
  test.each([
    ['nothing', ''],
    ['no PEM', 'hello'],
    ['a PEM of nonsense', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----'],
  ])('that is %s', (_, text) => {
    expect(() => parseHeadKeys(text, 'audit.signingKey')).toThrow('audit.signingKey must begin with an Ed25519');
  });
});
