import { errorCatalogue, errorClasses, type InputIssue, ReeveError } from '@reeve/kernel';
import picocolors from 'picocolors';
import type { Connection } from './connection.ts';
import type { Colours, Terminal } from './terminal.ts';
import { cellOf, type CellContext, visible } from './views/cell.ts';
import { type PlanFacts, planText } from './views/plan.ts';

/** What every error that a hub or this program gives has in common. */
interface Failure {
  readonly code: string;
  readonly message: string;
  readonly issues?: readonly InputIssue[] | undefined;
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  readonly correlationId?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly status: number;
}

export interface FailureContext {
  readonly terminal: Terminal;
  readonly json: boolean;
  readonly debug: boolean;
  readonly connection?: Connection | undefined;
}

/** Shows an error and gives the exit code of its class. Stack traces are for those who ask with REEVE_DEBUG. */
export function reportFailure(error: unknown, context: FailureContext): number {
  const { terminal } = context;
  const failure = asFailure(error);
  if (failure === undefined) return reportDefect(error, context);
  if (context.json) terminal.note(JSON.stringify({ error: factsOf(failure) }));
  else for (const line of linesOf(failure, context)) terminal.note(line);
  if (context.debug && error instanceof Error) terminal.note(error.stack ?? '');
  return exitCodeOf(failure);
}

function asFailure(error: unknown): Failure | undefined {
  if (error instanceof ReeveError) return error;
  // Known by its shape, so that a command that never talks to a hub need not load the client.
  if (error instanceof Error && error.name === 'RemoteError') return error as Error & Failure;
  return undefined;
}

function reportDefect(error: unknown, { terminal, debug }: FailureContext): number {
  const message = error instanceof Error ? error.message : String(error);
  terminal.note(`error: ${message}`);
  terminal.note('  This is a defect of reeve. REEVE_DEBUG=1 shows where it happened.');
  if (debug && error instanceof Error) terminal.note(error.stack ?? '');
  return 1;
}

function factsOf(failure: Failure): object {
  const { code, message, status, issues, details, correlationId, retryAfterMs } = failure;
  return { code, message, status, issues, details, correlationId, retryAfterMs };
}

function linesOf(failure: Failure, { terminal, connection }: FailureContext): string[] {
  const { red, dim, bold } = errorColours(terminal.colours);
  const lines = [`${red('error:')} ${visible(failure.message)} ${dim(`(${failure.code})`)}`];
  for (const { path, message } of issuesWorthALine(failure))
    lines.push(`  ${bold(path.join('.') || 'input')}: ${visible(message)}`);
  lines.push(...detailLines(failure, terminal.colours));
  const hint = hintFor(failure, connection);
  if (hint !== undefined) lines.push(dim(`  ${hint}`));
  if (failure.correlationId !== undefined) lines.push(dim(`  correlation id ${failure.correlationId}`));
  return lines;
}

/** A single fault is often what the message says already. */
function issuesWorthALine({ issues = [], message }: Failure): readonly InputIssue[] {
  return issues.length === 1 && message.includes(issues[0]!.message) ? [] : issues;
}

/** A plan that was refused is shown as one; of other details each fact that fits on a line. */
function detailLines({ details = {} }: Failure, colours: Colours): string[] {
  if (details['plan'] !== undefined) return [planText(details as unknown as PlanFacts, colours)];
  const facts = Object.entries(details).filter(([, value]) => isShort(value));
  return facts.map(([name, value]) => `  ${name}: ${cellOf(name, value, plainCells)}`);
}

const plainCells: CellContext = { nowMs: Date.now(), colours: picocolors.createColors(false) };

/** Facts worth a line. */
function isShort(value: unknown): boolean {
  return (
    typeof value !== 'object' ||
    value === null ||
    (Array.isArray(value) && value.length > 0 && value.every((item) => typeof item !== 'object'))
  );
}

function errorColours(colours: Colours): Pick<Colours, 'red' | 'dim' | 'bold'> {
  const plain = (text: string | number | null | undefined) => String(text);
  return process.stderr.isTTY ? colours : { red: plain, dim: plain, bold: plain };
}

function hintFor({ code, details }: Failure, connection: Connection | undefined): string | undefined {
  const from = connection === undefined ? '' : ` (address from ${connection.source})`;
  if (code === 'hub_unreachable') return `start one with: reeve up${from}`;
  if (code === 'approval_required')
    return `approve it with: reeve approvals give ${String(details?.['approvalId'])} --digest ${String(details?.['digest'])}`;
  if (code === 'unauthenticated' && connection?.apiKey === undefined)
    return 'no key was sent: give one with --key or REEVE_API_KEY';
  return errorCatalogue().find((kind) => kind.code === code)?.remedy;
}

function exitCodeOf({ status }: { readonly status: number }): number {
  return Object.values(errorClasses).find((known) => known.status === status)?.exitCode ?? 1;
}
