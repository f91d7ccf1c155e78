import { asReeveError, type ReeveError } from '@reeve/kernel';
import { TaskCancelled } from '@reeve/hub';
import type { Constraints } from '@reeve/hub/api';
import type { Caller, RawRoute } from '@reeve/platform';
import { capabilityOf } from '../domain/capability.ts';
import type { TokenCounts } from '../domain/budgets/amounts.ts';
import type { OpenAnswer } from '../services/answer-ledger.ts';
import type { Reservation } from '../services/budgets/budget-book.ts';
import type { TakenRates } from '../services/budgets/minute-rates.ts';
import { FirstTokenTimeout, NodeAnswerInvalid, NodeLost } from '../errors.ts';
import { ChatStream } from './chat-stream.ts';
import { clientError } from './client-error.ts';
import type { GatewayComponents } from './components.ts';
import type { Endpoint } from './endpoints.ts';
import { conversationKey } from './conversation-key.ts';
import { answerBound } from '../domain/token-bounds.ts';
import type { ModelRequest } from './model-request.ts';
import type { Urgency } from './routing.ts';
import { modelTask, requirementsOf } from './model-task.ts';
import { assertComplete, completionOf, reportedTokens } from './node-output.ts';
import { openAiError } from './openai-error.ts';
import { AnswerPieces } from './answer-pieces.ts';
import { Resumption } from './resumption.ts';

export type Request = Parameters<RawRoute['handle']>[0];
export type Reply = Parameters<RawRoute['handle']>[1];

/** What was asked, and through which door. */
export interface Asked {
  readonly endpoint: Endpoint;
  readonly body: ModelRequest;
  readonly constraints: Constraints;
  readonly urgency: Urgency;
  /** What the budgets of the caller keep free for it, where there are any. */
  readonly reservation?: Reservation | undefined;
  /** What it took of the limits of a minute. */
  readonly rates?: TakenRates | undefined;
}

/** One request on its way to a node and back: a task that lives as long as the connection of its client. */
export class ChatExchange {
  readonly #components: GatewayComponents;
  readonly #request: Request;
  readonly #reply: Reply;
  readonly #asked: Asked;
  readonly #stream: ChatStream;
  readonly #pieces = new AnswerPieces(() => this.#broken());
  readonly #startedMs: number;
  /** Ends the task: because the client went away, or because what comes of it is of no use. */
  readonly #withdrawal = new AbortController();
  #taskId: string | undefined;
  #seen: OpenAnswer | undefined;
  /** What the node says that its answer took, where a budget asks. */
  #reported: TokenCounts | undefined;
  /** Of a stream that another node may go on with. */
  #resumption: Resumption | undefined;
  /** Who works on it. */
  #nodeId: string | undefined;
  #firstTokenTimer: NodeJS.Timeout | undefined;
  /** Charges its tenant with what it came to, in place of what it was expected to. */
  #correctCost: (() => void) | undefined;

  constructor(components: GatewayComponents, request: Request, reply: Reply, asked: Asked) {
    this.#components = components;
    this.#request = request;
    this.#reply = reply;
    this.#asked = asked;
    this.#startedMs = components.clock.monotonicMs();
    this.#stream = new ChatStream(reply.raw, { begin: () => this.#begin(), broken: () => this.#broken() });
  }

