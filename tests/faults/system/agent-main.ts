/**
 * An agent in a process of its own: does what its tasks say, and writes down each run of its handler.
 *
 *     REEVE_URL=… REEVE_API_KEY=… node --conditions=reeve-source agent-main.ts '{"name":"a","slots":2,"capabilities":["act"],"journal":"…"}'
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { connectAgent, type TaskContext } from '@reeve/sdk';
import { permanentCode, retryableCode, type Act, type ActOutput, type ChatAct, type ChatPiece } from './act.ts';
import { Journal, type JournalLine } from './journal.ts';

export interface AgentSettings {
  readonly name: string;
  readonly slots: number;
  readonly capabilities: readonly string[];
  /** Folder for the journal. */
  readonly journal: string;
}

const hangMs = 3_600_000;

class ActFailed extends Error {
  readonly code: string;
  readonly retryable: boolean;
  constructor(code: string, retryable: boolean) {
    super(code);
    this.code = code;
    this.retryable = retryable;
  }
}

const settings = JSON.parse(process.argv[2]!) as AgentSettings;
const journal = new Journal(settings.journal, settings.name);

async function handle(input: unknown, context: TaskContext): Promise<unknown> {
  const { taskId, attempt, fence } = context;
  const execution = randomUUID();
  const note = (what: JournalLine['what']): void =>
    journal.write({ what, execution, taskId, attempt, fence, agent: settings.name });
  note('began');
  try {
    const output = await perform(input, context, execution);
    note('succeeded');
    return output;
  } catch (error) {
    note(error instanceof ActFailed ? 'failed' : 'aborted');
    throw error;
  }
}

function perform(input: unknown, context: TaskContext, execution: string): Promise<unknown> {
  const chat = input as { messages?: readonly { readonly content: string }[] };
  return chat.messages
    ? answerChat(JSON.parse(chat.messages[0]!.content) as ChatAct, context, execution)
    : act(input as Act, context, execution);
}

async function act(
  { number, runMs = 0, blockMs = 0, failures = 0, hangs = 0, permanent = false, chunks = 0 }: Act,
  { attempt, fence, signal, emit, progress }: TaskContext,
  execution: string,
): Promise<ActOutput> {
  for (let index = 0; index < chunks; index++) await emit(`chunk ${index}`);
  progress({ number });
  const blockedUntilMs = performance.now() + blockMs;
  while (performance.now() < blockedUntilMs) continue;
  if (attempt <= hangs) await pause(hangMs, undefined, { signal });
  if (runMs > 0) await pause(runMs, undefined, { signal });
  if (permanent) throw new ActFailed(permanentCode, false);
  if (attempt <= failures) throw new ActFailed(retryableCode, true);
  return { number, execution, fence, attempt };
}

async function answerChat({ chunks, gapMs }: ChatAct, context: TaskContext, execution: string): Promise<object> {
  for (let index = 0; index < chunks; index++) {
    await pause(gapMs, undefined, { signal: context.signal });
    await context.emit(JSON.stringify({ execution, index, of: chunks } satisfies ChatPiece));
  }
  return { streamed: true, chunks, finishReason: 'stop', usage: null, firstTokenMs: gapMs, durationMs: chunks * gapMs };
}

// Before it is connected there is nothing to finish. One listener for both times: a signal that comes while one is
// exchanged for another is heard by neither.
let end = (): void => process.exit(0);
process.once('SIGTERM', () => end());
process.stdout.write('from here on SIGTERM is heard\n');
const agent = await connectAgent({
  url: process.env['REEVE_URL']!,
  apiKey: process.env['REEVE_API_KEY']!,
  offer: {
    name: settings.name,
    slots: settings.slots,
    capabilities: settings.capabilities.map((name) => ({ name, proficiency: 1 })),
  },
  handler: handle,
  reconnect: { initialDelayMs: 25, maxDelayMs: 250 },
  onState: (state) => process.stdout.write(`${state}\n`),
});
end = () => void agent.stop({ drainTimeoutMs: 5_000 }).then(() => process.exit(0));
const closed = await agent.closed;
if (closed.kind === 'refused') throw closed.error;
