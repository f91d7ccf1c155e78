import type { Writable } from 'node:stream';
import { InvalidInput, type ReeveError } from '@reeve/kernel';
import type { Handler, TaskContext } from '../../api/handler.ts';
import { outputLimitBytes } from '../../api/task.ts';
import { attemptEnvironment, type EnvironmentSource } from './environment.ts';
import { CommandDeferred, CommandFailed, CommandKilled } from './errors.ts';
import { type CommandEnd, type ProcessGroup, startGroup } from './process-group.ts';
import { StandardError } from './standard-error.ts';
import { emitLines, type OutputMode, parseOutput, readWhole } from './standard-output.ts';

export interface ExecOptions extends EnvironmentSource {
  /** Program and arguments, as they are: no shell reads them, so nothing in a task's input can become a command. */
  readonly command: readonly string[];
  readonly cwd?: string;
  /**
   * `json` (default): standard output as a whole is one JSON value. `text`: it is the output as a string, without the
   * last line break. `lines`: each line is streamed as it comes, and the output is `{ "lines": <count> }`.
   */
  readonly output?: OutputMode;
  /** Exit codes that ask for another attempt; 75 (EX_TEMPFAIL) when not given. 0 is always success. */
  readonly retryableExitCodes?: readonly number[];
  /** Time between SIGTERM and SIGKILL when an attempt is not wanted any more; 5 s when not given. */
  readonly graceMs?: number;
  /** Largest standard output, or line in `lines` mode; 256 KiB, the largest output of a task, when not given. */
  readonly outputLimitBytes?: number;
  /** Gets each line of standard error; it is also reported as progress. */
  readonly onStderrLine?: (line: string, taskId: string) => void;
}

/**
 * Makes any command an agent. The input goes to its standard input as one line of JSON; exit code 0 is success; each
 * line on standard error is progress. It runs in its own process group with a clean environment, which is stopped as a
 * whole when the attempt is cancelled, lost or out of time.
 */
export function createExecHandler(options: ExecOptions): Handler {
  if (options.command.length === 0) throw InvalidInput.error('an exec agent needs a command: program and arguments');
  return (input, context) => runCommand(options, input, context);
}

async function runCommand(options: ExecOptions, input: unknown, context: TaskContext): Promise<unknown> {
  const { signal } = context;
  signal.throwIfAborted();
  const env = attemptEnvironment(options, context);
  const cwd = options.cwd === undefined ? {} : { cwd: options.cwd };
  const group = await startGroup(options.command, { ...cwd, env });
  const stop = () => group.stop(options.graceMs ?? 5_000);
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    return await followCommand(options, input, context, group);
  } catch (error) {
    stop();
    throw error;
  } finally {
    await group.ended; // the attempt is not over before its processes are
    signal.removeEventListener('abort', stop);
  }
}

async function followCommand(options: ExecOptions, input: unknown, context: TaskContext, group: ProcessGroup) {
  const { child, ended, closed } = group;
  const said = new StandardError(child.stderr!, (line) => {
    context.progress({ stderr: line });
    options.onStderrLine?.(line, context.taskId);
  });
  giveInput(child.stdin!, input);
  const output = await readOutput(options, context, group);
  const [end] = await Promise.all([ended, closed]);
  context.signal.throwIfAborted();
  if (end.code !== 0) throw endError(options, end, said);
  return options.output === undefined || options.output === 'json' ? parseOutput(output as string) : output;
}

/** A command may end without reading its input: that is its own affair. */
function giveInput(stdin: Writable, input: unknown): void {
  stdin.on('error', () => {});
  stdin.end(`${JSON.stringify(input ?? null)}\n`);
}

async function readOutput(options: ExecOptions, context: TaskContext, { child }: ProcessGroup) {
  const limitBytes = options.outputLimitBytes ?? outputLimitBytes;
  if (options.output === 'lines') return { lines: await emitLines(child.stdout!, context.emit, limitBytes) };
  const text = await readWhole(child.stdout!, limitBytes);
  return options.output === 'text' ? text.replace(/\r?\n$/, '') : text;
}

function endError(options: ExecOptions, { code, signal }: CommandEnd, said: StandardError): ReeveError {
  const facts = { details: { ...(code === null ? { signal } : { exitCode: code }), stderr: said.tail } };
  const because = said.lastLine === undefined ? '' : `: ${said.lastLine}`;
  if (code === null) return CommandKilled.error(`the command was ended by ${signal}${because}`, facts);
  const kind = (options.retryableExitCodes ?? [75]).includes(code) ? CommandDeferred : CommandFailed;
  return kind.error(`the command ended with exit code ${code}${because}`, facts);
}
