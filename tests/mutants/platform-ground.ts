import type { Mutant } from './mutant.ts';

const source = 'packages/platform/src';
const test = 'packages/platform/test';

/** Configuration, log, end of the process. */
export const mutants: readonly Mutant[] = [
  {
    name: 'plain-secret-accepted-in-production',
    guarantee: 'FD-03 production',
    file: `${source}/config/resolve-secret.ts`,
    find: "if (environment === 'production')\n",
    replace: "if (environment === 'produktion')\n",
    test: `${test}/config/secrets.test.ts`,
  },
  {
    name: 'secret-file-open-to-all-accepted',
    guarantee: 'FD-03 production',
    file: `${source}/config/resolve-secret.ts`,
    find: '(readable.mode & 0o004) === 0',
    replace: '(readable.mode & 0o002) === 0',
    test: `${test}/config/secrets.test.ts`,
  },
  {
    name: 'secret-read-before-it-is-needed',
    guarantee: 'FD-03 reference',
    file: `${source}/config/secret.ts`,
    find: "() => readFileSync(path, 'utf8').replace(/\\r?\\n$/, '')",
    replace: "((early) => () => early)(readFileSync(path, 'utf8').replace(/\\r?\\n$/, ''))",
    test: `${test}/config/secrets.test.ts`,
  },
  {
    name: 'secret-shown-as-text',
    guarantee: 'FD-03 canary',
    file: `${source}/config/secret.ts`,
    find: 'toString(): string {\n    return secretMark;',
    replace: 'toString(): string {\n    return this.reveal();',
    test: `${test}/log/canary.test.ts`,
  },
  {
    name: 'remembered-secret-not-blanked',
    guarantee: 'FD-03 canary',
    file: `${source}/log/known-secrets.ts`,
    find: 'if (clean.includes(form)) clean = clean.replaceAll(form, secretMark)',
    replace: 'if (clean === form) clean = secretMark',
    test: `${test}/log/canary.test.ts`,
  },
  {
    name: 'secret-cut-in-half-before-it-is-known',
    guarantee: 'FD-03 canary',
    file: `${source}/log/clean-facts.ts`,
    find: 'maskText(text.slice(0, maxSearchedLength))',
    replace: 'maskText(text.slice(0, maxTextLength))',
    test: `${test}/log/canary.test.ts`,
  },
  {
    name: 'secret-field-shown',
    guarantee: 'FD-03 canary',
    file: `${source}/log/clean-facts.ts`,
    find: 'if (!isSecretName(name) || value === undefined',
    replace: 'if (isSecretName(name) || value === undefined',
    test: `${test}/log/canary.test.ts`,
  },
  {
    name: 'lines-below-the-level-written',
    guarantee: 'FD-07 levels',
    file: `${source}/log/create-logger.ts`,
    find: "level: options.level ?? 'info'",
    replace: "level: 'debug'",
    test: `${test}/log/logger.test.ts`,
  },
  {
    name: 'production-starts-on-defaults',
    guarantee: 'MK-14 defaults-refused',
    file: `${source}/config/settle.ts`,
    find: 'environmentRule.requiredIn?.includes(environment) || ',
    replace: '',
    test: `${test}/config/faults.test.ts`,
  },
  {
    name: 'storage-closed-before-work-has-drained',
    guarantee: 'FD-08 sigterm',
    file: `${source}/lifecycle/create-lifecycle.ts`,
    find: "['intake', 'work', 'connections', 'storage', 'telemetry']",
    replace: "['intake', 'storage', 'connections', 'work', 'telemetry']",
    test: `${test}/lifecycle/signals.test.ts`,
  },
  {
    name: 'unfinished-work-exits-with-0',
    guarantee: 'FD-08 sigterm',
    file: `${source}/lifecycle/install-signals.ts`,
    find: 'failures.length > 0 ? 1 : exitCode',
    replace: 'exitCode',
    test: `${test}/lifecycle/signals.test.ts`,
  },
  {
    name: 'interrupt-not-drained',
    guarantee: 'FD-08 sigint',
    file: `${source}/lifecycle/install-signals.ts`,
    find: "['SIGTERM', 'SIGINT'] as const",
    replace: "['SIGTERM', 'SIGUSR2'] as const",
    test: `${test}/lifecycle/signals.test.ts`,
  },
];
