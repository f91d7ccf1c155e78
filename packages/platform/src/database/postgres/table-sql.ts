const words: ReadonlyArray<readonly [RegExp, string]> = [
  // An integer of SQLite has 64 bits.
  [/\bINTEGER\b/gi, 'BIGINT'],
  [/\bBLOB\b/gi, 'BYTEA'],
  [/\bREAL\b/gi, 'DOUBLE PRECISION'],
  // Text is compared byte by byte, as in SQLite: the same order on both, whatever the language of the server.
  [/\bTEXT\b/gi, 'TEXT COLLATE "C"'],
  [/\)\s*(STRICT|WITHOUT\s+ROWID)(\s*,\s*(STRICT|WITHOUT\s+ROWID))*\s*$/gi, ')'],
];

/** The statement of a migration in the words of PostgreSQL; texts in quotes stay as they are. */
export function tableSql(statement: string): string {
  return statement
    .split(/('[^']*')/)
    .map((part, index) => (index % 2 === 1 ? part : words.reduce((text, [word, by]) => text.replace(word, by), part)))
    .join('');
}
