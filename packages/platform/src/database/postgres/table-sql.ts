/** Types are written in capitals, so that a column may be called `text`. */
const words: ReadonlyArray<readonly [RegExp, string]> = [
  // An integer of SQLite has 64 bits.
  [/\bINTEGER\b/g, 'BIGINT'],
  [/\bBLOB\b/g, 'BYTEA'],
  [/\bREAL\b/g, 'DOUBLE PRECISION'],
  // Text is compared byte by byte, as in SQLite: the same order on both, whatever the language of the server.
  [/\bTEXT\b/g, 'TEXT COLLATE "C"'],
  [/\)\s*(STRICT|WITHOUT\s+ROWID)(\s*,\s*(STRICT|WITHOUT\s+ROWID))*\s*$/g, ')'],
];

/** The statement of a migration in the words of PostgreSQL; texts in quotes stay as they are. */
export function tableSql(statement: string): string {
  return statement
    .split(/('[^']*')/)
    .map((part, index) => (index % 2 === 1 ? part : words.reduce((text, [word, by]) => text.replace(word, by), part)))
    .join('');
}
