import type { Clock } from '@reeve/kernel';
import { asReeveError } from '@reeve/kernel';
import type { Caller, Logger } from '@reeve/platform';
import type { WebSocket } from 'ws';
import type { AgentOffer } from '../../api/agent.ts';
import { agentProtocol, closeCodes, type AgentFrame } from '../../api/protocol.ts';
import { LeaseLost } from '../../errors.ts';
import type { AgentLink, Lease, LiveAgent } from '../../domain/live.ts';
import type { HubMetrics } from '../../metrics.ts';
import type { AgentSessions } from '../../services/agent-sessions.ts';
import type { AttemptReports } from '../../services/attempt-reports.ts';
import { leaseFrame } from './lease-frame.ts';
import { readFrames } from './frames.ts';
import { Outbox } from './outbox.ts';

export interface ConnectionParts {
  readonly sessions: AgentSessions;
  readonly reports: AttemptReports;
  readonly agentReady: (agent: LiveAgent) => void;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: HubMetrics;
  readonly heartbeatMs: number;
  readonly leaseTtlMs: number;
}

type State = 'expectingHello' | 'greeting' | 'open' | 'closed';

/** One agent's WebSocket: reads its frames, writes ours. A fault of the agent ends this connection and nothing else. */
export class AgentConnection implements AgentLink {
  readonly #socket: WebSocket;
  readonly #caller: Caller;
  readonly #parts: ConnectionParts;
  readonly #outbox: Outbox;
  #state: State = 'expectingHello';
  #agent: LiveAgent | undefined;
  #draining = false;
  /** What came right behind hello, before the agent was taken in. */
  #held: AgentFrame[] = [];
  #helloTimer: NodeJS.Timeout;
  #stuckTimer: NodeJS.Timeout | undefined;

