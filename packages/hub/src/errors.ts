import { defineError } from '@reeve/kernel';

export const UnknownCapability = defineError({
  code: 'unknown_capability',
  class: 'invalid',
  title: 'No agent has ever declared this capability',
  meaning: 'The task requires a capability name that no agent has declared so far, most often a misspelt one.',
  remedy:
    'Use one of the nearest names in the details, or submit with `allowUnknown` if such an agent is still to come.',
});
export const QuotaExceeded = defineError({
  code: 'quota_exceeded',
  class: 'limited',
  title: 'The quota of the tenant is used up',
  meaning: 'The tenant has as many tasks waiting and running, or has submitted as many within a minute, as it may.',
  remedy:
    'Wait for the time in `Retry-After`, or until some of its tasks have ended; `hub.tenants` in the configuration sets quotas.',
});
export const AgentsPaused = defineError({
  code: 'agents_paused',
  class: 'unavailable',
  title: 'Every agent that could do it is given a pause',
  meaning:
    'All agents that are online and could do the work failed so often in a row that their circuit breakers are open. Whoever waits on a connection is told at once instead of kept waiting; a task that was submitted waits.',
  remedy:
    'Retry after the time in `Retry-After`: then the first of them is tried again. `reeve agents list` shows the breakers, and the tasks that failed say why.',
});
export const OutputRefused = defineError({
  code: 'output_refused',
  class: 'badGateway',
  title: 'The output did not pass its verifier',
  meaning: 'What the agent delivered is not what the verifier of the task accepts; the attempt counts as failed.',
  remedy:
    'Nothing to do if another attempt passes; otherwise compare the verifier with the output, and see `reeve agents proficiency`.',
});
export const LeaseLost = defineError({
  code: 'lease_lost',
  class: 'conflict',
  title: 'The lease is not held any more',
  meaning:
    'A report came with a fence that is not that of the newest lease: it expired, was cancelled, or the task ended.',
  remedy: 'Drop the work; whatever came of it is not accepted and not paid. Send heartbeats in time to keep leases.',
});
export const PollReplaced = defineError({
  code: 'poll_replaced',
  class: 'conflict',
  title: 'Another request waits for the work of this agent',
  meaning:
    'One name is one agent: a newer request for its work, or a connection under its name, took the place of this.',
  remedy: 'Give each worker a name of its own, or let one of them wait for all.',
});
export const AgentExists = defineError({
  code: 'agent_exists',
  class: 'conflict',
  title: 'An agent of this name exists',
  meaning: 'Names are unique within a tenant, and this one is taken.',
  remedy: 'Use another name, or update the existing agent by its id (`reeve agents update`).',
});
export const AgentNotRunnable = defineError({
  code: 'agent_state_conflict',
  class: 'conflict',
  title: 'The agent is not in a state for this',
  meaning: 'The wanted change does not fit the state of the agent, such as resuming one that is not paused.',
  remedy: 'Look at the state with `reeve agents show` first.',
});
export const TaskEnded = defineError({
  code: 'task_ended',
  class: 'conflict',
  title: 'The task has ended',
  meaning: 'The task is in an end state, which never changes except by a replay of a dead task.',
  remedy: 'Look at the task with `reeve tasks show`; submit a new one if the work is to be done again.',
});
export const TaskNotDead = defineError({
  code: 'task_not_dead',
  class: 'conflict',
  title: 'Only dead tasks can be replayed',
  meaning: 'A replay gives new attempts to a task that has used up its own; this task has not.',
  remedy: 'Wait for the task to end; list those that can be replayed with `reeve tasks list --state dead`.',
});
export const TaskCancelled = defineError({
  code: 'task_cancelled',
  class: 'cancelled',
  title: 'The task was cancelled',
  meaning: 'Somebody cancelled the task, or the connection it was attached to has gone.',
  remedy: 'Submit it again if it is still wanted.',
});
export const TaskExpired = defineError({
  code: 'task_expired',
  class: 'timeout',
  title: 'The deadline passed',
  meaning: 'The task was not finished by its deadline.',
  remedy: 'Give a later deadline, more agents, or a higher priority; `reeve tasks explain` says what it waited for.',
});
export const TaskDead = defineError({
  code: 'task_dead',
  class: 'badGateway',
  title: 'The task failed for good',
  meaning: 'Every attempt failed, or one failed in a way that a retry cannot mend.',
  remedy: 'See the error of the last attempt in the details; replay it when the cause is mended.',
});
export const AttemptTimedOut = defineError({
  code: 'attempt_timed_out',
  class: 'timeout',
  title: 'The attempt took too long',
  meaning: 'The attempt was not finished within the task’s `timeoutMs`.',
  remedy: 'Give it more time or less work; the attempt counts as failed and may be retried.',
});
export const LeaseExpired = defineError({
  code: 'lease_expired',
  class: 'timeout',
  title: 'The agent vanished',
  meaning: 'No heartbeat of the agent came within the lease, so the attempt counts as failed.',
  remedy: 'Nothing to do if it happens rarely; otherwise look at the agent’s machine and connection.',
});
export const AgentRemoved = defineError({
  code: 'agent_removed',
  class: 'unavailable',
  title: 'The agent was removed',
  meaning: 'Somebody removed the agent while it worked on the task; the attempt does not count.',
  remedy: 'Nothing to do: the task waits for another agent.',
});
export const ProtocolViolation = defineError({
  code: 'protocol_violation',
  class: 'malformed',
  title: 'The agent broke the protocol',
  meaning: 'A message was not what the agent protocol allows at this point; the connection is closed.',
  remedy: 'Compare the message with docs/reference/agent-protocol.md.',
});
export const UnknownBlob = defineError({
  code: 'unknown_blob',
  class: 'invalid',
  title: 'There is no such blob',
  meaning: 'An input refers to a content that was never put in, or was removed after its time.',
  remedy: 'Put the content in with `blobs.put` (`reeve blobs put`), then submit again.',
});
export const BlobMismatch = defineError({
  code: 'blob_mismatch',
  class: 'invalid',
  title: 'The content is not the one that was announced',
  meaning: 'What arrived has another SHA-256 than the request says; it was changed on the way, or the digest is wrong.',
  remedy: 'Compute the digest over exactly the bytes that are sent, and send them again.',
});
export const BlobInUse = defineError({
  code: 'blob_in_use',
  class: 'conflict',
  title: 'Something live refers to the blob',
  meaning: 'A task or a map that has not ended refers to the content.',
  remedy: 'Wait until it has ended, or cancel it.',
});
export const MapEnded = defineError({
  code: 'map_ended',
  class: 'conflict',
  title: 'The map has ended',
  meaning: 'Every chunk of the map has ended, or the map was cancelled; that does not change any more.',
  remedy: 'Look at it with `reeve maps show`; replay single chunks with `reeve tasks replay`.',
});
export const WrongResultCount = defineError({
  code: 'wrong_result_count',
  class: 'badGateway',
  title: 'A chunk did not come back with one result for each item',
  meaning: 'The output of a chunk of a map must be an array as long as its items; that of the agent was not.',
  remedy: 'Have the handler return `items.map(…)`; the attempt counts as failed and may be retried elsewhere.',
});
export const WorkflowCycle = defineError({
  code: 'workflow_cycle',
  class: 'invalid',
  title: 'The nodes wait for one another',
  meaning: 'A node depends, by way of others, on itself, so none of them could ever start.',
  remedy: 'Take one of the dependencies of the cycle in the details out.',
});
export const WorkflowEnded = defineError({
  code: 'workflow_ended',
  class: 'conflict',
  title: 'The workflow has ended',
  meaning: 'Every node of the workflow has ended, or it is being cancelled already.',
  remedy: 'Look at it with `reeve workflows show`.',
});
export const NotWaitingForApproval = defineError({
  code: 'not_waiting_for_approval',
  class: 'conflict',
  title: 'The node does not wait for an approval',
  meaning: 'The node is a task, or its approval is blocked, decided, or not wanted any more.',
  remedy: 'Look at the node with `reeve workflows show`.',
});
export const DependencyFailed = defineError({
  code: 'dependency_failed',
  class: 'cancelled',
  title: 'A node before this one failed',
  meaning: 'The task waited for another one of its workflow, which ended without success.',
  remedy: 'Look at the node that the message names; create the workflow again when its cause is mended.',
});
export const OutputMissing = defineError({
  code: 'output_missing',
  class: 'invalid',
  title: 'The output has no such part',
  meaning: 'The input of a node refers to a part of another node’s output that this output does not have.',
  remedy: 'Compare the path of the reference with the output of the node that the message names.',
});
