import { backoffDelayMs, systemClock } from '@reeve/kernel';
import { defer, openSocket } from '#socket';
import { AgentRefused, CallAborted } from '../errors.ts';
import { createTransport } from '../http/transport.ts';
import { blobFetcher } from './blob-fetcher.ts';
import { Attempts } from './attempts.ts';
import { handlersOf, socketUrl } from './check-options.ts';
import { type ConnectionEnd, finalReason } from './close-reason.ts';
import { consoleLog } from './console-log.ts';
import type { LeaseFrame, WelcomeFrame } from './hub-frames.ts';
import { Link } from './link.ts';
import { Outbox } from './outbox.ts';
import type { AgentConnection, AgentEnd, AgentLog, AgentOptions, AgentState, StopOptions } from './options.ts';

const drainTimeoutMs = 30_000;
/** Time that handlers have to heed their signal before the agent counts as ended without them. */
const handlersTimeoutMs = 10_000;
/** A connection that lasted so long was a good one: the next loss begins the backoff anew. */
const goodConnectionMs = 5_000;

/**
 * Makes this process an agent: connects to the hub, runs `handler` for every lease it is given, and stays connected,
 * through restarts of the hub, until `stop` is called or the hub refuses it for good. Resolves once the hub knows the
 * agent, however long that takes.
 * @throws ReeveError `agent_refused` (key, name or offer), `invalid_input` (offer), `call_aborted` (by `signal`).
 */
export async function connectAgent(options: AgentOptions): Promise<AgentConnection> {
  const agent = new RunningAgent(options);
  await agent.start();
  return agent;
}

class RunningAgent implements AgentConnection {
  readonly closed: Promise<AgentEnd>;
  #options: AgentOptions;
  readonly #url: string;
  readonly #log: AgentLog;
  readonly #outbox = new Outbox(defer);
  readonly #attempts: Attempts;
  #state: AgentState = 'connecting';
  #agentId = '';
  #link: Link | undefined;
  #welcomedAtMs = 0;
  #failedTries = 0;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  /** What stops the agent, once it is to stop: a lost connection is then not made again. */
  #stopping: Promise<void> | undefined;
  #declineNew = false;
  #firstWelcome = Promise.withResolvers<void>();
  #end = Promise.withResolvers<AgentEnd>();

  constructor(options: AgentOptions) {
    this.#options = options;
    this.#log = options.log ?? consoleLog;
    this.closed = this.#end.promise;
    this.#url = socketUrl(options.url);
    const handlerOf = handlersOf(options);
    const fetchBlob = blobFetcher(createTransport(options));
    this.#attempts = new Attempts({ handlerOf, outbox: this.#outbox, fetchBlob, clock: systemClock, log: this.#log });
  }

  get agentId(): string {
    return this.#agentId;
  }
  get state(): AgentState {
    return this.#state;
  }
  get running(): number {
    return this.#attempts.running;
  }

  start(): Promise<void> {
    const { signal } = this.#options;
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (signal?.aborted) this.#stopNow();
    else this.#connect();
    return this.#firstWelcome.promise;
  }

  readonly #onAbort = (): void => this.#stopNow();