  constructor(socket: WebSocket, caller: Caller, parts: ConnectionParts) {
    this.#socket = socket;
    this.#caller = caller;
    this.#parts = parts;
    this.#outbox = new Outbox(socket, () => this.#relieved());
    this.#helloTimer = setTimeout(() => {
      this.#end(closeCodes.helloTimeout, 'hello_timeout', `no hello within ${agentProtocol.helloTimeoutMs} ms`);
    }, agentProtocol.helloTimeoutMs);
    socket.on('message', (data, isBinary) => this.#received(data as Buffer, isBinary));
    socket.on('close', () => this.#closed());
    socket.on('error', (error) => parts.log.debug({ error: error.message }, 'agent socket failed'));
  }

  get congested(): boolean {
    return this.#outbox.congested || this.#state !== 'open';
  }

  get draining(): boolean {
    return this.#draining;
  }

  lease(lease: Lease, input: string): void {
    this.#push(leaseFrame(lease, input));
  }

  cancel(taskId: string, fence: number, reason: string): void {
    this.#push(`{"type":"cancel","taskId":"${taskId}","fence":${fence},"reason":${JSON.stringify(reason)}}`);
  }

  accepted(taskId: string, fence: number): void {
    if (this.#state !== 'closed') this.#outbox.pushIdle(`{"type":"accepted","taskId":"${taskId}","fence":${fence}}`);
  }

  lost(taskId: string, fence: number): void {
    this.#push(`{"type":"lost","taskId":"${taskId}","fence":${fence},"code":"${LeaseLost.code}"}`);
  }

  credit(taskId: string, fence: number, amount: number): void {
    this.#push(`{"type":"credit","taskId":"${taskId}","fence":${fence},"amount":${amount}}`);
  }

  close(code: number, reason: string): void {
    this.#end(code, 'closed', reason);
  }

  #push(frame: string): void {
    if (this.#state === 'closed') return;
    this.#outbox.push(frame);
    if (this.#outbox.congested) this.#stuckTimer ??= setTimeout(() => this.#stuck(), this.#parts.leaseTtlMs);
  }

  /** It may well say that it is alive: an agent that takes nothing for the time of a lease is no use. */
  #stuck(): void {
    const message = `messages waited for ${this.#parts.leaseTtlMs} ms and were not read`;
    this.#end(closeCodes.tooSlow, 'too_slow', message);
  }

  #relieved(): void {
    clearTimeout(this.#stuckTimer);
    this.#stuckTimer = undefined;
    if (this.#agent) this.#parts.agentReady(this.#agent);
  }

  #received(data: Buffer, isBinary: boolean): void {
    if (this.#state === 'closed') return;
    try {
      if (isBinary) throw new TypeError('messages are text, not binary');
      for (const frame of readFrames(data.toString())) this.#handle(frame);
    } catch (error) {
      this.#violated(error);
    }
  }

  #handleHeld(): void {
    try {
      for (const frame of this.#held.splice(0)) this.#handle(frame);
    } catch (error) {
      this.#violated(error);
    }
  }

  #handle(frame: AgentFrame): void {
    if (this.#state === 'closed') return;
    if (frame.type === 'hello') return this.#hello(frame);
    if (this.#state === 'greeting') return void this.#held.push(frame);
    const agent = this.#agent;
    if (!agent || this.#state !== 'open') throw new TypeError(`the first frame must be hello, not ${frame.type}`);
    if (agent.link !== this) return;
    agent.heardAtMs = this.#parts.clock.monotonicMs();
    const { reports } = this.#parts;
    switch (frame.type) {
      case 'heartbeat':
        return this.#push('{"type":"heartbeat"}');
      case 'succeeded':
        return reports.succeeded(agent, frame.taskId, frame.fence, frame.output);
      case 'failed':
        return reports.failed(agent, frame.taskId, frame.fence, frame.error);
      case 'declined':
        return reports.declined(agent, frame.taskId, frame.fence, frame.reason);
      case 'progress':
        return reports.progress(agent, frame.taskId, frame.fence, frame.value);
      case 'chunks':
        return reports.chunks(agent, frame.taskId, frame.fence, frame.index, frame.data);
      case 'offer':
        return this.#reoffer(agent, frame.offer);
      case 'draining':
        return this.#drain(agent);
      default:
        return frame satisfies never;
    }
  }

  #hello(frame: Extract<AgentFrame, { type: 'hello' }>): void {
    if (this.#state !== 'expectingHello') throw new TypeError('hello is said once');
    this.#state = 'greeting';
    clearTimeout(this.#helloTimer);
    // Nothing more is read until the hello is dealt with: what follows depends on it. What was read already is held.
    this.#socket.pause();
    this.#parts.sessions.connect(this.#caller.tenant, frame, this).then(
      ({ agent, kept }) => this.#welcome(agent, kept),
      (error: unknown) => this.#notTaken(error),
    );
  }

  #welcome(agent: LiveAgent, kept: readonly { taskId: string; fence: number }[]): void {
    this.#socket.resume();
    this.#agent = agent;
    if (this.#state === 'closed') return this.#parts.sessions.disconnected(agent, this);
    const { heartbeatMs, leaseTtlMs } = this.#parts;
    this.#push(JSON.stringify({ type: 'welcome', agentId: agent.id, heartbeatMs, leaseTtlMs, kept }));
    this.#state = 'open';
    this.#parts.sessions.ready(agent);
    this.#handleHeld();
  }

  #notTaken(error: unknown): void {
    this.#socket.resume();
    const { code, message } = asReeveError(error);
    this.#parts.log.warn({ err: error }, 'an agent could not be taken in');
    this.#end(closeCodes.tryAgainLater, code, message);
  }

  #reoffer(agent: LiveAgent, offer: AgentOffer): void {
    if (offer.name !== agent.offer.name) throw new TypeError('an agent keeps its name');
    this.#parts.sessions.reoffer(agent, offer).catch((error: unknown) => this.#notTaken(error));
  }

  #drain(agent: LiveAgent): void {
    this.#draining = true;
    this.#parts.sessions.draining(agent);
  }

  #violated(error: unknown): void {
    this.#parts.metrics.protocolViolation();
    const message = error instanceof Error ? error.message : String(error);
    this.#parts.log.warn({ agentId: this.#agent?.id, reason: message }, 'an agent broke the protocol');
    this.#end(closeCodes.protocolViolation, 'protocol_violation', message);
  }

  #end(code: number, name: string, message: string): void {
    if (this.#state === 'closed') return;
    this.#push(JSON.stringify({ type: 'goodbye', code: name, message }));
    this.#outbox.flush();
    this.#state = 'closed';
    this.#socket.close(code, message.slice(0, 100).replace(/[^\x20-\x7e]/g, '?'));
    this.#closed();
  }

  #closed(): void {
    this.#state = 'closed';
    clearTimeout(this.#helloTimer);
    clearTimeout(this.#stuckTimer);
    if (this.#agent) this.#parts.sessions.disconnected(this.#agent, this);
  }
}
