import { createHash } from 'node:crypto';
import { canonicalJson, IdempotencyConflict, type Clock } from '@reeve/kernel';
import { ExpectationFailed } from '../database/errors.ts';
import type { Database, StatementResult, Unit } from '../database/port.ts';
import { findAnswer, keepAnswer, type AnswerScope, type StoredAnswer } from './store/idempotency-records.ts';

export interface IdempotencyComponents {
  readonly database: Database;
  readonly clock: Clock;
  readonly keptMs: number;
}

/** Over the canonical JSON of the input: the order of members does not make another body. */
export function bodyHashOf(rawInput: unknown): string {
  return createHash('sha256').update(canonicalJson(rawInput)).digest('hex');
}

/** Another process, or an earlier life of this one, was first: `stored` is the answer that holds. */
export class AnsweredAlready extends Error {
  readonly stored: StoredAnswer;
  constructor(stored: StoredAnswer) {
    super('the idempotency key has an answer');
    this.stored = stored;
  }
}

/** @throws IdempotencyConflict when the stored answer is that to another body. */
export function assertSameBody(scope: AnswerScope, bodyHash: string, knownHash: string): void {
  if (bodyHash === knownHash) return;
  throw IdempotencyConflict.error(
    `the idempotency key ${scope.key} was used for ${scope.operation} with another body; use a new key`,
  );
}

/** Keeps the answer to one request with an idempotency key, in the unit of its effect. */
export class AnswerKeeper {
  readonly scope: AnswerScope;
  readonly bodyHash: string;
  /** Found at commit: whatever the handler makes of it, this is the answer. */
  foundAtCommit: StoredAnswer | undefined;
  readonly #components: IdempotencyComponents;
  readonly #state: StoredAnswer['state'];

  constructor(components: IdempotencyComponents, scope: AnswerScope, bodyHash: string, state: StoredAnswer['state']) {
    this.#components = components;
    this.scope = scope;
    this.bodyHash = bodyHash;
    this.#state = state;
  }

  /** The answer that is stored and has not expired. @throws IdempotencyConflict for one to another body. */
  async stored(): Promise<StoredAnswer | undefined> {
    const found = await findAnswer(this.#components.database, this.scope);
    if (!found || found.expiresAtMs <= this.#components.clock.nowMs()) return undefined;
    assertSameBody(this.scope, this.bodyHash, found.bodyHash);
    return found;
  }

  /**
   * Commits the unit with the answer. The unique key decides between two that come at once: the unit of the second is
   * undone as a whole, and it gets the answer of the first.
   * @throws AnsweredAlready, IdempotencyConflict
   */
  async commit(unit: Unit, answer: unknown): Promise<readonly StatementResult[]> {
    const { database, clock, keptMs } = this.#components;
    const nowMs = clock.nowMs();
    const stored: StoredAnswer = {
      bodyHash: this.bodyHash,
      state: this.#state,
      answer: JSON.stringify(answer) ?? 'null',
      expiresAtMs: nowMs + keptMs,
    };
    const statements = [...unit.statements, { ...keepAnswer(this.scope, stored, nowMs), expectRows: 1 }];
    try {
      const results = await database.commit({ ...unit, statements });
      return results.slice(0, -1);
    } catch (error) {
      // The handler's own statements may be what collided (the same name inserted twice): the key is looked up first.
      if (ExpectationFailed.is(error)) await this.#throwStored();
      throw error;
    }
  }

  async #throwStored(): Promise<void> {
    this.foundAtCommit = await this.stored();
    if (this.foundAtCommit) throw new AnsweredAlready(this.foundAtCommit);
  }
}

/**
 * Requests with an idempotency key that are on their way in this process. The second waits for the first instead of
 * running beside it, so that a handler with effects outside of the database runs once too.
 */
export class AnswersUnderway {
  readonly #underway = new Map<string, { bodyHash: string; ended: Promise<unknown> }>();

  /** Runs `work` when no other request with this key is on its way; waits for that one otherwise. */
  async alone<T>(keeper: AnswerKeeper, work: () => Promise<T>): Promise<T> {
    const { scope, bodyHash } = keeper;
    const name = `${scope.tenant}\n${scope.operation}\n${scope.key}`;
    for (let first = this.#underway.get(name); first; first = this.#underway.get(name)) {
      assertSameBody(scope, bodyHash, first.bodyHash);
      await first.ended;
    }
    const running = work();
    const ended = running.then(
      () => undefined,
      () => undefined,
    );
    this.#underway.set(name, { bodyHash, ended });
    try {
      return await running;
    } finally {
      this.#underway.delete(name);
    }
  }
}
