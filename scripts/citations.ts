/** Which requirements a test's name says it proves: `[HB-03]`, `[HB-03 explain-none]`, `[HB-03 price labels]`. */
export interface Citation {
  readonly id: string;
  readonly clauses: readonly string[];
}

const CITATION = /\[([A-Z]{2}-\d{2})((?: [a-z0-9][a-z0-9-]*)*)\]/g;
/** Anything in brackets that looks as if it wanted to be a citation. */
const ATTEMPT = /\[[^\]\n]*\b[A-Z]{2}-\d{1,3}\b[^\]\n]*\]/g;

export function citationsIn(text: string): Citation[] {
  return [...text.matchAll(CITATION)].map(([, id = '', clauses = '']) => ({
    id,
    clauses: clauses.split(' ').filter((clause) => clause !== ''),
  }));
}

/** Citations that no reader of them would understand, such as `[HB-3]` or `[HB-01, HB-02]`. */
export function malformedIn(text: string): string[] {
  return [...text.matchAll(ATTEMPT)]
    .map(([attempt]) => attempt)
    .filter((attempt) => attempt.replace(CITATION, '') !== '');
}
