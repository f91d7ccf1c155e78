import { Internal, InvalidInput } from '@reeve/kernel';
import type { Database } from '../database/port.ts';
import type { Logger } from '../log/logger.ts';
import type { Consent } from './approvals/consent.ts';
import type { Caller } from './call.ts';
import type { CompiledOperation } from './compiled.ts';
import { assertVerified, planOnly, runGuarded, type GuardedRun } from './guarded.ts';
import { AnswerKeeper, bodyHashOf, type AnswersUnderway, type IdempotencyComponents } from './idempotency.ts';
import type { Passage } from './passage.ts';
import type { RoadAnswer, RoadRequest } from './request.ts';
import type { StoredAnswer } from './store/idempotency-records.ts';

export interface WayComponents {
  readonly database: Database;
  readonly log: Logger;
  readonly idempotency: IdempotencyComponents;
  readonly underway: AnswersUnderway;
  readonly consent: Consent;
  readonly checkOutputs: boolean;
}

/** One valid request on its way. */
export interface Journey {
  readonly operation: CompiledOperation;
  readonly input: unknown;
  readonly passage: Passage;
  readonly keeper: AnswerKeeper | undefined;
  readonly dryRun: boolean;
}

/** The keeper of the answer, for a write with an idempotency key. What is not audited needs none, a dry run has no effect. */
export function keeperFor(
  { idempotency }: WayComponents,
  { operation, audited, run }: CompiledOperation,
  rawInput: unknown,
  caller: Caller,
  request: RoadRequest,
): AnswerKeeper | undefined {
  if (request.idempotencyKey === undefined || !audited || request.dryRun) return undefined;
  // Callers without identity have no tenant in common: their keys must not meet.
  const tenant = caller.tenant === '' ? caller.identity : caller.tenant;
  const scope = { tenant, operation: operation.name, key: request.idempotencyKey };
  return new AnswerKeeper(idempotency, scope, bodyHashOf(rawInput), run.kind === 'guarded' ? 'unverified' : 'done');
}

export async function carryOut(way: WayComponents, journey: Journey): Promise<RoadAnswer> {
  if (journey.dryRun) return planned(journey);
  const { keeper } = journey;
  if (!keeper) return { output: await runOnce(way, journey), outcome: 'done' };
  return way.underway.alone(keeper, async () => {
    journey.passage.assertInTime();
    const stored = await keeper.stored();
    if (stored) return replay(way, journey, stored);
    return runOrReplay(way, journey, keeper);
  });
}

async function planned({ operation, input, passage }: Journey): Promise<RoadAnswer> {
  if (operation.run.kind !== 'guarded')
    throw InvalidInput.error(`${operation.operation.name} has no plan that could be shown without doing it`, {
      issues: [{ path: ['dryRun'], message: 'only consequential operations can be planned' }],
    });
  const run = { handler: operation.run.handler, input: input as never, passage, keeper: undefined };
  return { output: await planOnly(run), outcome: 'planned' };
}

async function runOrReplay(way: WayComponents, journey: Journey, keeper: AnswerKeeper): Promise<RoadAnswer> {
  try {
    const output = await runOnce(way, journey);
    if (!keeper.foundAtCommit) return { output, outcome: 'done' };
  } catch (error) {
    if (!keeper.foundAtCommit) throw error;
  }
  return replay(way, journey, keeper.foundAtCommit);
}

async function runOnce(way: WayComponents, { operation, input, passage, keeper }: Journey): Promise<unknown> {
  const { run } = operation;
  if (run.kind === 'guarded') {
    const guarded: GuardedRun = { handler: run.handler, input: input as never, passage, keeper };
    return checked(way, operation, await runGuarded(way, guarded));
  }
  const output = checked(way, operation, await run.handler(input as never, passage));
  // A write that keeps its effect elsewhere still leaves its record, and its answer, before it is acknowledged.
  if (operation.audited && passage.commitState === 'notStarted') await passage.commit({ statements: [] }, output);
  return output;
}

/** The earlier answer again. What ran but was never verified (a crash came between) is verified now. */
async function replay(way: WayComponents, journey: Journey, stored: StoredAnswer): Promise<RoadAnswer> {
  const output: unknown = JSON.parse(stored.answer);
  const { run } = journey.operation;
  if (stored.state === 'unverified' && run.kind === 'guarded') {
    const { input, passage, keeper } = journey;
    await assertVerified(way, { handler: run.handler, input: input as never, passage, keeper }, output);
  }
  return { output, outcome: 'replayed' };
}

function checked(way: WayComponents, { operation }: CompiledOperation, output: unknown): unknown {
  if (!way.checkOutputs) return output;
  const parsed = operation.output.safeParse(JSON.parse(JSON.stringify(output)));
  if (parsed.success) return output;
  throw Internal.error(`${operation.name} answered what its schema does not allow`, { cause: parsed.error });
}
