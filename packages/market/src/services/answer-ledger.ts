import type { Hub } from '@reeve/hub';
import { Overloaded, StorageUnavailable, type Clock } from '@reeve/kernel';
import type { Database, Logger, UnitOutcome, UnitStatement } from '@reeve/platform';
import { costPicoUsd, type TokenCounts } from '../domain/budgets/amounts.ts';
import type { SeenAnswer, TokenPrice } from '../domain/receipts/dispute.ts';
import { answerBound, completionBound, promptBound, textBytesOf } from '../domain/token-bounds.ts';
import { insertAnswer, selectAnswers } from '../store/receipts.ts';
import type { AnswersTable } from '../store/tables.ts';
import type { BudgetBook, Reservation } from './budgets/budget-book.ts';

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
  readonly budgets: Pick<BudgetBook, 'settlement' | 'settled' | 'refund'>;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly log: Logger;
}

export interface AnsweredRequest {
  readonly tenant: string;
  /** Who asked, such as `key:<id>`. */
  readonly caller: string;
  readonly model: string;
  readonly capability: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** What its budgets keep free for it. */
  readonly reservation?: Reservation | undefined;
}

/** The gateway's own account of one request, kept while its answer passes. */
export interface OpenAnswer {
  /** The request has its id. */
  started(taskId: string): void;
  /** An agent was given the work; the price that it asks now is the one that counts. */
  leased(agentId: string): void;
  /** Another node goes on with it and is asked this: what it gives is held against what is seen from now on. */
  resumed(body: Readonly<Record<string, unknown>>): void;
  /** Pieces of an answer, or a whole one, as they come from the node. */
  see(data: readonly string[]): void;
  /** Bytes of what the model wrote, as far as it was seen. */
  readonly textBytes: number;
  /**
   * The client has its answer, or its error.
   * @param reported what the node says that a whole answer took, where it says so.
   */
  ended(outcome: string, reported?: TokenCounts): void;
}

/** What is known of an answer, with who asked for it. */
export interface KnownAnswer extends SeenAnswer {
  readonly caller: string;
  /**
   * What gives back to its budgets, where it counted with more than is billed for it, as one that broke off does. Once:
   * asked again it is nothing. Not known after a restart; then more stays counted than was billed.
   */
  refund?(billedPicoUsd: bigint): readonly UnitStatement[];
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
      resumed: (body) => account.resumed(body),
      see: (data) => account.see(data),
      get textBytes() {
        return account.textBytes;
      },
      ended: (outcome, reported) => this.#writeSoon(account, outcome, reported),
    };
  }

  /** What was seen of some requests, whether or not they have ended; those that are not known are left out. */
  async seen(taskIds: readonly string[]): Promise<Map<string, KnownAnswer>> {
    const known = new Map<string, KnownAnswer>();
    const others: string[] = [];
    const open: Account[] = [];
    for (const taskId of new Set(taskIds)) {
      const account = this.#open.get(taskId);
      if (account === undefined) others.push(taskId);
      else open.push(account);
    }
    await Promise.all(open.map((account) => account.filled(fillTimeoutMs)));
    for (const account of open) known.set(account.taskId!, this.#refundable(account));
    if (others.length === 0) return known;
    const rows = await this.#parts.database.read<AnswersTable>(selectAnswers(others));
    for (const row of rows) known.set(row.task_id, factsOf(row));
    return known;
  }

  #refundable(account: Account): KnownAnswer {
    const { reservation } = account;
    if (reservation === undefined) return account.facts();
    return {
      ...account.facts(),
      refund: (billedPicoUsd) => {
        const overPicoUsd = account.takeExcess(billedPicoUsd);
        return overPicoUsd === 0n ? [] : this.#parts.budgets.refund(reservation, overPicoUsd);
      },
    };
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
    const outcomes = await this.#parts.database.commitEach(ended.map(({ statements }) => ({ statements })));
    for (const [index, answer] of ended.entries()) await this.#written(answer, outcomes[index]!);
    this.#forgetSome();
  }

  async #written(answer: EndedAnswer, outcome: UnitOutcome): Promise<void> {
    const { account, settling } = answer;
    const { taskId, reservation } = account;
    if (!(outcome instanceof Error)) {
      account.written();
      if (reservation) await this.#parts.budgets.settled(reservation, outcome.slice(-settling));
    } else if (reservation && (StorageUnavailable.is(outcome) || Overloaded.is(outcome))) {
      this.#write(answer); // nothing of it was kept, and its budget would stay reserved
    } else {
      if (!reservation) account.written();
      this.#parts.log.error({ taskId, err: outcome }, 'what an answer consisted of is not recorded, nor billed');
    }
  }

  #writeSoon(account: Account, outcome: string, reported: TokenCounts | undefined): void {
    const { taskId, reservation } = account;
    if (taskId === undefined && reservation === undefined) return; // it was refused before it was a task
    const costPicoUsd = account.end(outcome, reported);
    const settlement = reservation ? this.#parts.budgets.settlement(reservation, costPicoUsd) : [];
    const row = account.row(outcome, this.#parts.clock.nowMs());
    const statements = row === undefined ? settlement : [insertAnswer.bind(row), ...settlement];
    this.#write({ account, statements, settling: settlement.length });
  }

  #write(answer: EndedAnswer): void {
    this.#ended.push(answer);
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
  readonly statements: readonly UnitStatement[];
  /** How many of them, the last ones, settle a reservation. */
  readonly settling: number;
}

