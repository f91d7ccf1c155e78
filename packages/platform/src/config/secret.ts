import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { rememberSecret, secretMark } from '../log/known-secrets.ts';

/** Where a secret comes from. `text` is a plain value, which production refuses. */
export type SecretReference =
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'text' };

/**
 * A secret that shows itself only to who asks for it by `reveal`. As text, in JSON and in `inspect` it is `[secret]`.
 * It is read at the first `reveal`; from then on the log blanks its value wherever it turns up.
 */
export class Secret {
  readonly reference: SecretReference;
  readonly #read: () => string;
  #value: string | undefined;

  constructor(reference: SecretReference, read: () => string) {
    this.reference = reference;
    this.#read = read;
  }

  /** @throws what reading the file throws. */
  reveal(): string {
    if (this.#value === undefined) {
      this.#value = this.#read();
      rememberSecret(this.#value);
    }
    return this.#value;
  }

  toString(): string {
    return secretMark;
  }
  toJSON(): string {
    return secretMark;
  }
  [inspect.custom](): string {
    return secretMark;
  }
}

/** The file's text without the line feed that editors leave at its end. */
export function secretFromFile(path: string): Secret {
  return new Secret({ kind: 'file', path }, () => readFileSync(path, 'utf8').replace(/\r?\n$/, ''));
}

export function secretFromVariable(name: string, value: string): Secret {
  // Known to the log at once: the value is in memory already.
  rememberSecret(value);
  return new Secret({ kind: 'env', name }, () => value);
}

export function secretFromText(value: string): Secret {
  rememberSecret(value);
  return new Secret({ kind: 'text' }, () => value);
}
