import { ApprovalRequired, RateLimited, uuidv7, type Clock } from '@reeve/kernel';
import { ExpectationFailed } from '../../database/errors.ts';
import type { Database, EventDraft } from '../../database/port.ts';
import type { Passage } from '../passage.ts';
import { faceOf, planFace, type Look } from '../planned.ts';
import type { ApprovalSettings } from '../settings.ts';
import {
  countWaiting,
  expireOpenApproval,
  findOpenApproval,
  insertApproval,
  useApproval,
  type ApprovalRow,
} from '../store/approvals.ts';

/** Requests of one tenant that may wait at a time: nobody decides about more, and a flood would hide what matters. */
const waitingAtMost = 1_000;

export interface ConsentComponents {
  readonly database: Database;
  readonly clock: Clock;
  readonly settings: ApprovalSettings;
}

export interface GivenConsent {
  readonly approvalId: string;
  readonly givenBy: string;
}

/** Consent found for a plan, or the refusal that says what to have approved. */
export class Consent {
  readonly #components: ConsentComponents;

  constructor(components: ConsentComponents) {
    this.#components = components;
  }

  /**
   * Finds consent to exactly this plan, without using it up.
   * @throws ApprovalRequired when there is none; the plan then waits in `approvals.list`.
   */
  async find(look: Look, passage: Passage, input: unknown): Promise<GivenConsent> {
    const { database, clock } = this.#components;
    const open = await findOpenApproval(database, openKeyOf(passage, look.digest));
    if (open && open.state === 'given' && open.expires_at_ms > clock.nowMs())
      return { approvalId: open.id, givenBy: open.decided_by ?? '' };
    const waiting = open && open.expires_at_ms > clock.nowMs() ? open : await this.#request(look, passage, input);
    throw required(look, passage, waiting);
  }

  /** Uses the consent up, durably, before the run: two runs cannot share it, whatever becomes of the first. */
  async use(consent: GivenConsent, look: Look, passage: Passage, input: unknown): Promise<void> {
    const { database, clock } = this.#components;
    const use = useApproval({ id: consent.approvalId, by: passage.correlationId, nowMs: clock.nowMs() });
    try {
      await database.commit({
        statements: [{ ...use, expectRows: 1 }],
        events: [approvalEvent('approval.used', passage.caller.tenant, consent.approvalId, passage.operation.name)],
      });
    } catch (error) {
      if (!ExpectationFailed.is(error)) throw error;
      // Another run was faster, or it was withdrawn between finding and using it.
      throw required(look, passage, await this.#request(look, passage, input));
    }
  }

  async #request(look: Look, passage: Passage, input: unknown): Promise<ApprovalRow> {
    const { database, clock, settings } = this.#components;
    const nowMs = clock.nowMs();
    if ((await countWaiting(database, passage.caller.tenant, nowMs, waitingAtMost)) >= waitingAtMost) throw tooMany();
    const row = newApproval(look, passage, input, nowMs, nowMs + settings.expireAfterMs);
    try {
      await database.commit({
        statements: [expireOpenApproval(row.open_key!, nowMs), { ...insertApproval(row), expectRows: 1 }],
        events: [approvalEvent('approval.requested', row.tenant, row.id, row.operation)],
      });
      return row;
    } catch (error) {
      const first = ExpectationFailed.is(error) ? await findOpenApproval(database, row.open_key!) : undefined;
      if (first) return first;
      throw error;
    }
  }
}

export function approvalEvent(type: string, tenant: string, id: string, operation: string): EventDraft {
  return { type, tenant, subject: `approval:${id}`, data: { operation } };
}

function openKeyOf(passage: Passage, digest: string): string {
  return `${passage.caller.tenant} ${digest}`;
}

function newApproval(look: Look, passage: Passage, input: unknown, nowMs: number, expiresAtMs: number): ApprovalRow {
  return {
    id: uuidv7(nowMs),
    tenant: passage.caller.tenant,
    operation: passage.operation.name,
    digest: look.digest,
    open_key: openKeyOf(passage, look.digest),
    state: 'pending',
    input: JSON.stringify(input),
    plan: JSON.stringify(planFace(look.plan)),
    guards: JSON.stringify(look.guards),
    requested_by: passage.caller.identity,
    requested_at_ms: nowMs,
    expires_at_ms: expiresAtMs,
    decided_by: null,
    decided_at_ms: null,
    note: null,
    used_at_ms: null,
    used_by: null,
  };
}

function tooMany() {
  return RateLimited.error(`${waitingAtMost} requests wait for consent already; decide about some of them first`);
}

function required(look: Look, passage: Passage, waiting: ApprovalRow) {
  const needs = look.guards.filter(({ verdict }) => verdict === 'needsApproval');
  const reasons = needs.map(({ guard, message }) => `${guard}: ${message}`).join('; ');
  return ApprovalRequired.error(
    `${passage.operation.name} needs consent (${reasons}); give it with \`reeve approvals give ${waiting.id}\`, then send the request again`,
    { details: { ...faceOf(look, passage), approvalId: waiting.id, expiresAtMs: waiting.expires_at_ms } },
  );
}
