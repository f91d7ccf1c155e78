import { setTimeout as pause } from 'node:timers/promises';
import type { ChatPiece } from '../faults/system/act.ts';
import type { Keys } from '../faults/system/api.ts';
import { chatOf, type PlannedChat } from './scenario.ts';

const readTimeoutMs = 10_000;

/** A streamed chat as its client saw it. */
export interface ChatSeen {
  readonly planned: PlannedChat;
  readonly pieces: readonly ChatPiece[];
  /** The stream said that it is whole. */
  readonly done: boolean;
  /**
   * `unreachable`: no answer at all; `refused`: an answer without a stream; `error`: a stream that ended with an error;
   * `cut`: one that broke off; `left`: the client went.
   */
  readonly end: 'done' | 'unreachable' | 'refused' | 'error' | 'cut' | 'left' | 'ended-without-a-word';
}

/** A client that chats, one stream after the other, whatever becomes of them. */
export async function chatter(
  parts: { readonly seed: number; readonly keys: Keys; readonly ending: AbortSignal },
  lane: number,
): Promise<ChatSeen[]> {
  const seen: ChatSeen[] = [];
  for (let number = 0; !parts.ending.aborted; number++) {
    const planned = chatOf(parts.seed, lane, number);
    seen.push(await chat(parts.keys, planned));
    await pause(planned.pauseMs);
  }
  return seen;
}

async function chat({ url, apiKey }: Keys, planned: PlannedChat): Promise<ChatSeen> {
  const leave = new AbortController();
  const reading = new Reading(planned, () => leave.abort());
  try {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'sim',
        stream: true,
        messages: [{ role: 'user', content: JSON.stringify(planned.act) }],
      }),
      signal: AbortSignal.any([leave.signal, AbortSignal.timeout(readTimeoutMs)]),
    });
    reading.otherwise = response.status === 200 ? 'cut' : 'refused';
    const decoder = new TextDecoder();
    if (response.status === 200)
      for await (const bytes of response.body!) reading.take(decoder.decode(bytes, { stream: true }));
    else await response.body?.cancel();
    if (response.status === 200) reading.otherwise = 'ended-without-a-word';
  } catch (error) {
    if (error instanceof SyntaxError) throw error; // a piece that is no JSON: not the network's fault
    if (leave.signal.aborted) reading.otherwise = 'left';
  }
  return reading.ended();
}

/** Takes a stream of server-sent events apart. */
class Reading {
  /** How it ended unless it said so itself. */
  otherwise: ChatSeen['end'] = 'unreachable';
  readonly #planned: PlannedChat;
  readonly #leave: () => void;
  readonly #pieces: ChatPiece[] = [];
  #rest = '';
  #said: 'done' | 'error' | undefined;

  constructor(planned: PlannedChat, leave: () => void) {
    this.#planned = planned;
    this.#leave = leave;
  }

  take(text: string): void {
    const events = (this.#rest + text).split('\n\n');
    this.#rest = events.pop()!;
    for (const event of events) this.#event(event.replace(/^data: /, ''));
  }

  #event(data: string): void {
    if (data === '[DONE]') return void (this.#said = 'done');
    const value = JSON.parse(data) as ChatPiece | { error: unknown };
    if ('error' in value) return void (this.#said = 'error');
    this.#pieces.push(value);
    if (this.#pieces.length === this.#planned.leaveAfter) this.#leave();
  }

  ended(): ChatSeen {
    const end = this.#said ?? this.otherwise;
    return { planned: this.#planned, pieces: this.#pieces, done: this.#said === 'done', end };
  }
}
