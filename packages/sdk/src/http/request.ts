import type { HttpBinding } from '@reeve/kernel';

/** What an operation's input becomes on the wire. */
export interface WireRequest {
  readonly method: HttpBinding['method'];
  /** Path and query, beginning with `/`. */
  readonly target: string;
  readonly body: string | undefined;
}

/**
 * Spreads an input over path, query and body as the operation's binding says: parameters of the path first, then the
 * query for methods without a body (GET, DELETE), the JSON body for the others. `undefined` values are left out.
 * @throws TypeError when a parameter of the path is missing.
 */
export function toWireRequest(
  http: HttpBinding,
  input: object,
  query: Readonly<Record<string, string>> = {},
): WireRequest {
  const rest: Record<string, unknown> = { ...input };
  const path = http.path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = rest[name];
    if (value === undefined || value === null || value === '') throw new TypeError(`${http.path} needs ${name}`);
    delete rest[name];
    return encodeURIComponent(textOf(value));
  });
  const hasBody = http.method !== 'GET' && http.method !== 'DELETE';
  const search = searchOf(hasBody ? query : { ...rest, ...query });
  return { method: http.method, target: path + search, body: hasBody ? JSON.stringify(rest) : undefined };
}

function searchOf(values: Readonly<Record<string, unknown>>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    for (const item of Array.isArray(value) ? value : [value])
      if (item !== undefined) search.append(name, textOf(item));
  }
  return search.size === 0 ? '' : `?${search}`;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
