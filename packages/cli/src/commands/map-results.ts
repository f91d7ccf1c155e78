import type { ConnectionFlags } from '../connection.ts';
import { UsageError } from '../errors.ts';
import { ProgressLine } from '../progress-line.ts';
import type { Session } from '../session.ts';

export interface MapResultsFlags extends ConnectionFlags {
  readonly from: string;
}

/** How often the progress of a map is looked up while its results are waited for. */
const progressEveryMs = 1_000;

/** `reeve maps results`: one line of JSON for each item; says meanwhile how far the map is. */
export async function mapResults(session: Session, id: string, { from, ...flags }: MapResultsFlags): Promise<void> {
  if (!/^\d{1,15}$/.test(from))
    throw UsageError.error(`--from takes the number of an item, not ${JSON.stringify(from)}`);
  const client = await session.connect(flags, 'user');
  const progress = new ProgressLine();
  const look = async (): Promise<void> => {
    const { items, chunks } = await client.maps.show({ id });
    const failed = items.failed === 0 ? '' : `, ${items.failed} failed`;
    progress.show(
      `${items.done} of ${items.total} items done${failed}; ${chunks.live} chunks at work, next of ${chunks.nextItems}`,
    );
  };
  // What fails here fails for the results too, and is told there.
  const timer = progress.visible ? setInterval(() => void look().catch(() => {}), progressEveryMs) : undefined;
  try {
    for await (const line of client.maps.results(id, { from: Number(from) })) {
      if ('item' in line) session.terminal.print(JSON.stringify(line));
      else if (line.end.state !== 'succeeded') session.exitCode = line.end.state === 'cancelled' ? 130 : 8;
    }
  } finally {
    clearInterval(timer);
    progress.clear();
  }
}
