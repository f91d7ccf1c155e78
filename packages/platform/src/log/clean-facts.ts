import { ReeveError } from '@reeve/kernel';
import { secretMark } from './known-secrets.ts';
import { isCountName, isSecretHeader, isSecretName, maskText } from './sensitive.ts';

/** A log line is for reading: what is deeper, more or longer than this is cut, and the cut is marked. */
const maxDepth = 8;
const maxMembers = 1_000;
const maxItems = 100;
const maxTextLength = 8_192;
/** Of a longer text only this much is searched for secrets; what may be half a secret at its end is not shown. */
const maxSearchedLength = 65_536;
const maxSecretLength = 4_096;

/** Members that the log itself writes; a fact of this name gets an underscore after it. */
const ownMembers = new Set(['level', 'time', 'message']);

/** A copy of the facts that JSON can carry and that holds no secret. Never throws. */
export function cleanFacts(facts: object): Record<string, unknown> {
  const cleaned = guarded(() => new Cleaner().facts(facts));
  return typeof cleaned === 'string' ? { facts: cleaned } : cleaned;
}

/** Masked before it is cut: half a secret would no longer be recognised. */
export function cleanText(text: string): string {
  if (text.length <= maxTextLength) return maskText(text);
  const searched = maskText(text.slice(0, maxSearchedLength));
  const certain = text.length > maxSearchedLength ? searched.length - maxSecretLength : searched.length;
  return `${searched.slice(0, Math.min(maxTextLength, certain))}… [${text.length} characters]`;
}

class Cleaner {
  /** The objects that enclose the value at hand: they tell depth and cycles. */
  readonly #above: object[] = [];
  #membersLeft = maxMembers;

  facts(facts: object): Record<string, unknown> {
    if (facts instanceof Error) return { error: this.value(facts) };
    this.#above.push(facts);
    return this.#members(facts, (name) => ownMembers.has(name));
  }

  value(value: unknown): unknown {
    if (typeof value === 'string') return cleanText(value);
    if (typeof value === 'bigint') return value.toString();
    if (typeof value === 'function' || typeof value === 'symbol') return `[${typeof value}]`;
    if (typeof value !== 'object' || value === null) return value;
    if (this.#above.includes(value)) return '[circular]';
    if (this.#above.length >= maxDepth) return '[deeper]';
    this.#above.push(value);
    const cleaned = guarded(() => this.#object(value));
    this.#above.pop();
    return cleaned;
  }

  #members(value: object, isTaken: (name: string) => boolean = () => false): Record<string, unknown> {
    const members: Record<string, unknown> = {};
    for (const name of Object.keys(value)) {
      if (this.#membersLeft-- <= 0) {
        members['…'] = '[more]';
        break;
      }
      const shownName = isTaken(name) ? `${name}_` : cleanText(name);
      members[shownName] = guarded(() => this.#member(name, Reflect.get(value, name)));
    }
    return members;
  }

  #member(name: string, value: unknown): unknown {
    if (!isSecretName(name) || value === undefined || value === null || typeof value === 'boolean')
      return this.value(value);
    return typeof value === 'number' && isCountName(name) ? value : secretMark;
  }

  #object(value: object): unknown {
    if (value instanceof Error) return this.#error(value);
    if (Array.isArray(value)) return this.#items(value);
    if (value instanceof Set) return this.#items([...value]);
    if (value instanceof Map || value instanceof Headers) return this.#members(membersOf(value));
    if (value instanceof URLSearchParams) return cleanText(`?${value}`);
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
    const ownForm: unknown = Reflect.get(value, 'toJSON');
    if (typeof ownForm === 'function') return this.value(Reflect.apply(ownForm, value, []));
    return this.#members(value);
  }

  #items(items: readonly unknown[]): unknown[] {
    const shown = items.slice(0, Math.max(0, Math.min(maxItems, this.#membersLeft))).map((item, index) => {
      this.#membersLeft--;
      return typeof item === 'string' && isSecretHeader(items[index - 1]) ? secretMark : this.value(item);
    });
    return shown.length === items.length ? shown : [...shown, `[${items.length - shown.length} more]`];
  }

  /** Stacks are for the log only; nothing that leaves the process carries them. */
  #error(error: Error): Record<string, unknown> {
    const { code, details, issues } = error as Partial<ReeveError>;
    const own = error instanceof ReeveError ? { code, details, issues } : Object.fromEntries(Object.entries(error));
    const { message, stack, cause, name, ...others } = { ...own, ...textsOf(error) };
    return {
      type: name,
      message: cleanText(message),
      ...this.#members(others),
      ...(cause === undefined ? {} : { cause: this.value(cause) }),
      stack: cleanText(stack),
    };
  }
}

function membersOf(entries: Iterable<readonly [unknown, unknown]>): Record<string, unknown> {
  return Object.fromEntries(Array.from(entries, ([name, value]) => [String(name), value]));
}

function textsOf(error: Error): { name: string; message: string; stack: string; cause: unknown } {
  return { name: error.name, message: error.message, stack: error.stack ?? '', cause: error.cause };
}

/** A getter or `toJSON` that throws must not take the log line with it. */
function guarded<Value>(read: () => Value): Value | string {
  try {
    return read();
  } catch (error) {
    return `[unreadable: ${cleanText(error instanceof Error ? error.message : 'it threw no error')}]`;
  }
}
