import { benchmarkCurve, createMarketNode, type BenchmarkLevel } from '@reeve/market/node';
import { backendOf, type BackendChoice } from '../backend.ts';

export interface NodeBenchOptions extends BackendChoice {
  /** The first the backend lists when not given. */
  readonly model?: string;
  readonly concurrency?: number;
  /** Longest answer asked for. */
  readonly tokens?: number;
  readonly budgetMs?: number;
  readonly json?: boolean;
}

/** Measures one model: time to first token and tokens per second, from one request at a time to many at once. */
export async function run(options: NodeBenchOptions): Promise<void> {
  const { model: name, concurrency = 20, tokens = 64, budgetMs = 60_000, json = false } = options;
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort(new Error('interrupted')));
  const { signal } = interrupted;
  const backend = await backendOf(options);
  await using node = await createMarketNode({ backend, ...(name !== undefined && { only: [name] }) }, signal);
  const model = node.declaration.models[0]!;
  if (!json) print(`${model.name} at ${backend.name}, answers of ${tokens} tokens\n\n${row(heads)}`);
  const measured = { backend, model: model.backendId, maxConcurrency: concurrency, tokens, budgetMs, signal };
  const levels = await benchmarkCurve({ ...measured, ...(!json && { onLevel: (level) => print(levelRow(level)) }) });
  if (json) print(JSON.stringify({ model: model.name, tokens, levels }));
}

const heads = ['concurrency', 'first token', 'tokens/s', 'per request'];

function levelRow({ concurrency, firstTokenMs, tokensPerSecond }: BenchmarkLevel): string {
  const each = (tokensPerSecond / concurrency).toFixed(1);
  return row([`${concurrency}`, `${firstTokenMs.toFixed(1)} ms`, tokensPerSecond.toFixed(1), each]);
}

function row(cells: readonly string[]): string {
  return cells.map((cell) => cell.padStart(12)).join('  ');
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
