const units: ReadonlyArray<readonly [string, number]> = [
  ['GiB', 2 ** 30],
  ['MiB', 2 ** 20],
  ['KiB', 2 ** 10],
  ['GB', 1e9],
  ['MB', 1e6],
  ['kB', 1e3],
  ['B', 1],
];

/** Reads `512B`, `256KiB`, `1MiB`, `2GB` as bytes; `undefined` when the text is not a size. */
export function parseSizeBytes(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([a-zA-Z]+)$/.exec(text.trim());
  const unit = units.find(([name]) => name.toLowerCase() === match?.[2]?.toLowerCase());
  return match && unit ? Math.round(Number(match[1]) * unit[1]) : undefined;
}

/** Writes bytes in the largest binary unit that divides them, so that the text reads back as the same number. */
export function formatSizeBytes(bytes: number): string {
  const unit = units.slice(0, 3).find(([, size]) => bytes > 0 && bytes % size === 0);
  return unit ? `${bytes / unit[1]}${unit[0]}` : String(bytes);
}
