import type { JsonValue } from './json.ts';

export type GuardVerdict = 'pass' | 'deny' | 'needsApproval';

/** What a guard found: its verdict, with the value it measured and the limit it used. */
export interface GuardFinding {
  readonly verdict: GuardVerdict;
  readonly measured: JsonValue;
  readonly limit: JsonValue;
  /** One line for people. */
  readonly message: string;
}

export interface GuardResult extends GuardFinding {
  readonly guard: string;
}

/** A condition that must hold before a consequential operation runs. `limit` enters the digest that people approve. */
export interface Guard<Context> {
  readonly name: string;
  readonly limit: JsonValue;
  evaluate(context: Context): GuardFinding | Promise<GuardFinding>;
}

/** Evaluates every guard; one that throws, or answers something that is no verdict, denies. Never throws. */
export async function evaluateGuards<Context>(
  guards: readonly Guard<Context>[],
  context: Context,
): Promise<GuardResult[]> {
  return Promise.all(guards.map((guard) => evaluateGuard(guard, context)));
}

async function evaluateGuard<Context>(guard: Guard<Context>, context: Context): Promise<GuardResult> {
  try {
    const finding = await guard.evaluate(context);
    if (isVerdict(finding.verdict)) return { ...finding, guard: guard.name };
    return unevaluated(guard, `answered no verdict but ${JSON.stringify(finding.verdict)}`);
  } catch (error) {
    return unevaluated(guard, error instanceof Error ? error.message : String(error));
  }
}

function unevaluated(guard: Pick<Guard<never>, 'name' | 'limit'>, reason: string): GuardResult {
  const message = `could not be evaluated: ${reason}`;
  return { guard: guard.name, verdict: 'deny', measured: null, limit: guard.limit, message };
}

function isVerdict(value: unknown): value is GuardVerdict {
  return value === 'pass' || value === 'deny' || value === 'needsApproval';
}

/** The strictest verdict of all: one denial denies, one need of approval needs approval. */
export function overallVerdict(results: readonly GuardResult[]): GuardVerdict {
  if (results.some((result) => result.verdict === 'deny')) return 'deny';
  return results.some((result) => result.verdict === 'needsApproval') ? 'needsApproval' : 'pass';
}
