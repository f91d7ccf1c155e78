/** Texts in quotes, names in quotes, and placeholders, whichever comes first. */
const tokens = /'[^']*'|"[^"]*"|\?/g;

/** The SQL with `place(1)`, `place(2)` … for its placeholders `?`. */
export function withPlaces(sql: string, place: (number: number) => string): string {
  let number = 0;
  return sql.replace(tokens, (token) => (token === '?' ? place(++number) : token));
}

/** The SQL as PostgreSQL wants it: `$1`, `$2` … for `?`. */
export function numbered(sql: string): string {
  return withPlaces(sql, (number) => `$${number}`);
}
