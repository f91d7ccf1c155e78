import type { ColumnType } from 'kysely';
import type { SealedText } from '../sealing/sealed-text.ts';

/** A table some of whose text columns are stored sealed: nothing but a `SealedText` can be written to them. */
export type Sealing<Row, Columns extends keyof Row> = Omit<Row, Columns> & {
  [Column in Columns]: ColumnType<Row[Column], Written<Row[Column]>, Written<Row[Column]>>;
};

type Written<Value> = SealedText | Extract<Value, null>;
