/**
 * A text that is stored sealed: the database encrypts it on its way to the disk, and `unsealed` opens it again. `place`
 * names the one column of one row it belongs to (`tasks.output:17`); anywhere else the stored text does not open, so
 * that rows cannot be exchanged.
 */
export class SealedText {
  readonly text: string;
  readonly place: string;

  constructor(text: string, place: string) {
    this.text = text;
    this.place = place;
  }
}

/** One column of one row. */
export function placeOf(table: string, column: string, ...key: ReadonlyArray<string | number>): string {
  return `${table}.${column}:${key.join('\n')}`;
}
