import type { Effect, GuardResult } from '@reeve/kernel';
import { formatMoney } from '@reeve/kernel';
import type { Colours } from '../terminal.ts';
import { visible } from './cell.ts';

/** A plan as the hub answers it to a dry run, or with the demand for consent. */
export interface PlanFacts {
  readonly operation: string;
  readonly plan: { readonly effects: readonly Effect[]; readonly costMicroUsd?: string };
  readonly guards: readonly GuardResult[];
  readonly verdict: string;
}

/** What would be done, and what each guard found, for people. */
export function planText({ operation, plan, guards, verdict }: PlanFacts, colours: Colours): string {
  const lines = [colours.bold(`plan of ${operation}`), ...plan.effects.map((effect) => `  ${effectText(effect)}`)];
  if (plan.costMicroUsd !== undefined)
    lines.push(`  costs ${formatMoney({ amount: BigInt(plan.costMicroUsd), currency: 'microUsd' })}`);
  if (guards.length > 0) lines.push(colours.bold('guards'), ...guards.map((guard) => `  ${guardText(guard, colours)}`));
  lines.push(`${colours.bold('verdict')} ${verdict}`);
  return lines.join('\n');
}

function effectText({ verb, target, id, count, atMost, note }: Effect): string {
  const which = id === undefined ? `${count} (at most ${atMost})` : visible(id);
  return `${verb} ${target} ${which}${note === undefined ? '' : `: ${visible(note)}`}`;
}

function guardText({ guard, verdict, message, measured, limit }: GuardResult, colours: Colours): string {
  const paint = { pass: colours.green, deny: colours.red, needsApproval: colours.yellow }[verdict];
  const values = `measured ${JSON.stringify(measured)}, limit ${JSON.stringify(limit)}`;
  return `${paint(verdict)} ${guard}: ${visible(message)} ${colours.dim(`(${values})`)}`;
}
