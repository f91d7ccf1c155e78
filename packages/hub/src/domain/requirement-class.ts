import type { Constraints, Policy, Requirement } from '../api/task.ts';

/** So many tokens must not cost more. */
export interface CostCeiling {
  readonly inputTokens: bigint;
  readonly outputTokens: bigint;
  readonly maxMicroUsd: bigint;
}

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
  readonly maxPriceInputMicroUsd: bigint | undefined;
  readonly maxPriceOutputMicroUsd: bigint | undefined;
  readonly cost: CostCeiling | undefined;
  readonly minStakeMicroUsd: bigint | undefined;
  readonly onlyAgents: readonly string[] | undefined;
  readonly avoidAgents: readonly string[];
  readonly policy: Policy | undefined;
}

export function requirementClass(requires: readonly Requirement[], constraints: Constraints): RequirementClass {
  const sorted = requires.length === 1 ? requires : requires.toSorted((a, b) => compare(a.name, b.name));
  const labels = Object.entries(constraints.labels ?? {}).sort(([a], [b]) => compare(a, b));
  const { region, cost, agents, policy } = constraints;
  const wanted = {
    requires: sorted,
    labels,
    region,
    maxPriceMicroUsd: amount(constraints.maxPriceMicroUsd),
    maxPriceInputMicroUsd: amount(constraints.maxPriceInputMicroUsd),
    maxPriceOutputMicroUsd: amount(constraints.maxPriceOutputMicroUsd),
    cost: cost && {
      inputTokens: BigInt(cost.inputTokens),
      outputTokens: BigInt(cost.outputTokens),
      maxMicroUsd: BigInt(cost.maxMicroUsd),
    },
    minStakeMicroUsd: amount(constraints.minStakeMicroUsd),
    onlyAgents: agents?.only?.toSorted(compare),
    avoidAgents: agents?.avoid?.toSorted(compare) ?? [],
    policy,
  };
  return { key: classKey(wanted, constraints), ...wanted };
}

/** The capabilities that are required. */
export function namesOf({ requires }: RequirementClass): string[] {
  return requires.map(({ name }) => name);
}

/** The key alone, for the hot path: most tasks have one requirement and no constraint but a policy. */
export function requirementKey(requires: readonly Requirement[], constraints: Constraints): string {
  const only = requires.length === 1 ? requires[0] : undefined;
  if (only && isUnconstrained(constraints)) return plainKey(`${only.name}≥${only.minProficiency}`, constraints.policy);
  return requirementClass(requires, constraints).key;
}

function classKey(wanted: Omit<RequirementClass, 'key'>, constraints: Constraints): string {
  const { requires, policy, ...rest } = wanted;
  const plain = plainKey(requires.map(({ name, minProficiency }) => `${name}≥${minProficiency}`).join(' '), policy);
  return isUnconstrained(constraints) ? plain : `${plain} ${JSON.stringify(Object.values(rest), bigintText)}`;
}

function plainKey(capabilities: string, policy: Policy | undefined): string {
  return policy === undefined ? capabilities : `${capabilities} ${policy}`;
}

/** JSON has no place for `undefined` in an object, so members are written as a list, which writes it as null. */
function bigintText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

function isUnconstrained({ labels, policy: _, ...others }: Constraints): boolean {
  for (const member in others) if (others[member as keyof typeof others] !== undefined) return false;
  return labels === undefined || Object.keys(labels).length === 0;
}

function amount(microUsd: string | undefined): bigint | undefined {
  return microUsd === undefined ? undefined : BigInt(microUsd);
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
