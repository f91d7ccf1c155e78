import { asReeveError, EffectsLeftBounds, VerificationFailed, type JsonValue, type Operation } from '@reeve/kernel';
import type { Database, UnitStatement } from '../database/port.ts';
import type { Consent, GivenConsent } from './approvals/consent.ts';
import type { ConsequentialHandler, Verification } from './call.ts';
import type { AnswerKeeper } from './idempotency.ts';
import type { Passage } from './passage.ts';
import { assertMayGoOn, faceOf, lookAt, type Look } from './planned.ts';
import { forgetAnswer, settleAnswer } from './store/idempotency-records.ts';

export interface GuardedComponents {
  readonly database: Database;
  readonly consent: Consent;
}

/** One request on the whole way: plan, guards, approval, plan again, run, verify, and back where that fails. */
export interface GuardedRun {
  readonly handler: ConsequentialHandler<Operation>;
  /** Checked by the operation's schema. */
  readonly input: never;
  readonly passage: Passage;
  readonly keeper: AnswerKeeper | undefined;
}

/** Stops after the guards and answers all they found, also when they deny. */
export async function planOnly({ handler, input, passage }: GuardedRun): Promise<JsonValue> {
  return faceOf(await lookAt(handler, input, passage), passage);
}

export async function runGuarded(components: GuardedComponents, run: GuardedRun): Promise<unknown> {
  const { handler, input, passage } = run;
  const before = await lookAt(handler, input, passage);
  passage.auditFacts = { digest: before.digest };
  assertMayGoOn(before, passage);
  await findConsent(components, before, run);
  const now = await lookAgain(components, before, run);
  const output = await handler.run(input, passage, now.plan);
  if (passage.commitState === 'notStarted') await passage.commit({ statements: [] }, output);
  await assertVerified(components, run, output);
  return output;
}

async function findConsent(
  { consent }: GuardedComponents,
  look: Look,
  { passage, input }: GuardedRun,
): Promise<GivenConsent | undefined> {
  const needed = look.verdict === 'needsApproval' && passage.operation.approvedInAdvance !== true;
  return needed ? consent.find(look, passage, input) : undefined;
}

/** Plans and guards once more at the moment of running, so that nothing runs but what was looked at and approved. */
async function lookAgain(components: GuardedComponents, before: Look, run: GuardedRun): Promise<Look> {
  const { handler, input, passage } = run;
  const now = await lookAt(handler, input, passage);
  if (now.digest !== before.digest)
    throw EffectsLeftBounds.error('planned again, the bounds of the effects differ from those that were looked at', {
      details: faceOf(now, passage),
    });
  assertMayGoOn(now, passage);
  const consent = await findConsent(components, now, run);
  if (!consent) return now;
  await components.consent.use(consent, now, passage, input);
  passage.auditFacts = { digest: now.digest, approval: consent.approvalId, givenBy: consent.givenBy };
  return now;
}

/** Looks whether the effect is there; tells the audit log either way. @throws VerificationFailed */
export async function assertVerified(components: GuardedComponents, run: GuardedRun, output: unknown): Promise<void> {
  const { passage, keeper } = run;
  const verification = await verify(run, output);
  const details = { stage: 'verified', checked: verification.checked, evidence: verification.evidence as JsonValue };
  if (verification.ok) {
    const statements = keeper ? [settleAnswer(keeper.scope)] : [];
    await components.database.commit({ statements, audit: [passage.auditDraft('done', { details })] });
    return;
  }
  const rolledBack = await rollBack(run, output);
  const statements: UnitStatement[] = keeper && rolledBack.done ? [forgetAnswer(keeper.scope)] : [];
  const facts = { ...details, rollback: rolledBack.note };
  const outcome = rolledBack.done ? 'rolledBack' : 'failed';
  passage.audited = true;
  await components.database.commit({ statements, audit: [passage.auditDraft(outcome, { details: facts })] });
  throw VerificationFailed.error(`${verification.checked}: not as planned; ${rolledBack.note}`, { details: facts });
}

/** A check that throws found nothing: unknown is not done. */
async function verify({ handler, input, passage }: GuardedRun, output: unknown): Promise<Verification> {
  try {
    return await handler.verify(output, input, passage);
  } catch (error) {
    passage.log.warn({ error }, 'verification threw');
    return { ok: false, checked: 'the check itself', evidence: { error: asReeveError(error).message } };
  }
}

async function rollBack(
  { handler, input, passage }: GuardedRun,
  output: unknown,
): Promise<{ done: boolean; note: string }> {
  if (!handler.rollback) return { done: false, note: 'there is no way back, look at it' };
  try {
    await handler.rollback(output, input, passage.forRollback());
    return { done: true, note: 'it was rolled back' };
  } catch (error) {
    passage.log.error({ error }, 'rollback failed');
    return { done: false, note: `rolling back failed: ${asReeveError(error).message}` };
  }
}
