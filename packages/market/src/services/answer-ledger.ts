import type { Hub } from '@reeve/hub';
import type { Clock } from '@reeve/kernel';
import type { BoundStatement, Database, Logger } from '@reeve/platform';
import type { SeenAnswer, TokenPrice } from '../domain/receipts/dispute.ts';
import { completionBound, promptBound, textBytesOf } from '../domain/token-bounds.ts';
import { insertAnswer, selectAnswers } from '../store/receipts.ts';
import type { AnswersTable } from '../store/tables.ts';

/** How many answers are remembered after their end, for receipts that come before the record of them is written. */
const remembered = 4_096;

/** So long ended answers wait to be written together: with a commit for each, the next request would wait for the disk. */
const writtenAfterMs = 100;

/**
 * With durability `sync` an answer is seen when its request is on disk, which a slow disk can put off beyond the receipt.
 * So much longer a receipt waits for the answer that it is about.
 */
const fillTimeoutMs = 2_000;

export interface AnswerLedgerParts {
  readonly hub: Pick<Hub, 'agent'>;
  readonly database: Database;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly log: Logger;
}

export interface AnsweredRequest {
  readonly tenant: string;
  /** Who asked, such as `key:<id>`. */
  readonly caller: string;
  readonly model: string;
  readonly capability: string;
  readonly body: unknown;
}

/** The gateway's own account of one request, kept while its answer passes. */
export interface OpenAnswer {
  /** The request has its id. */
  started(taskId: string): void;
  /** An agent was given the work; the price that it asks now is the one that counts. */
  leased(agentId: string): void;
  /** Pieces of an answer, or a whole one, as they come from the node. */
  see(data: readonly string[]): void;
  /** The client has its answer, or its error. */
  ended(outcome: string): void;
}

/** What is known of an answer, with who asked for it. */
export interface KnownAnswer extends SeenAnswer {
  readonly caller: string;
}

/**
 * What the gateway itself saw of each answer: who asked, what it was offered for, and how much text there was. Receipts are
 * held against this. It is written soon after the answer has ended, without anybody waiting; what a crash takes away is
 * not billed.
 */
export class AnswerLedger {
  readonly #parts: AnswerLedgerParts;
  readonly #open = new Map<string, Account>();
  #ended: EndedAnswer[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: AnswerLedgerParts) {
    this.#parts = parts;
  }

  begin(request: AnsweredRequest): OpenAnswer {
    const account = new Account(request);
    return {
      started: (taskId) => {
        account.taskId = taskId;
        this.#open.set(taskId, account);
      },
      leased: (agentId) => void (account.price = this.#priceOf(agentId, request.capability)),
      see: (data) => account.see(data),
      ended: (outcome) => this.#writeSoon(account, outcome),
    };
  }

  /** What was seen of some requests, whether or not they have ended; those that are not known are left out. */
  async seen(taskIds: readonly string[]): Promise<Map<string, KnownAnswer>> {
    const known = new Map<string, KnownAnswer>();
    const others: string[] = [];
    for (const taskId of new Set(taskIds)) {
      const account = this.#open.get(taskId);
      if (account === undefined) others.push(taskId);
      else known.set(taskId, (await account.filled(fillTimeoutMs)).facts());
    }
    if (others.length === 0) return known;
    const rows = await this.#parts.database.read<AnswersTable>(selectAnswers(others));
    for (const row of rows) known.set(row.task_id, factsOf(row));
    return known;
  }

  #priceOf(agentId: string, capability: string): TokenPrice | undefined {
    const offered = this.#parts.hub.agent(agentId)?.offer.capabilities.find(({ name }) => name === capability);
    return offered && tokenPrice(offered.tokens);
  }

  /** Writes what has ended so far. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const ended = this.#ended;
    this.#ended = [];
    const outcomes = await this.#parts.database.commitEach(ended.map(({ row }) => ({ statements: [row] })));
    for (const [index, { account }] of ended.entries()) {
      account.isWritten = true;
      const err = outcomes[index];
      if (!(err instanceof Error)) continue;
      const { taskId } = account;
      this.#parts.log.error({ taskId, err }, 'what an answer consisted of is not recorded, nor billed');
    }
    this.#forgetSome();
  }

  #writeSoon(account: Account, outcome: string): void {
    if (account.taskId === undefined) return; // it was refused before it was a task
    this.#ended.push({ account, row: insertAnswer.bind(account.row(outcome, this.#parts.clock.nowMs())) });
    this.#timer ??= setTimeout(() => void this.flush(), writtenAfterMs).unref();
  }

  /** Those that ended first go first; one that still runs is never forgotten. */
  #forgetSome(): void {
    for (const [taskId, account] of this.#open) {
      if (this.#open.size <= remembered) return;
      if (account.isWritten) this.#open.delete(taskId);
    }
  }
}

