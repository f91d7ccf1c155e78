import { UsageError } from '../errors.ts';
import type { ConnectionFlags } from '../connection.ts';
import { runServer } from './server-process.ts';
import { pricingOptions, type PricingFlags } from './node-pricing.ts';
import { keyVariable, numberOf } from './server-roles.ts';

interface BackendFlags {
  readonly backend?: string;
  readonly mini?: boolean;
  readonly backendKeyEnv?: string;
  readonly concurrency?: string;
}

export interface NodeFlags extends ConnectionFlags, BackendFlags, PricingFlags {
  readonly name?: string;
  readonly state?: string;
  readonly price?: readonly string[];
  readonly embedding?: readonly string[];
  readonly digest?: readonly string[];
  readonly contextTokens?: string;
  readonly region?: string;
  readonly terms?: string;
  readonly maxMemory?: string;
  /** False by `--no-benchmark`. */
  readonly benchmark: boolean;
  /** False by `--no-probe`. */
  readonly probe: boolean;
}

export interface NodeBenchFlags extends BackendFlags {
  readonly model?: string;
  readonly tokens?: string;
  readonly json?: boolean;
}

/** `reeve node` */
export function node({ key, concurrency, price, digest, contextTokens, maxMemory, benchmark, ...flags }: NodeFlags) {
  insistOnBackend('reeve node', flags);
  const options = {
    ...pricingOptions(flags),
    ...pricesOf(price ?? []),
    ...(digest !== undefined && { digests: digestsOf(digest) }),
    ...(concurrency !== undefined && { concurrency: numberOf('--concurrency', concurrency) }),
    ...(contextTokens !== undefined && { contextTokens: numberOf('--context-tokens', contextTokens) }),
    ...(maxMemory !== undefined && { maxMemoryShare: percentOf('--max-memory', maxMemory) / 100 }),
    ...(!benchmark && { benchmarkMs: 0 }),
  };
  return runServer('node', options, keyVariable(key));
}

/** `reeve node bench` */
export function nodeBench({ backend, mini, backendKeyEnv, model, json, ...numbers }: NodeBenchFlags): Promise<number> {
  insistOnBackend('reeve node bench', { backend, mini });
  const { concurrency, tokens } = numbers;
  return runServer('node-bench', {
    backend,
    mini,
    backendKeyEnv,
    model,
    json,
    ...(concurrency !== undefined && { concurrency: numberOf('--concurrency', concurrency) }),
    ...(tokens !== undefined && { tokens: numberOf('--tokens', tokens) }),
  });
}

function insistOnBackend(
  command: string,
  { backend, mini }: { backend?: string | undefined; mini?: boolean | undefined },
): void {
  if ((backend === undefined) === (mini !== true)) {
    throw UsageError.error(`${command} needs either --backend URL or --mini`);
  }
}

interface Price {
  readonly inputMicroUsd: string;
  readonly outputMicroUsd: string;
}

/** `200000/600000` for all models, `llama=900000/1200000` for one. */
function pricesOf(flags: readonly string[]): { price?: Price; prices?: Record<string, Price> } {
  let price: Price | undefined;
  const prices: [string, Price][] = [];
  for (const flag of flags) {
    const [, model, inputMicroUsd, outputMicroUsd] = /^(?:(.+)=)?(\d{1,18})\/(\d{1,18})$/.exec(flag) ?? [];
    if (inputMicroUsd === undefined || outputMicroUsd === undefined) {
      throw UsageError.error(
        `--price takes [MODEL=]INPUT/OUTPUT in micro-USD per million tokens, such as 200000/600000, not ${JSON.stringify(flag)}`,
      );
    }
    if (model === undefined) price = { inputMicroUsd, outputMicroUsd };
    else prices.push([model, { inputMicroUsd, outputMicroUsd }]);
  }
  return { ...(price && { price }), ...(prices.length > 0 && { prices: Object.fromEntries(prices) }) };
}

/** `llama=sha256:1234` for each model. */
function digestsOf(flags: readonly string[]): Record<string, string> {
  const pairs = flags.map((flag) => {
    const [, model, digest] = /^(.+)=([^=\s]{1,200})$/.exec(flag) ?? [];
    if (model !== undefined && digest !== undefined) return [model, digest] as const;
    throw UsageError.error(`--digest takes MODEL=DIGEST, such as llama=sha256:1234, not ${JSON.stringify(flag)}`);
  });
  return Object.fromEntries(pairs);
}

function percentOf(flag: string, text: string): number {
  const percent = numberOf(flag, text);
  if (percent >= 1 && percent <= 100) return percent;
  throw UsageError.error(`${flag} takes a percentage from 1 to 100, not ${text}`);
}
