/** The command against a real hub. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ended, Workplace } from './workplace.ts';

let place: Workplace;
beforeAll(async () => {
  place = new Workplace();
  await place.startHub();
});
afterAll(() => place[Symbol.asyncDispose]());

interface Agent {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly slots: number;
}
interface Task {
  readonly id: string;
  readonly state: string;
  readonly output?: unknown;
}

const online = /"state":"online"/;

function startAgent(name: string, capability: string, ...command: string[]) {
  return place.start(
    ['agents', 'run', '--name', name, '--capability', capability, '--slots', '2', '--', ...command],
    online,
  );
}

describe('agents', () => {
  test('[HB-01] are registered, listed, shown, updated, paused, resumed, drained and removed', async () => {
    const registered = await place.json<Agent>(
      'agents',
      'register',
      '--name',
      'paper',
      '--capability',
      'pdf.read=0.9',
      '--slots',
      '4',
    );
    const { id } = registered;
    expect(registered).toMatchObject({
      name: 'paper',
      state: 'offline',
      slots: 4,
      capabilities: [{ name: 'pdf.read', proficiency: 0.9 }],
    });
    expect(await place.json('agents', 'update', id, '--slots', '6', '--label', 'team=search')).toMatchObject({
      slots: 6,
    });
    expect(await place.json('agents', 'pause', id)).toMatchObject({ state: 'paused' });
    expect(await place.json('agents', 'resume', id)).toMatchObject({ state: 'offline' });
    expect(await place.json('agents', 'show', id)).toMatchObject({ id, labels: { team: 'search' } });
    const { stdout } = await place.reeve(['agents', 'list']);
    expect(stdout).toMatch(/^name +state +capabilities/);
    expect(stdout).toMatch(/^paper +offline +pdf\.read 0\.9/m);
    expect(await place.json('agents', 'remove', id)).toMatchObject({ id, name: 'paper' });
    const gone = await place.reeve(['agents', 'show', id]);
    expect(gone.code).toBe(5);
    expect(gone.stderr).toContain('(not_found)');
  });

  test('[FD-01] what is not valid is refused with the path of each fault', async () => {
    const { code, stderr } = await place.reeve(['agents', 'register', '--name', 'x', '--capability', 'admin=1.2']);
    expect(code).toBe(2);
    expect(stderr).toContain('capabilities.0.name');
    expect(stderr).toContain('capabilities.0.proficiency');
  });

  test('removing one at work needs consent: the plan and the command that gives it are shown', async () => {
    const agent = await startAgent('busy', 'cli.busy', 'sleep', '60');
    await place.json('tasks', 'create', '--requires', 'cli.busy');
    const id = (await place.json<{ items: Agent[] }>('agents', 'list', '--capability', 'cli.busy')).items[0]!.id;
    await expect.poll(() => place.json('agents', 'show', id)).toMatchObject({ leases: 1 });

    const planned = await place.json('agents', 'remove', id, '--dry-run');
    expect(planned).toMatchObject({ operation: 'agents.remove', verdict: 'needsApproval' });
    const refused = await place.reeve(['agents', 'remove', id]);
    expect(refused.code).toBe(6);
    expect(refused.stderr).toContain('remove agent');
    const [, command] = /approve it with: reeve (approvals give \S+ --digest \S+)/.exec(refused.stderr)!;
    expect((await place.reeve(command!.split(' '))).code).toBe(0);
    expect(await place.json('agents', 'remove', id)).toMatchObject({ id, requeuedTasks: 1 });
    await ended(agent);
  });
});

describe('a module of handlers as an agent', () => {
  test('[HB-06] offers what it exports, and checks what it is given', async () => {
    const module = fileURLToPath(new URL('./word-handlers.ts', import.meta.url));
    await place.start(['agents', 'run', '--name', 'words', '--module', module, '--threads', '2'], online);
    const words = (input: string) => ['tasks', 'create', '--requires', 'cli.words', '--input', input, '--wait'];
    expect(await place.json<Task>(...words('{"text":"to be or not"}'))).toMatchObject({ output: { words: 4 } });
    const { code, stdout } = await place.reeve([...words('{}'), '--json']);
    expect(code).toBe(8);
    expect(JSON.parse(stdout)).toMatchObject({ state: 'dead', attempt: 1, error: { code: 'invalid_input' } });
  });

  test('a module without handlers is refused at once, with the reason', async () => {
    const module = fileURLToPath(new URL('./workplace.ts', import.meta.url));
    const { code, stderr } = await place.reeve(['agents', 'run', '--name', 'none', '--module', module]);
    expect(code).toBe(2);
    expect(stderr).toContain('exports no handler');
  });
});

describe('a command as an agent', () => {
  beforeAll(() => startAgent('counter', 'cli.count=0.9', 'wc', '-w'));

  test('[HB-09] gets tasks; --wait shows the end and takes it for the exit code', async () => {
    const words = ['tasks', 'create', '--requires', 'cli.count=0.5', '--input', '"to be or not"', '--wait'];
    const { code, stdout } = await place.reeve([...words, '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ state: 'succeeded', output: 4 });
    const forPeople = await place.reeve(words);
    expect(forPeople.stdout).toMatch(/^output +4$/m);
    expect(forPeople.stdout).not.toMatch(/\u001b/);
  });

  test('input comes from standard input or a file', async () => {
    const words = ['tasks', 'create', '--requires', 'cli.count', '--wait', '--json', '--input'];
    const piped = await place.reeve([...words, '-'], '"one two"');
    expect(JSON.parse(piped.stdout)).toMatchObject({ output: 2 });
    writeFileSync(join(place.folder, 'input.json'), '"one two three"');
    const fromFile = await place.reeve([...words, '@input.json']);
    expect(JSON.parse(fromFile.stdout)).toMatchObject({ output: 3 });
  });

  test('thousands are submitted from a file or a pipe, and the ids come in their order', async () => {
    const lines = Array.from({ length: 12_000 }, (_, n) =>
      JSON.stringify({ kind: `n${n}`, requires: [{ name: 'cli.bulk' }], allowUnknown: true }),
    );
    const { code, stdout, stderr } = await place.reeve(['tasks', 'createMany', '-'], lines.join('\n'));
    expect(code).toBe(0);
    const ids = stdout.trim().split('\n');
    expect(new Set(ids).size).toBe(12_000);
    expect(stderr).toContain('12000 tasks submitted');
    expect(await place.json('tasks', 'show', ids[11_999]!)).toMatchObject({ kind: 'n11999' });

    writeFileSync(
      join(place.folder, 'tasks.json'),
      JSON.stringify([JSON.parse(lines[0]!), JSON.parse(lines[1]!)], null, 2),
    );
    const again = ['tasks', 'create-many', 'tasks.json', '--idempotency-key', 'once'];
    const first = await place.reeve(again);
    expect(first.stdout.trim().split('\n')).toHaveLength(2);
    expect((await place.reeve(again)).stdout).toBe(first.stdout);
  });

  test.each([
    ['a line that is no task', '{"requires":[]}\nnot json', 'line 2'],
    ['no tasks at all', '"hello"', 'expected tasks'],
  ])('%s is named', async (_, input, hint) => {
    const { code, stderr } = await place.reeve(['tasks', 'createMany', '-'], input);
    expect(code).toBe(2);
    expect(stderr).toContain(hint);
  });

  test('a file that is not there is named', async () => {
    const { code, stderr } = await place.reeve(['tasks', 'createMany', 'nowhere.json']);
    expect(code).toBe(2);
    expect(stderr).toContain('nowhere.json');
  });

  test('the key of an agent is not among the arguments of any process', async () => {
    const { url, apiKey } = place.credentials();
    const words = [
      'agents',
      'run',
      '--name',
      'shy',
      '--capability',
      'cli.shy',
      '--url',
      url,
      '--key',
      apiKey,
      '--',
      'cat',
    ];
    const agent = await place.start(words, online);
    const children = readFileSync(`/proc/${agent.pid}/task/${agent.pid}/children`, 'utf8').trim().split(' ');
    expect(children[0]).not.toBe('');
    for (const pid of children) expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).not.toContain(apiKey);
  });

  test('[FD-03] its command has the PATH of its shell, and no key', async () => {
    const tool = join(place.folder, 'show-environment');
    writeFileSync(tool, `#!${process.execPath}\nconsole.log(JSON.stringify(process.env));`, { mode: 0o755 });
    const words = ['agents', 'run', '--name', 'env', '--capability', 'cli.env', '--', 'show-environment'];
    const path = `${place.folder}:${process.env['PATH']}`;
    const { apiKey } = place.credentials();
    await place.start(words, online, { PATH: path, REEVE_API_KEY: apiKey, OPENAI_API_KEY: 'canary' });
    const task = await place.json<Task>('tasks', 'create', '--requires', 'cli.env', '--wait');
    expect(task.output).toMatchObject({ PATH: path, REEVE_TASK_ID: task.id, REEVE_CAPABILITY: 'cli.env' });
    expect(JSON.stringify(task.output)).not.toContain('canary');
    expect(JSON.stringify(task.output)).not.toContain(apiKey);
  });

  test('[FD-08 sigterm] ends in order on SIGTERM, with exit code 0', async () => {
    const agent = await startAgent('leaver', 'cli.leave', 'cat');
    expect(await ended(agent)).toBe(0);
  });

  test('[FD-08 sigint] ends in order on SIGINT, with exit code 0', async () => {
    const agent = await startAgent('leaver', 'cli.leave', 'cat');
    expect(await ended(agent, 'SIGINT')).toBe(0);
  });
});

describe('tasks', () => {
  const nobody = ['tasks', 'create', '--requires', 'cli.nobody', '--allow-unknown'];

  test('[HB-02 nearest] a capability nobody has is refused with those it could have been', async () => {
    await startAgent('spelling', 'cli.extract', 'cat');
    const { code, stderr } = await place.reeve(['tasks', 'create', '--requires', 'cli.extrac']);
    expect(code).toBe(2);
    expect(stderr).toContain('cli.extract');
  });

  test('are shown, listed by state, explained and cancelled', async () => {
    const { id } = await place.json<Task>(...nobody, '--kind', 'lonely', '--priority', 'high', '--label', 'a=b');
    expect(await place.json('tasks', 'show', id)).toMatchObject({
      state: 'queued',
      kind: 'lonely',
      labels: { a: 'b' },
    });
    const { items } = await place.json<{ items: Task[] }>('tasks', 'list', '--state', 'queued', '--kind', 'lonely');
    expect(items.map((task) => task.id)).toEqual([id]);
    expect((await place.reeve(['tasks', 'explain', id])).stdout).toMatch(/^summary +\S/m);
    expect(await place.json('tasks', 'cancel', id, '--reason', 'changed my mind')).toMatchObject({
      state: 'cancelled',
    });
    const again = await place.reeve(['tasks', 'cancel', id]);
    expect(again.code).toBe(6);
    expect(again.stderr).toContain('(task_ended)');
  });

  test('pages say how to go on', async () => {
    const { stderr } = await place.reeve(['tasks', 'list', '--limit', '1']);
    const [, cursor] = /--cursor (\S+)/.exec(stderr)!;
    expect((await place.reeve(['tasks', 'list', '--limit', '1', '--cursor', cursor!])).code).toBe(0);
  });

  test('[HB-09 dead-letters replay] one that fails for good is exit code 8, lies with the dead, and can be replayed', async () => {
    await startAgent('failing', 'cli.fail', 'sh', '-c', 'echo no such page >&2; exit 3');
    const { code, stdout } = await place.reeve(['tasks', 'create', '--requires', 'cli.fail', '--wait']);
    expect(code).toBe(8);
    expect(stdout).toContain('no such page');
    const { items } = await place.json<{ items: Task[] }>(
      'tasks',
      'list',
      '--state',
      'dead',
      '--capability',
      'cli.fail',
    );
    expect(await place.json('tasks', 'replay', items[0]!.id)).toMatchObject({ id: items[0]!.id });
  });

  test('one that is cancelled or expires while it is waited for has an exit code of its own', async () => {
    const expired = await place.reeve([...nobody, '--deadline-at-ms', '+3s', '--wait']);
    expect(expired.code).toBe(9);
    const waiting = place.reeve([...nobody, '--kind', 'to-cancel', '--wait']);
    const found = () => place.json<{ items: Task[] }>('tasks', 'list', '--kind', 'to-cancel');
    await expect.poll(async () => (await found()).items.length).toBe(1);
    await place.json('tasks', 'cancel', (await found()).items[0]!.id);
    expect((await waiting).code).toBe(130);
  });
});

describe('keys and audit', () => {
  test('a key is shown once, works for what it may, and is refused once revoked', async () => {
    const created = await place.reeve(['keys', 'create', '--name', 'reader', '--permission', 'tasks:read']);
    const [key] = /rv_\S+/.exec(created.stdout)!;
    expect(created.stderr).toContain('shown this once');
    const { url } = place.credentials();
    const asReader = ['--url', url, '--key', key];
    expect((await place.reeve(['tasks', 'list', ...asReader])).code).toBe(0);
    const forbidden = await place.reeve(['tasks', 'create', '--requires', 'x', ...asReader]);
    expect(forbidden.code).toBe(3);
    expect(forbidden.stderr).toContain('(forbidden)');

    const id = /^id +(\S+)/m.exec(created.stdout)![1]!;
    expect(await place.json('keys', 'revoke', id)).toMatchObject({ state: 'revoked' });
    const revoked = await place.reeve(['tasks', 'list', ...asReader]);
    expect(revoked.code).toBe(3);
    expect(revoked.stderr).toContain('(unauthenticated)');
  });

  test('the audit log tells who did what, and verifies', async () => {
    const { items } = await place.json<{ items: Array<{ operation: string }> }>(
      'audit',
      'list',
      '--operation',
      'keys.create',
    );
    expect(items.length).toBeGreaterThan(0);
    const { code, stdout } = await place.reeve(['audit', 'verify']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ok +yes$/m);
    await place.json('audit', 'export-head');
    const kept = join(place.folder, 'copy.jsonl');
    const exported = readFileSync(join(place.folder, '.reeve', 'audit-heads.jsonl'), 'utf8');
    writeFileSync(kept, exported);
    expect(await place.json('audit', 'verify', '--heads', kept)).toMatchObject({ ok: true });
    writeFileSync(kept, exported.replace(/"sequence":\d+/, '"sequence":1'));
    const forged = await place.reeve(['audit', 'verify', '--heads', kept]);
    expect([forged.code, forged.stderr]).toEqual([2, expect.stringContaining('head_not_genuine')]);
  });
});

describe('people', () => {
  const loginFile = () => join(place.folder, 'reeve', 'logins.json');

  test('[FD-04 refresh] log in, share a login among commands that renew it at the same moment, and log out', async () => {
    const made = await place.json<{ password: string }>('users', 'create', '--name', 'ada', '--role', 'member');
    const wrong = await place.reeve(['login', '--name', 'ada'], 'not the password\n');
    expect([wrong.code, wrong.stderr]).toEqual([3, expect.stringContaining('login_refused')]);
    const login = await place.reeve(['login', '--name', 'ada'], `${made.password}\na password of my own\n`);
    expect([login.code, login.stderr]).toEqual([0, expect.stringMatching(/logged in at .* as ada, member/)]);
    expect(login.stdout + login.stderr).not.toContain(made.password);
    expect(statSync(loginFile()).mode & 0o777).toBe(0o600);
    const self = { name: 'ada', role: 'member', mustReplacePassword: false };
    expect(await place.json('sessions', 'show')).toMatchObject(self);
    const kept = readFileSync(loginFile(), 'utf8');
    writeFileSync(loginFile(), kept.replace(/"accessExpiresAtMs":\d+/, '"accessExpiresAtMs":0'));
    const show = () => place.reeve(['sessions', 'show', '--json']); // processes: they meet only in the file
    const both = await Promise.all([show(), show()]);
    for (const { stdout } of both) expect(JSON.parse(stdout)).toMatchObject(self);
    expect(readFileSync(loginFile(), 'utf8')).not.toBe(kept);
    expect((await place.reeve(['logout'])).code).toBe(0);
    expect(JSON.parse(readFileSync(loginFile(), 'utf8'))).toEqual({});
    expect((await place.reeve(['sessions', 'show'])).code, 'the key of a user again').not.toBe(0);
  });
});

describe('the hub', () => {
  test('its state is one screen, or one line of JSON', async () => {
    const { stdout } = await place.reeve(['status']);
    expect(stdout).toMatch(/^hub +up .*sqlite writable$/m);
    expect(stdout).toMatch(/^counter +online/m);
    expect(await place.json('status')).toMatchObject({ database: { writable: true } });
  });

  test('its events are lines; --follow goes on with what happens', async () => {
    const { stdout } = await place.reeve(['events', '--type', 'agent.registered', '--json']);
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; position: number });
    expect(events.length).toBeGreaterThan(1);
    expect(new Set(events.map(({ type }) => type))).toEqual(new Set(['agent.registered']));

    // From a position it misses nothing, however late the reader is there.
    const { id } = await place.json<Task>('tasks', 'create', '--requires', 'cli.nobody', '--allow-unknown');
    const from = ['--after', `${events.at(-1)!.position}`, '--subject', `task:${id}`];
    const following = place.start(['events', '--follow', ...from], /task\.cancelled/);
    await place.json('tasks', 'cancel', id);
    await following;
  });

  test('a chat through a pipe is one question and its answer', async () => {
    await place.start(['node', '--mini', '--name', 'toy'], online);
    const { code, stdout, stderr } = await place.reeve(['chat'], 'What is Reeve?\n');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.trim().length).toBeGreaterThan(20);
    const unknown = await place.reeve(['chat', '--model', 'gpt-99'], 'hi');
    expect(unknown.code).toBe(5);
    expect(unknown.stderr).toContain('gpt-99');
  });

  test('its configuration is shown with where each value is from', async () => {
    const { code, stdout } = await place.reeve(['config', 'show']);
    expect(code).toBe(0);
    expect(stdout).toContain('leaseTtlMs');
  });
});
