import type { Operation } from '@reeve/kernel';
import { type Client, RemoteError } from '@reeve/sdk';
import type { Session } from '../session.ts';
import { type PlanFacts, planText } from '../views/plan.ts';

/** What the hub says with `approval_required`. */
interface Wanted extends PlanFacts {
  readonly approvalId: string;
  readonly digest: string;
}

/**
 * Carries out an operation. When it needs a person's consent and a person is there, shows the plan and asks; else the
 * refusal stays, which is shown with the plan and the command that gives consent.
 */
export async function invokeWithConsent(session: Session, client: Client, operation: Operation, input: object) {
  try {
    return await invokeSteppedUp(session, client, operation, input);
  } catch (error) {
    const wanted = wantedBy(error);
    if (wanted === undefined) throw error;
    if (!session.terminal.interactive) throw error;
    session.terminal.note(planText(wanted, session.terminal.colours));
    if (!(await ask(operation))) throw error;
    await client.approvals.give({ id: wanted.approvalId, digest: wanted.digest });
    return client.invoke(operation, input);
  }
}

/** When a fresh code of the authenticator is wanted and a person is there, asks for it and tries again. */
async function invokeSteppedUp({ terminal }: Session, client: Client, operation: Operation, input: object) {
  try {
    return await client.invoke(operation, input);
  } catch (error) {
    const isWanted = error instanceof RemoteError && error.code === 'step_up_required';
    if (!isWanted || !terminal.interactive) throw error;
    const { isCancel, text } = await import('@clack/prompts');
    const code = await text({ message: 'Code of your authenticator', output: process.stderr });
    if (isCancel(code) || !code) throw error;
    await client.sessions.stepUp({ code });
    return client.invoke(operation, input);
  }
}

function wantedBy(error: unknown): Wanted | undefined {
  if (!(error instanceof RemoteError) || error.code !== 'approval_required') return undefined;
  const details = error.details as unknown as Wanted | undefined;
  return typeof details?.approvalId === 'string' && typeof details.digest === 'string' ? details : undefined;
}

async function ask(operation: Operation): Promise<boolean> {
  const { confirm, isCancel } = await import('@clack/prompts');
  const answer = await confirm({
    message: `${operation.summary}: do this?`,
    initialValue: false,
    output: process.stderr,
  });
  return !isCancel(answer) && answer;
}
