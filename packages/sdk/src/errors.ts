import { defineError } from '@reeve/kernel';

export const HubUnreachable = defineError({
  code: 'hub_unreachable',
  class: 'unavailable',
  title: 'No hub answers',
  meaning: 'The connection to the hub could not be made, or broke before an answer came.',
  remedy: 'Check the address and that a hub runs there; `reeve up` starts one.',
});
export const AnswerTimedOut = defineError({
  code: 'answer_timed_out',
  class: 'timeout',
  title: 'The hub did not answer in time',
  meaning:
    'A request was sent, but no complete answer came within the time-out; it may or may not have been carried out.',
  remedy: 'Send it again with the same idempotency key, or give it more time with `timeoutMs`.',
});
export const AnswerNotUnderstood = defineError({
  code: 'answer_not_understood',
  class: 'badGateway',
  title: 'The answer is not one of a hub',
  meaning:
    'Something answered, but not in the form the operation promises: another service, or a hub of another version.',
  remedy: 'Check the address, and that client and hub are of the same version.',
});
export const CallAborted = defineError({
  code: 'call_aborted',
  class: 'cancelled',
  title: 'The call was aborted',
  meaning: 'The signal given with the call was aborted before the answer came.',
  remedy: 'Nothing, if that was meant; a write may have been carried out all the same.',
});
export const AgentRefused = defineError({
  code: 'agent_refused',
  class: 'forbidden',
  title: 'The hub refuses this agent',
  meaning: 'The hub closed the connection for a reason that trying again cannot mend: key, offer, or a namesake.',
  remedy: 'See the message: use a key with the permission to run agents, correct the offer, or use another name.',
});
export const AttemptAborted = defineError({
  code: 'attempt_aborted',
  class: 'cancelled',
  title: 'The attempt is not wanted any more',
  meaning: 'The task was cancelled, its lease was lost, its time was over, or the agent stops.',
  remedy: 'Stop the work at once; whatever comes of it is not accepted.',
});
export const OutputNotJson = defineError({
  code: 'output_not_json',
  class: 'invalid',
  title: 'The output is not JSON',
  meaning:
    'A handler returned a value that JSON cannot carry, such as a function, a bigint or an object within itself.',
  remedy: 'Return plain data: null, booleans, numbers, strings, arrays and objects of these.',
});
export const OutputTooLarge = defineError({
  code: 'output_too_large',
  class: 'tooLarge',
  title: 'The output is too large',
  meaning: 'A handler returned more than the largest output of a task.',
  remedy: 'Put large outputs elsewhere and return a reference, or stream them with `emit`.',
});
export const EmitRefused = defineError({
  code: 'emit_refused',
  class: 'invalid',
  title: 'The chunk cannot be streamed',
  meaning: 'A handler emitted a chunk larger than the flow-control window, or went on emitting without awaiting.',
  remedy: 'Emit smaller chunks and await every `emit`.',
});
export const CapabilityNotHandled = defineError({
  code: 'capability_not_handled',
  class: 'unavailable',
  title: 'The agent has no handler for this capability',
  meaning:
    'The hub gave a task to an agent that was not built for it, most often after its offer was changed at the hub.',
  remedy: 'Offer only what the agent handles (`reeve agents update`).',
});
