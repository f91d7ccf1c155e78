import { Forbidden, MalformedRequest, NotFound, isUuid, type Clock } from '@reeve/kernel';
import {
  giveApproval as giveDefinition,
  listApprovals,
  showApproval,
  withdrawApproval as withdrawDefinition,
  type Approval,
} from '../../api/approvals.ts';
import { ApprovalClosed, ApprovalMismatch } from '../../api/errors.ts';
import { ExpectationFailed } from '../../database/errors.ts';
import type { BoundStatement, Database } from '../../database/port.ts';
import { bind, type BoundOperation, type Call, type Handler } from '../call.ts';
import type { ApprovalSettings } from '../settings.ts';
import {
  findApproval,
  giveApproval,
  listApprovalRows,
  withdrawApproval,
  type ApprovalRow,
} from '../store/approvals.ts';
import { approvalFace } from './approval-face.ts';
import { approvalEvent } from './consent.ts';

export interface ApprovalComponents {
  readonly database: Database;
  readonly clock: Clock;
  readonly settings: ApprovalSettings;
}

export function approvalOperations(components: ApprovalComponents): readonly BoundOperation[] {
  return [
    bind(listApprovals, listHandler(components)),
    bind(showApproval, async ({ id }, call) =>
      approvalFace(await visible(components, id, call), components.clock.nowMs()),
    ),
    bind(giveDefinition, giveHandler(components)),
    bind(withdrawDefinition, withdrawHandler(components)),
  ];
}

function listHandler({ database, clock }: ApprovalComponents): Handler<typeof listApprovals> {
  return async ({ limit, cursor, state }, call) => {
    if (cursor !== undefined && !isUuid(cursor))
      throw MalformedRequest.error('the cursor is not one that a page of approvals gave');
    const nowMs = clock.nowMs();
    const tenant = call.may('tenants:any') ? undefined : call.caller.tenant;
    const rows = await listApprovalRows(database, { tenant, state, beforeId: cursor, limit: limit + 1, nowMs });
    const page = rows.slice(0, limit);
    const items = page.map((row) => approvalFace(row, nowMs));
    return rows.length > limit ? { items, nextCursor: page.at(-1)!.id } : { items };
  };
}

function giveHandler(components: ApprovalComponents): Handler<typeof giveDefinition> {
  const { clock, settings } = components;
  return async ({ id, digest, note = null }, call) => {
    const row = await visible(components, id, call);
    if (row.digest !== digest)
      throw ApprovalMismatch.error(`approval ${id} is for ${row.digest}, not for ${digest}; look at its plan again`);
    if (settings.requireOther && row.requested_by === call.caller.identity)
      throw Forbidden.error('whoever asked cannot consent: someone else has to approve this');
    const nowMs = clock.nowMs();
    const by = call.caller.identity;
    const expiresAtMs = nowMs + settings.expireAfterMs;
    const decided = { ...row, state: 'given', decided_by: by, decided_at_ms: nowMs, expires_at_ms: expiresAtMs, note };
    const statement = giveApproval({ id, by, nowMs, expiresAtMs, note });
    return decide(components, call, row, decided, statement, 'approval.given');
  };
}

function withdrawHandler(components: ApprovalComponents): Handler<typeof withdrawDefinition> {
  return async ({ id, note = null }, call) => {
    const row = await visible(components, id, call);
    const nowMs = components.clock.nowMs();
    const by = call.caller.identity;
    const decided = { ...row, state: 'withdrawn', decided_by: by, decided_at_ms: nowMs, note };
    const statement = withdrawApproval({ id, by, nowMs, note });
    return decide(components, call, row, decided, statement, 'approval.withdrawn');
  };
}

async function decide(
  { clock }: ApprovalComponents,
  call: Call,
  before: ApprovalRow,
  after: ApprovalRow,
  statement: BoundStatement,
  event: string,
): Promise<Approval> {
  const face = approvalFace(after, clock.nowMs());
  const unit = {
    statements: [{ ...statement, expectRows: 1 }],
    events: [approvalEvent(event, before.tenant, before.id, before.operation)],
  };
  const details = { digest: before.digest, approved: before.operation, requestedBy: before.requested_by };
  try {
    await call.commit(unit, face, { target: before.id, details });
    return face;
  } catch (error) {
    if (!ExpectationFailed.is(error)) throw error;
    const { state } = approvalFace(before, clock.nowMs());
    throw ApprovalClosed.error(`approval ${before.id} is ${state}, so nothing can be decided about it any more`);
  }
}

/** @throws NotFound for one of another tenant as for one that is not there. */
async function visible({ database }: ApprovalComponents, id: string, call: Call): Promise<ApprovalRow> {
  const row = await findApproval(database, id);
  if (!row || (row.tenant !== call.caller.tenant && !call.may('tenants:any')))
    throw NotFound.error(`there is no approval ${id}`);
  return row;
}
