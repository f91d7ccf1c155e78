import type { Handler, TaskContext } from '@reeve/hub/api';
import type { Clock } from '@reeve/kernel';
import type { Logger } from '@reeve/platform';
import type { ReceiptOutcome } from '../api/receipts.ts';
import type { Hex } from '../domain/eip712/hex.ts';
import { costOf, noChannel, type Receipt } from '../domain/receipts/receipt.ts';
import type { ChatOutput } from '../node/chat-output.ts';
import { bringsToken } from '../node/chunk-text.ts';
import { newSalt } from './salts.ts';
import { requestHash, ResponseHash } from './text-hashes.ts';

/** A receipt that has no number yet. */
export interface ReceiptDraft {
  readonly receipt: Omit<Receipt, 'sequence'>;
  readonly salt: Hex;
}

/** What a model costs, as the node offers it; prices are micro-USD per million tokens. */
export interface MeteredOffer {
  readonly model: string;
  readonly priceInputMicroUsd: bigint;
  readonly priceOutputMicroUsd: bigint;
}

export interface Metering {
  /** What is offered under a capability at this moment; undefined when it is not. */
  offerOf(capability: string): MeteredOffer | undefined;
  /** Takes a draft. Never waits, never throws: an answer does not depend on its receipt. */
  take(draft: ReceiptDraft): void;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly log: Pick<Logger, 'error'>;
}

/**
 * Counts what a handler of model tasks gives, and drafts a receipt at the end of each attempt. The price is that of the
 * moment at which the attempt began. Tokens are as the backend reports them; of an answer without such a report each
 * chunk with a part of the answer counts as one, and the prompt as none: it may under-count, and never over-counts.
 */
export function meteredHandler(handler: Handler, metering: Metering): Handler {
  return async (input, context) => {
    const offer = metering.offerOf(context.capability);
    if (offer === undefined) return handler(input, context);
    const attempt = new MeteredAttempt(context, isStreamed(input));
    try {
      const output = await handler(input, attempt.watched());
      const endedAtMs = metering.clock.nowMs();
      const draft = (): ReceiptDraft => {
        attempt.answered(output as ChatOutput);
        return attempt.draft('served', input, offer, endedAtMs);
      };
      afterAnswer(() => taken(metering, context.taskId, draft));
      return output;
    } catch (error) {
      const [outcome, endedAtMs] = [attempt.brokenOutcome(), metering.clock.nowMs()];
      taken(metering, context.taskId, () => attempt.draft(outcome, input, offer, endedAtMs));
      throw error;
    }
  };
}

/** An input that cannot be hashed, as a hub may send one, costs its receipt and not the node. */
function taken({ take, log }: Metering, taskId: string, draft: () => ReceiptDraft): void {
  try {
    take(draft());
  } catch (err) {
    log.error({ err, taskId }, 'an attempt has no receipt: it could not be drafted');
  }
}

/** Hashing waits until the answer is on its way: what an attempt gives is sent in the turn after it has ended. */
function afterAnswer(task: () => void): void {
  setImmediate(() => setImmediate(task));
}

function isStreamed(input: unknown): boolean {
  return typeof input === 'object' && input !== null && 'stream' in input && input.stream === true;
}

class MeteredAttempt {
  readonly #context: TaskContext;
  readonly #salt = newSalt();
  readonly #response = new ResponseHash(this.#salt);
  readonly #streamed: boolean;
  #chunks = 0;
  #tokenChunks = 0;
  #usage: ChatOutput['usage'] = null;

  constructor(context: TaskContext, streamed: boolean) {
    this.#context = context;
    this.#streamed = streamed;
  }

  /** The context of the attempt, with a look at each chunk as it goes. */
  watched(): TaskContext {
    const { taskId, attempt, fence, capability, blob, progress } = this.#context;
    const context = this.#context;
    const emit = (chunk: string): Promise<void> => {
      this.#see(chunk);
      return context.emit(chunk);
    };
    return {
      taskId,
      attempt,
      fence,
      capability,
      blob,
      progress,
      emit,
      get signal() {
        return context.signal;
      },
    };
  }

  #see(chunk: string): void {
    if (!this.#streamed) return this.#response.piece(chunk);
    this.#chunks++;
    if (bringsToken(chunk)) this.#tokenChunks++;
    this.#response.chunk(chunk);
  }

  answered(output: ChatOutput): void {
    this.#usage = output.usage;
    if (!output.streamed && output.completion !== null) this.#response.piece(output.completion);
  }

  brokenOutcome(): ReceiptOutcome {
    if (this.#chunks > 0) return 'partial';
    return this.#context.signal.aborted ? 'idle' : 'failed';
  }

  draft(outcome: ReceiptOutcome, input: unknown, offer: MeteredOffer, endedAtMs: number): ReceiptDraft {
    const { taskId, fence } = this.#context;
    const fields = {
      taskId,
      fence,
      outcome,
      requestHash: requestHash(this.#salt, input),
      responseHash: this.#response.digest(),
      ...offer,
      promptTokens: this.#usage?.promptTokens ?? 0,
      completionTokens: this.#usage?.completionTokens ?? this.#tokenChunks,
      channel: noChannel,
      endedAtMs,
    };
    return { receipt: { ...fields, costPicoUsd: costOf(fields) }, salt: this.#salt };
  }
}
