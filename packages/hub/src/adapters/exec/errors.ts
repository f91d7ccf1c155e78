import { defineError } from '@reeve/kernel';

export const CommandNotStarted = defineError({
  code: 'command_not_started',
  class: 'unavailable',
  title: 'The command could not be started',
  meaning:
    'The program of an exec agent was not found, may not be executed, or the machine had no process left for it.',
  remedy: 'Check the command and PATH of the agent on its machine.',
});
export const CommandFailed = defineError({
  code: 'command_failed',
  class: 'internal',
  title: 'The command failed',
  meaning: 'The command of an exec agent ended with an exit code that is neither 0 nor one that asks for a retry.',
  remedy: 'See the end of its standard error in the details; a command asks for a retry with exit code 75.',
});
export const CommandDeferred = defineError({
  code: 'command_deferred',
  class: 'unavailable',
  title: 'The command asks for a retry',
  meaning: 'The command of an exec agent ended with an exit code that says: not now (75, EX_TEMPFAIL, by default).',
  remedy: 'Nothing as long as attempts are left; otherwise see its standard error in the details.',
});
export const CommandKilled = defineError({
  code: 'command_killed',
  class: 'unavailable',
  title: 'The command was killed',
  meaning: 'The command of an exec agent was ended by a signal: it crashed, or the machine ran out of memory.',
  remedy: 'See its standard error in the details and the log of the machine.',
});
export const CommandOutputTooLarge = defineError({
  code: 'command_output_too_large',
  class: 'tooLarge',
  title: 'The command wrote too much',
  meaning: 'The command of an exec agent wrote more to its standard output than a task may give back, and was ended.',
  remedy: 'Write less, put the result elsewhere and print a reference, or stream it with `--output lines`.',
});
export const CommandOutputNotJson = defineError({
  code: 'command_output_not_json',
  class: 'invalid',
  title: 'The command did not write JSON',
  meaning: 'The standard output of an exec agent, taken as a whole, is not one JSON value.',
  remedy: 'Print exactly one JSON value, with all other text on standard error, or use `--output text` or `lines`.',
});
