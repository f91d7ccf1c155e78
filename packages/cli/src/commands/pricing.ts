import { parseDurationMs } from '@reeve/kernel';
import { UsageError } from '../errors.ts';
import { runServer } from './server-process.ts';
import { numberOf } from './server-roles.ts';

export interface SimulateFlags {
  readonly trace: string;
  readonly node?: string;
  readonly pricing?: string;
  readonly cost?: string;
  readonly every: string;
  readonly policy: string;
  readonly tryPolicy?: string;
  readonly seed: string;
  readonly maxWait: string;
  readonly out?: string;
  readonly json?: boolean;
}

/** `reeve market pricing simulate`: needs no hub. */
export function simulatePricing({ cost, every, seed, maxWait, ...rest }: SimulateFlags): Promise<number> {
  if ((rest.node === undefined) !== (rest.pricing === undefined))
    throw UsageError.error('--node and --pricing belong together: whose prices are found anew, and how');
  if (rest.pricing === undefined && rest.tryPolicy === undefined)
    throw UsageError.error('say what to try: --node and --pricing, or --try-policy');
  return runServer('pricing-simulate', {
    ...rest,
    ...(cost !== undefined && { cost: costOf(cost) }),
    everyMs: durationOf('--every', every),
    maxWaitMs: durationOf('--max-wait', maxWait),
    seed: numberOf('--seed', seed),
  });
}

export function durationOf(flag: string, text: string): number {
  const ms = parseDurationMs(text);
  if (ms !== undefined && ms > 0) return ms;
  throw UsageError.error(`${flag} takes a duration, such as 10m or 1h, not ${JSON.stringify(text)}`);
}

function costOf(text: string): { inputMicroUsd: string; outputMicroUsd: string } {
  const [, inputMicroUsd, outputMicroUsd] = /^(\d{1,18})\/(\d{1,18})$/.exec(text) ?? [];
  if (inputMicroUsd !== undefined && outputMicroUsd !== undefined) return { inputMicroUsd, outputMicroUsd };
  throw UsageError.error(
    `--cost takes INPUT/OUTPUT in micro-USD per million tokens, such as 20000/100000, not ${JSON.stringify(text)}`,
  );
}
