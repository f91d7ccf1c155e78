import type { Operation } from '@reeve/kernel';
import { operations } from '@reeve/sdk';
import type { Command } from 'commander';
import { questions } from '../questions.ts';
import type { Session } from '../session.ts';
import { addFlags, type CommonFlags } from './add-flags.ts';
import { dashed, type Flag } from './flag.ts';
import { inputOf, type Written } from './input-of.ts';
import { runOperation } from './run-operation.ts';

const domainSummaries: Readonly<Record<string, string>> = {
  tasks: 'tasks: what is to be done',
  blobs: 'blobs: contents too large for an input',
  maps: 'maps: data sets in work, chunk by chunk',
  workflows: 'workflows: tasks that depend on one another',
  keys: 'API keys: who may do what',
  approvals: 'what waits for a person’s consent',
  audit: 'who did what, provably',
  users: 'people who can log in',
  sessions: 'logins of people',
  totp: 'your authenticator',
  encryption: 'keys that seal what is stored',
  models: 'models that can be asked',
  market: 'what nodes offer',
  budgets: 'what keys and tenants may spend on models',
  receipts: 'what nodes signed for',
  health: 'the state of the hub’s dependencies',
};

/** Operations that have a better command of their own. */
const elsewhere = new Set(['hub.status', 'events.list', 'receipts.export', 'usage.show', 'market.report']);

/** Adds `reeve <domain> <verb>` for every operation. Flags are made only for the one that the command line names. */
export function addOperationCommands(program: Command, session: Session, argv: readonly string[]): void {
  const words = argv.filter((word) => !word.startsWith('-'));
  for (const operation of operations) {
    if (elsewhere.has(operation.name)) continue;
    const { domain, verb } = operation;
    const parent = program.commands.find((command) => command.name() === domain) ?? newDomain(program, domain);
    const command = parent.command(verb).description(operation.summary);
    if (dashed(verb) !== verb) command.alias(dashed(verb));
    if (words.includes(domain) && (words.includes(verb) || words.includes(dashed(verb)))) {
      addOperation(command, operation, session);
    }
  }
}

function newDomain(program: Command, domain: string): Command {
  return program.command(domain).description(domainSummaries[domain] ?? domain);
}

function addOperation(command: Command, operation: Operation, session: Session): void {
  if (operation.description !== undefined) command.description(`${operation.summary}\n\n${operation.description}`);
  const flags = addFlags(command, operation);
  if (operation.name === 'tasks.create') {
    command.option('--wait', 'until the task has ended; its end decides the exit code');
  }
  if (operation.name === 'audit.verify') {
    command.option('--heads <file>', 'against a copy of the exported heads that was kept elsewhere');
  }
  command.action(() => run(command, operation, flags, session));
}

async function run(command: Command, operation: Operation, flags: readonly Flag[], session: Session): Promise<void> {
  const written = command.opts<Written & CommonFlags & { wait?: boolean; heads?: string }>();
  if (written.heads !== undefined) return verifyAgainst(session, written.heads, written);
  const input = await inputOf(operation, flags, command.args, written, questions(session.terminal));
  if (written.wait) return createAndWait(session, operation, input, written);
  const answer = (await runOperation(session, operation, input, written)) as { ok?: boolean };
  if (operation.name === 'audit.verify' && !answer.ok) session.exitCode = 1;
}

/** Sends a copy of the exported heads, one JSON line each, to be checked and compared. */
async function verifyAgainst(session: Session, file: string, flags: CommonFlags): Promise<void> {
  const { readHeads } = await import('../commands/read-heads.ts');
  const verifyHeads = operations.find(({ name }) => name === 'audit.verifyHeads')!;
  const answer = (await runOperation(session, verifyHeads, { heads: await readHeads(file) }, flags)) as { ok: boolean };
  if (!answer.ok) session.exitCode = 1;
}

/** With `--wait` the answer is the task as it ended, so that there is one answer and not two. */
async function createAndWait(session: Session, operation: Operation, input: object, flags: CommonFlags): Promise<void> {
  const client = await session.connect(flags, 'user');
  const { id } = (await client.invoke(operation, input)) as { id: string };
  if (!flags.json) session.terminal.note(session.terminal.colours.dim(`task ${id}`));
  const { waitForTask } = await import('../commands/wait-for-task.ts');
  await waitForTask(session, id, flags);
}
