import type { ConnectionFlags } from '../connection.ts';
import type { Session } from '../session.ts';
import { runServer } from './server-process.ts';

/** `reeve receipts export`: one line of evidence for each receipt, oldest first. */
export async function exportAll(session: Session, flags: ConnectionFlags): Promise<void> {
  const client = await session.connect(flags, 'user');
  let cursor: string | undefined;
  do {
    const page = await client.receipts.export({ limit: 500, cursor });
    for (const evidence of page.items) session.terminal.print(JSON.stringify(evidence));
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}

export interface VerifyFlags {
  readonly request?: string;
  readonly response?: string;
  readonly json?: boolean;
}

/** `reeve receipts verify`: needs no hub. */
export function verify(file: string, flags: VerifyFlags): Promise<number> {
  return runServer('receipts-verify', { file, ...flags });
}
