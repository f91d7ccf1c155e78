/** How far a step of a backup or restore is. */
export interface BackupProgress {
  readonly step: 'copying' | 'sealing' | 'verifying' | 'restoring';
  /** 0..1 */
  readonly share: number;
}

export type OnBackupProgress = (progress: BackupProgress) => void;

/** The same bytes, with word of how many of them have passed. */
export async function* watched(
  content: AsyncIterable<Buffer>,
  totalBytes: number,
  step: BackupProgress['step'],
  onProgress: OnBackupProgress | undefined,
): AsyncGenerator<Buffer> {
  let passedBytes = 0;
  for await (const piece of content) {
    yield piece;
    passedBytes += piece.length;
    onProgress?.({ step, share: Math.min(1, passedBytes / totalBytes) });
  }
  onProgress?.({ step, share: 1 }); // less passed than the total where that includes what seals
}
