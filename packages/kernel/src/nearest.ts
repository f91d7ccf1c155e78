/**
 * The known names closest to a mistyped one, best first: at most `limit`, and only those within a third of the longer
 * name's length in edits (a farther "suggestion" would mislead).
 */
export function nearestNames(wanted: string, known: Iterable<string>, limit = 3): string[] {
  const scored: Array<{ name: string; distance: number }> = [];
  for (const name of known) {
    const furthest = Math.max(1, Math.ceil(Math.max(name.length, wanted.length) / 3));
    if (Math.abs(name.length - wanted.length) > furthest) continue;
    const distance = editDistance(wanted, name);
    if (distance <= furthest) scored.push({ name, distance });
  }
  scored.sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1));
  return scored.slice(0, limit).map((entry) => entry.name);
}

/** Edits (insert, delete, replace one character) between two texts: Wagner and Fischer with two rows. */
export function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = previous[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, previous[column]! + 1, current[column - 1]! + 1));
    }
    previous = current;
  }
  return previous[b.length]!;
}