/** An answer that has ended and is not in the record yet. */
interface EndedAnswer {
  readonly account: Account;
  readonly row: BoundStatement;
}

class Account {
  readonly request: Omit<AnsweredRequest, 'body'>;
  taskId: string | undefined;
  price: TokenPrice | undefined;
  isWritten = false;
  #body: unknown;
  #promptBound: number | undefined;
  #textBytes = 0;
  #pieces = 0;
  #isFilled = false;
  #filling: PromiseWithResolvers<void> | undefined;

  constructor({ body, ...request }: AnsweredRequest) {
    this.request = request;
    this.#body = body;
  }

  see(data: readonly string[]): void {
    for (const piece of data) this.#textBytes += textBytesOf(piece);
    this.#pieces += data.length;
    this.#fill();
  }

  /** Resolves when something of the answer was seen, when it has ended, or when the time is up. */
  async filled(timeoutMs: number): Promise<this> {
    if (this.#isFilled) return this;
    this.#filling ??= Promise.withResolvers();
    const timer = setTimeout(this.#filling.resolve, timeoutMs);
    await this.#filling.promise;
    clearTimeout(timer);
    return this;
  }

  #fill(): void {
    this.#isFilled = true;
    this.#filling?.resolve();
  }

  facts(): KnownAnswer {
    const seen = {
      caller: this.request.caller,
      promptBound: (this.#promptBound ??= promptBound(this.#body)),
      completionBound: completionBound(this.#textBytes, this.#pieces),
      textBytes: this.#textBytes,
    };
    return this.price === undefined ? seen : { ...seen, price: this.price };
  }

  row(outcome: string, endedAtMs: number): AnswersTable {
    const { tenant, caller, model } = this.request;
    const { promptBound: prompt_bound, completionBound: completion_bound, textBytes: text_bytes } = this.facts();
    this.#fill();
    this.#body = undefined;
    const bounds = { prompt_bound, completion_bound, text_bytes };
    const price = {
      price_input: this.price === undefined ? null : `${this.price.inputMicroUsd}`,
      price_output: this.price === undefined ? null : `${this.price.outputMicroUsd}`,
    };
    return { task_id: this.taskId!, tenant, caller, model, outcome, ...bounds, ...price, ended_at_ms: endedAtMs };
  }
}

function factsOf(row: AnswersTable): KnownAnswer {
  const seen = {
    caller: row.caller,
    promptBound: row.prompt_bound,
    completionBound: row.completion_bound,
    textBytes: row.text_bytes,
  };
  if (row.price_input === null || row.price_output === null) return seen;
  return { ...seen, price: { inputMicroUsd: BigInt(row.price_input), outputMicroUsd: BigInt(row.price_output) } };
}

function tokenPrice(
  tokens: { readonly priceInputMicroUsd: string; readonly priceOutputMicroUsd: string } | undefined,
): TokenPrice {
  if (tokens === undefined) return { inputMicroUsd: 0n, outputMicroUsd: 0n };
  return { inputMicroUsd: BigInt(tokens.priceInputMicroUsd), outputMicroUsd: BigInt(tokens.priceOutputMicroUsd) };
}
