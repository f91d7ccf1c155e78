import { writeFile } from 'node:fs/promises';
import { formatMoney, InvalidInput } from '@reeve/kernel';
import { simulate, type NodePricing, type ReplayReport, type Variant } from '@reeve/market';
import type { PricingModel, PricingPrediction } from '@reeve/market/api';
import { readTraceFile, type TraceFile } from '../trace-file.ts';

type Policy = Variant['policy'];

export interface PricingSimulateOptions {
  readonly trace: string;
  /** The node whose prices are found anew, and how; none when only policies are compared. */
  readonly node?: string;
  readonly pricing?: PricingModel;
  /** Per million tokens, in decimal digits. */
  readonly cost?: { readonly inputMicroUsd: string; readonly outputMicroUsd: string };
  readonly everyMs: number;
  readonly policy: Policy;
  /** The policy tried; that of now when not given. */
  readonly tryPolicy?: Policy;
  readonly seed: number;
  readonly maxWaitMs: number;
  /** Where the prediction is written that `reeve node --simulation` takes. */
  readonly out?: string;
  readonly json?: boolean;
}

/** Replays a trace as it is now and as it would be, and shows both. */
export async function run(options: PricingSimulateOptions): Promise<void> {
  const { policy, tryPolicy = policy, seed, maxWaitMs, json = false, out } = options;
  const trace = await readTraceFile(options.trace);
  const pricing = pricingOf(options, trace);
  const settings = { seed, maxWaitMs };
  const current = simulate(trace, { policy }, settings);
  const tried = simulate(trace, { policy: tryPolicy, ...(pricing && { pricing }) }, settings);
  if (out !== undefined) await writePrediction(out, options, trace, pricing, tried);
  print(json ? JSON.stringify({ trace: trace.sha256, seed, current, tried }) : table(current, tried).join('\n'));
  if (out !== undefined && !json)
    print(`\nwritten to ${out}: reeve node --pricing ${options.pricing} --simulation ${out}`);
}

function pricingOf({ node, pricing: model, cost, everyMs }: PricingSimulateOptions, trace: TraceFile) {
  if (node === undefined || model === undefined) return undefined;
  const names = [...new Set(trace.offers.map((offer) => offer.node))];
  if (!names.includes(node))
    throw InvalidInput.error(`the trace has no offer of ${node}; it has ${names.slice(0, 10).join(', ')}`);
  const { inputMicroUsd, outputMicroUsd } = cost ?? { inputMicroUsd: '0', outputMicroUsd: '0' };
  const costs = { inputMicroUsd: BigInt(inputMicroUsd), outputMicroUsd: BigInt(outputMicroUsd) };
  return { node, model, cost: costs, everyMs };
}

async function writePrediction(
  path: string,
  { seed, everyMs }: PricingSimulateOptions,
  { sha256 }: TraceFile,
  pricing: NodePricing | undefined,
  tried: ReplayReport,
): Promise<void> {
  if (pricing === undefined) throw InvalidInput.error('--out is for a pricing model: give --node and --pricing');
  const own = tried.nodes.find(({ node }) => node === pricing.node)!;
  const { inputMicroUsd, outputMicroUsd } = pricing.cost;
  const prediction: PricingPrediction = {
    format: 'reeve.pricing.v1',
    node: pricing.node,
    pricing: pricing.model,
    cost: { inputMicroUsd: `${inputMicroUsd}`, outputMicroUsd: `${outputMicroUsd}` },
    everyMs,
    trace: sha256,
    seed,
    revenuePerHourMicroUsd: `${perHour(BigInt(own.revenueMicroUsd), tried.durationMs)}`,
    utilisation: own.utilisation,
  };
  await writeFile(path, `${JSON.stringify(prediction, null, 2)}\n`, { flag: 'wx' }).catch((cause: Error) => {
    throw InvalidInput.error(`${path} cannot be written: ${cause.message}`, { cause });
  });
}

function perHour(microUsd: bigint, durationMs: number): bigint {
  return durationMs === 0 ? 0n : (microUsd * 3_600_000n) / BigInt(durationMs);
}

function table(current: ReplayReport, tried: ReplayReport): string[] {
  const rows: [string, string, string][] = [
    ['', 'now', 'tried'],
    ['served', `${current.served}`, `${tried.served}`],
    ['lost', `${current.lost}`, `${tried.lost}`],
    ['mean wait', `${current.meanWaitMs} ms`, `${tried.meanWaitMs} ms`],
    ['revenue', usd(current.revenueMicroUsd), usd(tried.revenueMicroUsd)],
    ['price changes', `${current.priceChanges}`, `${tried.priceChanges}`],
  ];
  for (const [at, { node, ...now }] of current.nodes.entries()) {
    const then = tried.nodes[at]!;
    rows.push(
      [`${node}: served`, `${now.served}`, `${then.served}`],
      [`${node}: revenue`, usd(now.revenueMicroUsd), usd(then.revenueMicroUsd)],
      [`${node}: utilisation`, percent(now.utilisation), percent(then.utilisation)],
    );
  }
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map(([name, now, then]) =>
    [name.padEnd(widths[0]!), now.padStart(widths[1]!), then.padStart(widths[2]!)].join('  '),
  );
}

function usd(microUsd: string): string {
  return formatMoney({ amount: BigInt(microUsd), currency: 'microUsd' });
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