/**
 * One answer. Where a budget keeps something free for it, nothing can be billed before what it cost is on disk, and no
 * more than that: otherwise a crash, or a node that says more in its receipt than in its answer, could bill past a budget.
 */
class Account {
  readonly request: Omit<AnsweredRequest, 'body' | 'reservation'>;
  readonly reservation: Reservation | undefined;
  taskId: string | undefined;
  price: TokenPrice | undefined;
  isWritten = false;
  #body: AnsweredRequest['body'] | undefined;
  #promptBound: number | undefined;
  /** Tokens of an answer that can be billed at most, however long it is. */
  #answerBound: number;
  #textBytes = 0;
  #pieces = 0;
  /** What it counted as, until it is known what was billed. */
  #countedPicoUsd = 0n;
  #isFilled = false;
  #filling: PromiseWithResolvers<void> | undefined;

  constructor({ body, reservation, ...request }: AnsweredRequest) {
    this.request = request;
    this.reservation = reservation;
    this.#body = body;
    this.#answerBound = answerBound(body) ?? Number.MAX_SAFE_INTEGER;
  }

  get textBytes(): number {
    return this.#textBytes;
  }

  resumed(body: Readonly<Record<string, unknown>>): void {
    this.#body = body;
    this.#promptBound = undefined;
    this.#textBytes = this.#pieces = 0;
  }

  see(data: readonly string[]): void {
    for (const piece of data) this.#textBytes += textBytesOf(piece);
    this.#pieces += data.length;
    if (!this.reservation) this.#fill();
  }

  /** Resolves when something of the answer was seen (under a budget: when it is on disk), or when the time is up. */
  async filled(timeoutMs: number): Promise<void> {
    if (this.#isFilled) return;
    this.#filling ??= Promise.withResolvers();
    const timeUp = Promise.withResolvers<void>();
    const timer = setTimeout(timeUp.resolve, timeoutMs);
    await Promise.race([this.#filling.promise, timeUp.promise]);
    clearTimeout(timer);
  }

  #fill(): void {
    this.#isFilled = true;
    this.#filling?.resolve();
  }

  facts(): KnownAnswer {
    const seen = {
      caller: this.request.caller,
      promptBound: (this.#promptBound ??= promptBound(this.#body)),
      completionBound: Math.min(completionBound(this.#textBytes, this.#pieces), this.#answerBound),
      textBytes: this.#textBytes,
    };
    const isBillable = this.price !== undefined && (this.reservation === undefined || this.isWritten);
    return isBillable ? { ...seen, price: this.price! } : seen;
  }

  /** What it counts as in its budgets, in pico-USD: from now on the most that can be billed for it. */
  end(outcome: string, reported: TokenCounts | undefined): bigint {
    if (!this.reservation) {
      this.#fill();
      return 0n;
    }
    const { promptBound: prompt, completionBound: completion } = this.facts();
    const said = reported ?? { promptTokens: 0, completionTokens: this.#pieces };
    // Of an answer that broke off nobody says what it took.
    const counted = outcome === 'served' ? said : this.#textBytes > 0 ? unlimited : nothing;
    this.#promptBound = Math.min(prompt, counted.promptTokens);
    this.#answerBound = Math.min(completion, counted.completionTokens);
    const tokens = { promptTokens: this.#promptBound, completionTokens: this.#answerBound };
    this.#countedPicoUsd = this.price === undefined ? 0n : costPicoUsd(tokens, this.price);
    return this.#countedPicoUsd;
  }

  /** What it counted as beyond what is billed, the first time that it is asked for. */
  takeExcess(billedPicoUsd: bigint): bigint {
    const excess = this.#countedPicoUsd - billedPicoUsd;
    this.#countedPicoUsd = billedPicoUsd;
    return excess > 0n ? excess : 0n;
  }

  /** It is on disk. */
  written(): void {
    this.isWritten = true;
    this.#fill();
  }

  /** Undefined for a request that was refused before it was a task. */
  row(outcome: string, endedAtMs: number): AnswersTable | undefined {
    if (this.taskId === undefined) return undefined;
    const { tenant, caller, model } = this.request;
    const { promptBound: prompt_bound, completionBound: completion_bound, textBytes: text_bytes } = this.facts();
    this.#body = undefined;
    const bounds = { prompt_bound, completion_bound, text_bytes };
    const price = {
      price_input: this.price === undefined ? null : `${this.price.inputMicroUsd}`,
      price_output: this.price === undefined ? null : `${this.price.outputMicroUsd}`,
    };
    return { task_id: this.taskId, tenant, caller, model, outcome, ...bounds, ...price, ended_at_ms: endedAtMs };
  }
}

const unlimited: TokenCounts = {
  promptTokens: Number.MAX_SAFE_INTEGER,
  completionTokens: Number.MAX_SAFE_INTEGER,
};
const nothing: TokenCounts = { promptTokens: 0, completionTokens: 0 };

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
