import type { OutputOf } from '@reeve/kernel';
import type { Client, KnownOperation } from '@reeve/sdk';
import type { ConnectionFlags } from '../connection.ts';
import { UsageError } from '../errors.ts';
import type { Session } from '../session.ts';
import { cellOf, visible } from '../views/cell.ts';

export interface EventFlags extends ConnectionFlags {
  readonly after?: string;
  readonly subject?: string;
  readonly type?: string;
  readonly follow?: boolean;
  readonly json?: boolean;
}

type Event = OutputOf<Extract<KnownOperation, { name: 'events.list' }>>['items'][number];

/** `reeve events`: the log so far, and with `--follow` what happens from now on; one line for each event. */
export async function events(session: Session, flags: EventFlags): Promise<void> {
  const client = await session.connect(flags, 'user');
  for await (const event of eventsOf(client, flags)) {
    session.terminal.print(flags.json ? JSON.stringify(event) : lineOf(event, session));
  }
}

function eventsOf(client: Client, flags: EventFlags): AsyncGenerator<Event> {
  const { subject, type } = flags;
  const filter = { ...(subject === undefined ? {} : { subject }), ...(type === undefined ? {} : { type }) };
  if (!flags.follow) return logOf(client, positionOf(flags.after ?? '0'), filter);
  return client.follow({ ...filter, ...(flags.after === undefined ? {} : { after: positionOf(flags.after) }) });
}

function positionOf(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw UsageError.error(`--after takes the position of an event, a whole number, not ${JSON.stringify(text)}`);
}

async function* logOf(client: Client, from: number, filter: object): AsyncGenerator<Event> {
  for (let after = from; ;) {
    const { items, nextAfter } = await client.events.list({ ...filter, after, limit: 1_000 });
    yield* items;
    if (nextAfter <= after) return;
    after = nextAfter;
  }
}

function lineOf({ position, atMs, type, subject, data }: Event, { terminal }: Session): string {
  const { dim, cyan } = terminal.colours;
  const time = new Date(atMs).toISOString().slice(11, 23);
  const facts = cellOf('', data, { nowMs: Date.now(), colours: terminal.colours });
  return `${dim(String(position).padStart(6))} ${dim(time)} ${cyan(visible(type))} ${visible(subject)} ${facts}`.trimEnd();
}
