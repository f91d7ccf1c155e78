/** What runs in each thread of the pool: `describe` says what the module can do, `run` works on one attempt. */
import { workerData } from 'node:worker_threads';
import { InvalidInput, type ErrorKind, type JsonValue, type ReeveError } from '@reeve/kernel';
import type { z } from 'zod';
import type { DefinedHandler } from '../../api/define-handler.ts';
import { HandlerOutputInvalid } from './errors.ts';
import { loadHandlers } from './load-handlers.ts';
import type { Described, Failure, ThreadAttempt, ThreadMessage } from './messages.ts';
import { ThreadContext } from './thread-context.ts';

/** Loaded when the thread starts, so that a warm thread is ready; a failure is told by whatever needs it first. */
const handlers = loadHandlers((workerData as { readonly module: string }).module);
handlers.catch(() => {});

export async function describe(): Promise<Described> {
  try {
    const known = [...(await handlers).values()];
    return { capabilities: known.map(({ capability, proficiency = 1 }) => ({ name: capability, proficiency })) };
  } catch (error) {
    return { failure: failureOf(error) };
  }
}

/** Never throws: a rejection of the pool means that the thread itself is gone. */
export async function run({ lease, input, port }: ThreadAttempt): Promise<void> {
  const context = new ThreadContext(lease, port);
  try {
    const handler = (await handlers).get(lease.capability)!; // only what was described is offered
    say({ type: 'ended', output: await work(handler, context, input) });
  } catch (error) {
    say({ type: 'ended', failure: failureOf(error) });
  } finally {
    port.close();
  }

  function say(message: ThreadMessage): void {
    port.postMessage(message);
  }
}

async function work(handler: DefinedHandler, context: ThreadContext, input: unknown): Promise<unknown> {
  const valid = await checked(handler.input, input, InvalidInput, 'the input');
  return checked(handler.output, await handler.run(context, valid), HandlerOutputInvalid, 'the output');
}

async function checked(schema: z.ZodType, value: unknown, kind: ErrorKind, what: string): Promise<unknown> {
  const result = await schema.safeParseAsync(value);
  if (result.success) return result.data;
  const issues = result.error.issues.map(({ path, message }) => ({ path: path.map(String), message }));
  const text = issues.map(({ path, message }) => `${path.join('.') || 'it'}: ${message}`).join('; ');
  throw kind.error(`${what} does not fit its schema: ${text}`, { details: { issues: issues as JsonValue } });
}

/** As much of an error as the agent kit makes use of. */
function failureOf(thrown: unknown): Failure {
  if (!(thrown instanceof Error)) return { message: String(thrown) };
  const { code, retryable, details } = thrown as Partial<ReeveError>;
  return {
    message: thrown.message || thrown.name,
    ...(typeof code === 'string' && { code }),
    ...(typeof retryable === 'boolean' && { retryable }),
    ...(details !== undefined && { details: JSON.parse(JSON.stringify(details)) as JsonValue }),
  };
}
