import { z } from 'zod';
import { isJsonValue, type JsonValue } from './json.ts';

/** Building blocks that more than one domain's schemas are made of. All are browser-safe. */

/** A display name: 1–100 characters, no control characters, not only spaces. */
export const Name = z
  .string()
  .min(1)
  .max(100)
  .refine(
    (text) => text.trim().length > 0 && !/\p{Cc}/u.test(text),
    'must have a visible character and no control characters',
  );

export const Uuid = z.uuid();

/** Text as people write it, without U+0000: PostgreSQL has no place for that. */
export function plainText(maxLength: number) {
  return z
    .string()
    .max(maxLength)
    .refine((text) => !text.includes('\0'), 'must not contain U+0000');
}

/** Any JSON value, taken as it is; not `z.json()`, whose walk copies and cannot be compiled. */
export const Json = z
  .unknown()
  .refine(isJsonValue, 'must be a JSON value')
  .meta({ id: 'JsonValue', description: 'any JSON value' }) as unknown as z.ZodType<JsonValue, JsonValue>;

/** Amount in micro-USD (10⁻⁶ USD) as decimal digits: exact in every JSON reader, whatever its size. */
export const MicroUsd = z
  .string()
  .regex(/^\d{1,18}$/, 'must be a whole number of micro-USD in decimal digits, such as "1500"');

/** Epoch milliseconds. */
export const EpochMs = z.int().nonnegative();

/** Small key-value marks, such as `{ "team": "search" }`: at most 32, keys ≤ 63 and values ≤ 255 characters. */
export const Labels = z
  .record(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$/), z.string().max(255))
  .refine((labels) => Object.keys(labels).length <= 32, 'at most 32 labels');

/** Idempotency keys and correlation ids: visible ASCII. */
export const Token = z.string().regex(/^[\x21-\x7e]{1,128}$/, 'must be 1–128 visible ASCII characters');

/** One page of a list: pass `nextCursor` of the last page as `cursor` to go on; it is absent on the last page. */
export const PageQuery = { limit: z.int().min(1).max(500).default(50), cursor: z.string().max(512).optional() };

export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), nextCursor: z.string().optional() });
}
