import type { ChatMessage, Client } from '@reeve/sdk';

/** One answer of the model, as far as it came. */
export interface Turn {
  readonly text: string;
  readonly tokens: number;
  /** From the first token on: what the model's speed is, without the wait before. */
  readonly tokensPerSecond: number | undefined;
  /** Why it ended: `stop`, `length` …, or `stopped` by the user. */
  readonly ended: string;
}

/**
 * Asks the model and hands on the text as it comes. A stop by `signal` is an end, not an error: what came is kept.
 * @throws RemoteError, ReeveError
 */
export async function takeTurn(
  client: Client,
  request: { readonly model: string; readonly messages: readonly ChatMessage[] },
  write: (text: string) => void,
  signal: AbortSignal,
): Promise<Turn> {
  let text = '';
  let pieces = 0;
  let tokens: number | undefined;
  let ended = 'stop';
  let firstAtMs: number | undefined;
  try {
    for await (const { choices, usage } of client.streamChat(request, { signal })) {
      const piece = choices[0]?.delta?.content ?? '';
      ended = choices[0]?.finish_reason ?? ended;
      tokens = usage?.completion_tokens ?? tokens;
      if (piece === '') continue;
      firstAtMs ??= performance.now();
      pieces++;
      text += piece;
      write(piece);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    ended = 'stopped';
  }
  // A node that does not count is taken to send one token in each piece.
  const counted = tokens ?? pieces;
  return { text, tokens: counted, tokensPerSecond: speedOf(counted, firstAtMs), ended };
}

function speedOf(tokens: number, firstAtMs: number | undefined): number | undefined {
  if (firstAtMs === undefined || tokens < 2) return undefined;
  return ((tokens - 1) * 1_000) / Math.max(1, performance.now() - firstAtMs);
}
