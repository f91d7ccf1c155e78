import type { Constraints, Requirement } from '../api/task.ts';

/**
 * The canonical set of requirements of a task. Tasks of one class are alike to every agent, so they wait in one queue
 * and matching looks at classes, never at single tasks.
 */
export interface RequirementClass {
  /** One text for one set, whatever the order in which it was written. */
  readonly key: string;
  readonly requires: readonly Requirement[];
  readonly labels: readonly (readonly [string, string])[];
  readonly region: string | undefined;
  readonly maxPriceMicroUsd: bigint | undefined;
  readonly minStakeMicroUsd: bigint | undefined;
}

export function requirementClass(requires: readonly Requirement[], constraints: Constraints): RequirementClass {
  const sorted = requires.length === 1 ? requires : requires.toSorted((a, b) => compare(a.name, b.name));
  const labels = Object.entries(constraints.labels ?? {}).sort(([a], [b]) => compare(a, b));
  const { region, maxPriceMicroUsd, minStakeMicroUsd } = constraints;
  return {
    key: classKey(sorted, constraints, labels),
    requires: sorted,
    labels,
    region,
    maxPriceMicroUsd: maxPriceMicroUsd === undefined ? undefined : BigInt(maxPriceMicroUsd),
    minStakeMicroUsd: minStakeMicroUsd === undefined ? undefined : BigInt(minStakeMicroUsd),
  };
}

/** The capabilities that are required. */
export function namesOf({ requires }: RequirementClass): string[] {
  return requires.map(({ name }) => name);
}

/** The key alone, for the hot path: most tasks have one requirement and no constraint. */
export function requirementKey(requires: readonly Requirement[], constraints: Constraints): string {
  const only = requires.length === 1 ? requires[0] : undefined;
  if (only && isEmpty(constraints)) return `${only.name}≥${only.minProficiency}`;
  return requirementClass(requires, constraints).key;
}

function classKey(
  sorted: readonly Requirement[],
  constraints: Constraints,
  labels: readonly (readonly [string, string])[],
): string {
  const capabilities = sorted.map(({ name, minProficiency }) => `${name}≥${minProficiency}`).join(' ');
  if (isEmpty(constraints)) return capabilities;
  const { region, maxPriceMicroUsd, minStakeMicroUsd } = constraints;
  const price = maxPriceMicroUsd === undefined ? null : BigInt(maxPriceMicroUsd).toString();
  const stake = minStakeMicroUsd === undefined ? null : BigInt(minStakeMicroUsd).toString();
  return `${capabilities} ${JSON.stringify([labels, region ?? null, price, stake])}`;
}

function isEmpty({ labels, region, maxPriceMicroUsd, minStakeMicroUsd }: Constraints): boolean {
  const unconstrained = region === undefined && maxPriceMicroUsd === undefined && minStakeMicroUsd === undefined;
  return unconstrained && (labels === undefined || Object.keys(labels).length === 0);
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
