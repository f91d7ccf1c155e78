import { setTimeout as wait } from 'node:timers/promises';
import { formatDurationMs, type OutputOf } from '@reeve/kernel';
import { type Client, type KnownOperation, operations, RemoteError } from '@reeve/sdk';
import type { ConnectionFlags } from '../connection.ts';
import type { Session } from '../session.ts';
import type { Terminal } from '../terminal.ts';
import { tableOf } from '../views/table.ts';

export interface StatusFlags extends ConnectionFlags {
  readonly json?: boolean;
  readonly watch?: boolean;
}

type Status = OutputOf<Extract<KnownOperation, { name: 'hub.status' }>>;
type Agent = OutputOf<Extract<KnownOperation, { name: 'agents.show' }>>;

const refreshMs = 1_000;
const agentsShown = 20;
const showStatus = operations.find(({ name }) => name === 'hub.status')!;

/** `reeve status`: the hub on one screen; with `--watch` until it is interrupted. */
export async function status(session: Session, flags: StatusFlags): Promise<void> {
  const client = await session.connect(flags, 'user');
  const { terminal } = session;
  const onScreen = flags.watch === true && flags.json !== true && terminal.columns !== undefined;
  do {
    const text = flags.json ? JSON.stringify(await client.invoke(showStatus, {})) : await screen(session, client);
    // Home, then what is there, then clear the rest: clearing first would flicker.
    terminal.print(onScreen ? `\u001b[H${text.replaceAll('\n', '\u001b[K\n')}\u001b[K\n\u001b[J` : text);
    if (flags.watch) await wait(refreshMs);
  } while (flags.watch);
}

async function screen({ terminal, connection }: Session, client: Client): Promise<string> {
  const answer = (await client.invoke(showStatus, {})) as Status;
  const agents = await agentsOf(client);
  const { bold, dim } = terminal.colours;
  const head = `${bold('reeve')} ${answer.version} ${dim(connection!.url)}`;
  const lines = [head, '', ...factLines(answer, terminal)];
  if (agents.length > 0) lines.push('', agentTable(agents, terminal));
  return lines.join('\n');
}

function factLines({ tasks, load, agents, slots, ...status }: Status, { colours }: Terminal): string[] {
  const { database, oldestWaitingMs } = status;
  const running = `up ${formatDurationMs(Date.now() - status.startedAtMs)}`;
  const stored = database.writable ? 'writable' : colours.red(`not writable: ${database.reason ?? 'unknown'}`);
  const oldest = tasks.waiting > 0 ? ` (oldest ${formatDurationMs(oldestWaitingMs)})` : '';
  const rows: [string, string][] = [
    ['hub', `${running}, ${database.kind} ${stored}`],
    ['slots', `${slots.busy} of ${slots.total} busy ${bar(slots.busy, slots.total)}`],
    ['tasks', `${tasks.leased} running, ${tasks.waiting} waiting${oldest}, ${tasks.delayed} delayed`],
    ['load', loadLine(load, colours)],
    ['agents', counts(agents)],
  ];
  return rows.map(([name, value]) => `${colours.dim(name.padEnd(6))} ${value}`.trimEnd());
}

function loadLine({ share, maxLiveTasks, lowWork }: Status['load'], { yellow, red }: Terminal['colours']): string {
  const consequence = { taken: '', deferred: yellow(', low work waits'), shed: red(', low work is refused') }[lowWork];
  return `${Math.round(share * 100)} % of ${maxLiveTasks} tasks${consequence}`;
}

function counts(numbers: Readonly<Record<string, number>>): string {
  return Object.entries(numbers)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
}

function bar(part: number, whole: number): string {
  const width = 20;
  const filled = whole === 0 ? 0 : Math.round((part / whole) * width);
  return '█'.repeat(filled) + '░'.repeat(width - filled);
}

/** A key may see the status and yet not the agents. */
async function agentsOf(client: Client): Promise<Agent[]> {
  try {
    return (await client.agents.list({ limit: agentsShown })).items;
  } catch (error) {
    if (error instanceof RemoteError && (error.status === 403 || error.status === 404)) return [];
    throw error;
  }
}

function agentTable(agents: readonly Agent[], { colours, columns }: Terminal): string {
  const context = { nowMs: Date.now(), colours };
  const items = agents.map((agent) => ({ ...agent, busy: `${agent.leases}/${agent.slots}` }));
  const fields = ['name', 'state', 'busy', 'capabilities', 'lastSeenAtMs'];
  return tableOf(fields, items, context, columns);
}
