import type { TaskContext } from '../../api/handler.ts';

/** What a program needs to run at all. Everything else, API keys above all, stays out unless it is named. */
const alwaysPassed = ['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LANGUAGE', 'TZ', 'TMPDIR', 'TERM'] as const;
const defaultPath = '/usr/local/bin:/usr/bin:/bin';

export type Variables = Readonly<Record<string, string | undefined>>;

export interface EnvironmentSource {
  /** Where variables are taken from; usually the environment of the agent's process. */
  readonly environment?: Variables;
  /** Names to take besides those every program needs. */
  readonly passEnvironment?: readonly string[];
  /** Variables to set; they win over those taken. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The environment of a command: allowed variables, and those that were set. */
export function commandEnvironment(source: EnvironmentSource): Record<string, string> {
  return { PATH: defaultPath, ...allowed(source.environment ?? {}, source.passEnvironment ?? []), ...source.env };
}

/** The environment of one run: that of the command, and what it may know of its task. */
export function attemptEnvironment(source: EnvironmentSource, context: TaskContext): Record<string, string> {
  return {
    ...commandEnvironment(source),
    REEVE_TASK_ID: context.taskId,
    REEVE_ATTEMPT: String(context.attempt),
    REEVE_FENCE: String(context.fence),
    REEVE_CAPABILITY: context.capability,
    ...(context.traceparent === undefined ? {} : { TRACEPARENT: context.traceparent }),
  };
}

function allowed(environment: Variables, further: readonly string[]): Record<string, string> {
  const names = [...alwaysPassed, ...Object.keys(environment).filter((name) => name.startsWith('LC_')), ...further];
  const passed: Record<string, string> = {};
  for (const name of names) {
    const value = environment[name];
    if (value !== undefined) passed[name] = value;
  }
  return passed;
}
