import { defineError } from '@reeve/kernel';

export const HandlerModuleUnusable = defineError({
  code: 'handler_module_unusable',
  class: 'invalid',
  title: 'The module has no handlers that could be run',
  meaning:
    'The module of a handler agent could not be loaded, exports no handler, or several for one capability, or one whose definition is not valid.',
  remedy: 'Export what `defineHandler({ capability, input, output, run })` gives; the message says what was found.',
});
export const HandlerOutputInvalid = defineError({
  code: 'handler_output_invalid',
  class: 'internal',
  title: 'The handler returned something else than it promises',
  meaning: 'The output of a handler does not fit the schema that its definition states.',
  remedy: 'Correct the handler or its output schema; the issues name the members that do not fit.',
});
export const HandlerThreadEnded = defineError({
  code: 'handler_thread_ended',
  class: 'unavailable',
  title: 'The thread of the handler ended',
  meaning:
    'The thread in which a handler worked ended before the handler did: it called `process.exit`, or threw where nobody could catch it.',
  remedy: 'See the message and the log of the agent; other attempts were not affected.',
});
export const HandlerOutOfMemory = defineError({
  code: 'handler_out_of_memory',
  class: 'unavailable',
  title: 'The thread of the handler ran out of memory',
  meaning: 'A handler used more memory than its thread may have, and was ended; other attempts were not affected.',
  remedy: 'Give threads more with `--memory`, or let the handler hold less at a time.',
});
