import { text } from 'node:stream/consumers';
import { NotFound } from '@reeve/kernel';
import type { Client } from '@reeve/sdk';
import type { ConnectionFlags } from '../connection.ts';
import type { Session } from '../session.ts';
import { converse } from './conversation.ts';
import { safeText } from './safe-text.ts';
import { takeTurn } from './turn.ts';

export interface ChatFlags extends ConnectionFlags {
  readonly model?: string;
  readonly system?: string;
}

/** `reeve chat`: a conversation on a terminal; with something piped in, one question and its answer. */
export async function chat(session: Session, flags: ChatFlags): Promise<void> {
  const client = await session.connect(flags, 'user');
  const model = flags.model ?? (await firstModel(client));
  if (process.stdin.isTTY) return converse(session, client, { model, system: flags.system });
  return answerOnce(session, client, model, flags.system);
}

async function firstModel(client: Client): Promise<string> {
  const { data } = await client.models.list();
  const model = data.find(({ nodes }) => nodes > 0) ?? data[0];
  if (model === undefined) throw NotFound.error('no node serves a model now; start one with: reeve node --mini');
  return model.id;
}

async function answerOnce({ terminal }: Session, client: Client, model: string, system: string | undefined) {
  const question = (await text(process.stdin)).trim();
  if (question === '') return;
  const messages = [
    ...(system === undefined ? [] : [{ role: 'system' as const, content: system }]),
    { role: 'user' as const, content: question },
  ];
  const write = (piece: string) => void process.stdout.write(safeText(piece));
  await takeTurn(client, { model, messages }, write, new AbortController().signal);
  terminal.print('');
}