  #connect(): void {
    this.#become('connecting');
    this.#link = new Link({
      openSocket: this.#options.socket ?? openSocket,
      url: this.#url,
      apiKey: this.#options.apiKey,
      hello: () => this.#hello(),
      receiver: this.#receiver,
      welcomed: (frame, link) => this.#onWelcome(frame, link),
      garbage: (error) => this.#log.error({ reason: error.message }, 'the hub broke the protocol; connecting again'),
      ended: (end) => this.#onEnd(end),
    });
    this.#link.open();
  }

  #hello(): string {
    return JSON.stringify([{ type: 'hello', offer: this.#options.offer, resume: this.#attempts.held() }]);
  }

  readonly #receiver = {
    welcome: () => {},
    goodbye: () => {},
    lease: (lease: LeaseFrame) => this.#onLease(lease),
    cancel: (fence: number, reason: string) => this.#attempts.drop(fence, reason),
    accepted: (fence: number) => this.#attempts.settle(fence),
    lost: (fence: number) => this.#attempts.settle(fence),
    credit: (fence: number, amount: number) => this.#attempts.credit(fence, amount),
  };

  #onLease(lease: LeaseFrame): void {
    if (this.#declineNew) this.#attempts.decline(lease, 'the agent is draining');
    else this.#attempts.begin(lease);
  }

  #onWelcome(frame: WelcomeFrame, link: Link): void {
    this.#agentId = frame.agentId;
    this.#welcomedAtMs = systemClock.monotonicMs();
    this.#attempts.resume(new Set(frame.kept.map(({ fence }) => fence)));
    this.#outbox.open((message) => link.send(message));
    if (this.#declineNew) this.#outbox.queueFrame('{"type":"draining"}');
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    this.#become(this.#declineNew ? 'draining' : 'online');
    this.#firstWelcome.resolve();
  }

  #onEnd(end: ConnectionEnd): void {
    this.#outbox.close();
    this.#link = undefined;
    const final = finalReason(end);
    if (final !== undefined) this.#finish({ kind: 'refused', error: AgentRefused.error(final) });
    else if (this.#stopping !== undefined && !this.#declineNew) this.#finish({ kind: 'stopped' });
    else this.#connectLater(end);
  }

  #connectLater(end: ConnectionEnd): void {
    const lastedMs = end.welcomed ? systemClock.monotonicMs() - this.#welcomedAtMs : 0;
    this.#failedTries = lastedMs >= goodConnectionMs ? 1 : this.#failedTries + 1;
    const { initialDelayMs = 100, maxDelayMs = 10_000 } = this.#options.reconnect ?? {};
    const policy = { maxAttempts: Infinity, initialDelayMs, factor: 2, maxDelayMs, jitter: 0.5 };
    const retryInMs = backoffDelayMs(policy, this.#failedTries, Math.random());
    const { code, reason } = end;
    this.#log.warn({ code, reason, retryInMs }, 'the connection to the hub is lost; connecting again');
    this.#become('waiting', { reason, retryInMs });
    this.#retryTimer = setTimeout(() => this.#connect(), retryInMs);
  }

  changeOffer(offer: Parameters<AgentConnection['changeOffer']>[0]): void {
    const changed = { ...this.#options, offer: { ...offer, name: this.#options.offer.name } };
    handlersOf(changed); // checks it
    this.#options = changed;
    this.#outbox.queueFrame(JSON.stringify({ type: 'offer', offer: changed.offer }));
  }

  stop(options: StopOptions = {}): Promise<void> {
    if (this.#state === 'closed') return this.closed.then(() => {});
    if (options.drain === false) this.#stopNow();
    else this.#stopping ??= this.#drain(options.drainTimeoutMs ?? drainTimeoutMs);
    return this.closed.then(() => {});
  }

  async #drain(timeoutMs: number): Promise<void> {
    this.#declineNew = true;
    this.#outbox.queueFrame('{"type":"draining"}');
    if (this.#state === 'online') this.#become('draining');
    const timer = setTimeout(() => this.#stopNow(), timeoutMs);
    await this.#attempts.whenEmpty();
    clearTimeout(timer);
    this.#stopNow();
  }

  /** Gives back what runs, says goodbye, and closes. */
  #stopNow(): void {
    if (this.#state === 'closed') return;
    this.#stopping ??= Promise.resolve();
    this.#declineNew = false;
    this.#attempts.giveBack('the agent stops');
    this.#outbox.flush();
    if (this.#link === undefined) this.#finish({ kind: 'stopped' });
    else this.#link.close(1000, 'the agent stops');
  }

  #finish(end: AgentEnd): void {
    if (this.#state === 'closed') return;
    clearTimeout(this.#retryTimer);
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    this.#attempts.abandon('the agent has ended');
    const reason = end.kind === 'refused' ? { reason: end.error.message } : {};
    this.#become('closed', reason);
    this.#firstWelcome.reject(end.kind === 'refused' ? end.error : CallAborted.error('stopped before a hub answered'));
    void this.#afterHandlers().then(() => this.#end.resolve(end));
  }

  /** Handlers may hold processes and files: whoever stops an agent wants to know that these are free again. */
  async #afterHandlers(): Promise<void> {
    if (await this.#attempts.whenQuiet(handlersTimeoutMs)) return;
    this.#log.warn({ handlersTimeoutMs }, 'handlers ignore that their attempts were aborted; ending without them');
  }

  #become(state: AgentState, facts: { reason?: string; retryInMs?: number } = {}): void {
    this.#state = state;
    const agentId = this.#agentId === '' ? {} : { agentId: this.#agentId };
    this.#options.onState?.(state, { ...agentId, ...facts });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
