import type { Operation } from '@reeve/kernel';
import type { Client } from '@reeve/sdk';
import type { Role } from '../connection.ts';
import type { Session } from '../session.ts';
import { printAnswer } from '../views/answer.ts';
import { type PlanFacts, planText } from '../views/plan.ts';
import type { CommonFlags } from './add-flags.ts';
import { invokeWithConsent } from './consent.ts';

/** Domains whose commands run the hub rather than use it: on a hub started here they take the owner's key. */
const ownerDomains = new Set(['agents', 'keys', 'approvals', 'audit', 'encryption', 'users', 'health']);

function roleFor(operation: Operation): Role {
  return ownerDomains.has(operation.domain) ? 'owner' : 'user';
}

/** Carries out an operation and shows its answer. */
export async function runOperation(
  session: Session,
  operation: Operation,
  input: Record<string, unknown>,
  flags: CommonFlags,
): Promise<unknown> {
  const client = await session.connect(flags, roleFor(operation));
  if (flags.dryRun) return showPlan(session, client, operation, input, flags);
  const answer = await invokeWithConsent(session, client, operation, input);
  if (flags.json) session.terminal.print(JSON.stringify(answer));
  else showAnswer(session, operation, answer);
  return answer;
}

async function showPlan(
  { terminal }: Session,
  client: Client,
  operation: Operation,
  input: object,
  flags: CommonFlags,
) {
  const plan = await client.invoke(operation, input, { dryRun: true });
  terminal.print(flags.json ? JSON.stringify(plan) : planText(plan as PlanFacts, terminal.colours));
  return plan;
}

const notes: Readonly<Record<string, string>> = {
  'keys.create': 'the key is shown this once: keep it',
  'users.create': 'the password is shown this once: pass it on; it has to be replaced at the first login',
  'users.resetPassword': 'the password is shown this once: pass it on; it has to be replaced at the first login',
  'totp.enrol': 'add the seed to your authenticator, then show its first code: reeve totp confirm --code 123456',
};

function showAnswer({ terminal }: Session, operation: Operation, answer: unknown): void {
  printAnswer(operation.name, answer, terminal);
  const note = notes[operation.name];
  if (note !== undefined) terminal.note(note);
  const { nextCursor } = answer as { nextCursor?: string };
  if (nextCursor === undefined) return;
  const { domain, verb } = operation;
  terminal.note(terminal.colours.dim(`more: add --cursor ${nextCursor} to reeve ${domain} ${verb}`));
}