  /**
   * The body of a whole answer; nothing for a stream, which has been written by then. Before the first byte an error is
   * thrown, and answered with its status; after it, it is the last event of the stream, and thrown no more.
   */
  async run(caller: Caller): Promise<string | undefined> {
    const { signal } = this.#request.visit;
    const leave = (): void => this.#withdrawal.abort(TaskCancelled.error('the client went away'));
    signal.addEventListener('abort', leave, { once: true });
    if (signal.aborted) leave();
    try {
      const body = this.#deliver(await this.#attach(caller));
      this.#ended('served', body);
      return body;
    } catch (thrown) {
      const error = clientError(asReeveError(thrown));
      this.#ended(error);
      return this.#fail(error);
    } finally {
      clearTimeout(this.#firstTokenTimer);
      signal.removeEventListener('abort', leave);
    }
  }

  #attach(caller: Caller): Promise<string> {
    const { hub, clock, settings, ledger, turnCosts } = this.#components;
    const { endpoint, body, constraints, urgency, reservation } = this.#asked;
    const { model } = body;
    const capability = capabilityOf(endpoint.kind, model);
    const { tenant, identity } = caller;
    const seen = ledger.begin({ tenant, caller: identity, model, capability, body, reservation });
    this.#seen = seen;
    const cost = turnCosts.of(model, this.#bodyBytes(), answerBound(body));
    this.#correctCost = () => {
      if (this.#nodeId !== undefined) hub.correctCost(this.#nodeId, tenant, cost.excess(seen.textBytes));
    };
    const affinity = conversationKey(caller.tenant, model, body['messages']);
    const isCostBounded = reservation !== undefined || constraints.cost !== undefined;
    const requires = requirementsOf(endpoint, model);
    const resumption = Resumption.of({ hub, body, requires, constraints, isCostBounded });
    this.#resumption = resumption;
    const { taskId, output } = hub.attach({
      tenant: caller.tenant,
      submission: modelTask(endpoint, body, constraints, urgency, clock.nowMs(), settings.requestTimeoutMs),
      cost: cost.expected,
      onChunks: (data, taken) => {
        seen.see(data);
        if (this.#isStreamed) this.#pass(data, taken);
        else this.#pieces.chunks(data, taken);
      },
      onLease: (agentId) => {
        this.#nodeId = agentId;
        this.#resumed(seen);
        seen.leased(agentId);
      },
      ...(this.#isStreamed && settings.hedging.enabled && { hedge: settings.hedging, onHedge: () => this.#hedged() }),
      ...(resumption && { onBroken: (agentId, code) => resumption.plan(agentId, code) }),
      signal: this.#withdrawal.signal,
      durability: settings.durability,
      span: this.#request.visit.span,
      ...(affinity !== undefined && { affinity }),
    });
    this.#taskId = taskId;
    this.#request.visit.span?.add({ 'gen_ai.request.model': body.model, 'reeve.task.id': taskId });
    seen.started(taskId);
    void this.#reply.header('X-Reeve-Task', taskId);
    // A whole answer has its first token only at its end, so only streams are held to it.
    if (this.#isStreamed) this.#firstTokenTimer = setTimeout(() => this.#tooLate(), settings.firstTokenTimeoutMs);
    return output;
  }

  /** One that came without its length is measured. */
  #bodyBytes(): number {
    const { headers, body } = this.#request;
    return Number(headers['content-length'] ?? Buffer.byteLength(JSON.stringify(body)));
  }

  #pass(data: readonly string[], taken: (length: number) => void): void {
    if (!this.#resumption) return this.#stream.chunks(data, taken);
    if (this.#withdrawal.signal.aborted) return;
    const passed = this.#resumption.pass(data);
    if (!passed) return this.#diverged();
    const length = data.reduce((sum, chunk) => sum + chunk.length, 0);
    if (passed.length === 0) taken(length);
    else this.#stream.chunks(passed, () => taken(length));
  }

  /** After its node was lost another has it, which is held against what it is asked and gives itself. */
  #resumed(seen: OpenAnswer): void {
    const resumed = this.#resumption?.begin();
    if (!resumed) return;
    seen.resumed(resumed.body);
    this.#components.metrics.resumed(this.#asked.body.model, resumed.manner);
  }

  get #isStreamed(): boolean {
    return this.#asked.body.stream === true;
  }

  #deliver(output: string): string | undefined {
    if (this.#asked.reservation || this.#asked.rates) this.#reported = reportedTokens(output);
    if (!this.#isStreamed) {
      const completion = completionOf(output, this.#pieces);
      this.#nameNode();
      void this.#reply.header('Content-Type', 'application/json');
      return completion;
    }
    assertComplete(output, this.#resumption?.received ?? this.#stream.chunkCount);
    this.#stream.end();
    return undefined;
  }

  #fail(error: ReeveError): undefined {
    if (this.#stream.begun) return this.#stream.fail(openAiError(error)) as undefined;
    this.#stream.close();
    throw error;
  }

  /** Accounts for the request behind its answer, which is sent in this turn. */
  #ended(how: 'served' | ReeveError, whole?: string): void {
    const durationMs = this.#components.clock.monotonicMs() - this.#startedMs;
    setImmediate(() => {
      try {
        this.#account(how, durationMs, whole);
      } catch (err) {
        const { log } = this.#components;
        log.error({ err, taskId: this.#taskId }, 'an answered request could not be accounted for, and is not billed');
      }
    });
  }

  #account(how: 'served' | ReeveError, durationMs: number, whole: string | undefined): void {
    const { log, metrics } = this.#components;
    const outcome = how === 'served' ? how : how.code;
    metrics.answered(this.#asked.body.model, outcome, durationMs);
    if (whole !== undefined && this.#pieces.count === 0) this.#seen?.see([whole]);
    this.#seen?.ended(outcome, this.#reported);
    this.#correctCost?.();
    this.#correctRates(how);
    const { correlationId } = this.#request.visit;
    const facts = { correlationId, taskId: this.#taskId, model: this.#asked.body.model, outcome, durationMs };
    const message = 'chat request answered';
    if (how === 'served') log.info(facts, message);
    else log[how.status >= 500 ? 'warn' : 'info']({ ...facts, reason: how.message }, message);
  }

  /** One that failed before its first byte used nothing; of one that broke off nobody says what it used. */
  #correctRates(how: 'served' | ReeveError): void {
    const { rates } = this.#asked;
    if (this.#reported) rates?.used(this.#reported.promptTokens + this.#reported.completionTokens);
    else if (how !== 'served' && !this.#stream.begun) rates?.used(0);
  }

  /** The answer leaves the HTTP kit's hands with the headers that it has been given so far. */
  #begin(): void {
    const { clock, metrics } = this.#components;
    clearTimeout(this.#firstTokenTimer);
    const firstChunkMs = clock.monotonicMs() - this.#startedMs;
    metrics.firstChunk(firstChunkMs);
    this.#request.visit.span?.add({ 'reeve.first_chunk_ms': firstChunkMs });
    this.#nameNode();
    this.#reply.hijack();
    this.#reply.raw.writeHead(200, {
      ...(this.#reply.getHeaders() as Record<string, string>),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
  }

  #hedged(): void {
    void this.#reply.header('X-Reeve-Hedged', 'true');
  }

  #nameNode(): void {
    void this.#reply.header('X-Reeve-Node', this.#nodeId ?? '');
  }

  #broken(): void {
    this.#withdrawal.abort(NodeAnswerInvalid.error('the node sent something that is no chunk of an answer'));
  }

  #diverged(): void {
    const message = 'the node that worked on it was lost, and the one that went on does not say the same';
    this.#withdrawal.abort(NodeLost.error(message));
  }

  #tooLate(): void {
    const { firstTokenTimeoutMs } = this.#components.settings;
    this.#withdrawal.abort(FirstTokenTimeout.error(`no node began to answer within ${firstTokenTimeoutMs} ms`));
  }
}
