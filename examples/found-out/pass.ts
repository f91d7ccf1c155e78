import { listMapChunks } from '@reeve/hub/api';
import type { Client } from '@reeve/sdk';
import { isSame, type Measure } from './measure.ts';

/** What every pass asks for: an agent that is believed to be worse gets none of it. */
export const wanted = { name: 'text.measure', minProficiency: 0.9 } as const;

export interface Pass {
  /** Lines whose measure is not that of the direct computation, by their number. */
  readonly wrong: readonly number[];
  /** Lines that came out of their order, or not at all. */
  readonly misplaced: number;
  readonly chunks: readonly Chunk[];
}

export interface Chunk {
  readonly taskId: string;
  /** Whose result was accepted. */
  readonly agentId: string;
  readonly firstItem: number;
  readonly items: number;
  readonly attempt: number;
}

/** Has every line measured, and compares what comes back with the direct computation, line by line. */
export async function runPass(client: Client, digest: string, right: readonly Measure[]): Promise<Pass> {
  const { id } = await client.tasks.map({
    requires: [wanted],
    itemsBlob: digest,
    initialChunkItems: Math.ceil(right.length / 200),
    // Small enough for the largest output, and many enough that there is work left when an agent is killed.
    maxChunkItems: Math.min(2_000, Math.ceil(right.length / 25)),
    targetChunkMs: 500,
  });
  const wrong: number[] = [];
  let [next, misplaced] = [0, 0];
  for await (const line of client.maps.results(id)) {
    if ('end' in line) break;
    if (line.item !== next) misplaced += 1;
    next = line.item + 1;
    const isRight = 'result' in line && isSame(line.result as unknown as Measure, right[line.item]!);
    if (!isRight) wrong.push(line.item);
  }
  return { wrong, misplaced: misplaced + right.length - next, chunks: await chunksOf(client, id) };
}

async function chunksOf(client: Client, id: string): Promise<Chunk[]> {
  const chunks: Chunk[] = [];
  for await (const { agentId = '', ...chunk } of client.paginate(listMapChunks, { id }))
    chunks.push({ ...chunk, agentId });
  return chunks;
}

/** Share of the lines that an agent did, 0..1. */
export function shareOf({ chunks }: Pass, agentId: string): number {
  const lines = (some: readonly Chunk[]): number => some.reduce((sum, { items }) => sum + items, 0);
  return lines(chunks.filter((chunk) => chunk.agentId === agentId)) / lines(chunks);
}

/** Who did a line. */
export function doerOf({ chunks }: Pass, line: number): string {
  return chunks.find(({ firstItem, items }) => firstItem <= line && line < firstItem + items)!.agentId;
}
