import type { Clock } from '@reeve/kernel';
import type { z } from 'zod';
import type { AgentOffer } from '../../api/agent.ts';
import type { LiveAgent } from '../../domain/live.ts';
import { AgentNotRunnable } from '../../errors.ts';
import type { AgentRoster } from '../../services/agent-roster.ts';
import type { AgentSessions, LeaseName } from '../../services/agent-sessions.ts';
import { PollLink } from './poll-link.ts';

export interface PollLinksParts {
  readonly roster: AgentRoster;
  readonly sessions: AgentSessions;
  readonly agentReady: (agent: LiveAgent) => void;
  readonly clock: Clock;
  readonly heartbeatMs: number;
}

/** The links of all agents that poll. */
export class PollLinks {
  readonly #parts: PollLinksParts;
  readonly #timer: NodeJS.Timeout;

  constructor(parts: PollLinksParts) {
    this.#parts = parts;
    this.#timer = setInterval(() => this.#beat(), parts.heartbeatMs).unref();
  }

  /** The agent that asks for work under its offer: registered when it is new, and made sure what it still works on. */
  async attend(
    tenant: string,
    offer: z.output<typeof AgentOffer>,
    holding: readonly LeaseName[],
  ): Promise<{ agent: LiveAgent; link: PollLink }> {
    const { sessions } = this.#parts;
    const known = this.#parts.roster.named(tenant, offer.name);
    if (known?.link instanceof PollLink) {
      const { link } = known;
      await sessions.reoffer(known, offer);
      sessions.reconcile(known, holding, (lease) => link.isUntold(lease));
      this.heard(known);
      return { agent: known, link };
    }
    const link = this.#link();
    const { agent, kept } = await sessions.connect(tenant, { type: 'hello', offer, resume: [...holding] }, link);
    link.serve(agent, kept);
    sessions.ready(agent);
    return { agent, link };
  }

  /**
   * The link over which a report of the agent is answered; made anew when the hub was restarted since the agent took.
   * @throws ReeveError `agent_state_conflict` when the agent has a connection: that is where its reports belong.
   */
  of(agent: LiveAgent): PollLink {
    this.heard(agent);
    if (agent.link instanceof PollLink) return agent.link;
    if (agent.link) throw AgentNotRunnable.error(`agent ${agent.id} has a connection, which has to report for it`);
    const link = this.#link();
    link.serve(agent, [...agent.leases.values()]);
    this.#parts.sessions.attach(agent, link);
    this.#parts.sessions.ready(agent);
    return link;
  }

  heard(agent: LiveAgent): void {
    agent.heardAtMs = this.#parts.clock.monotonicMs();
  }

  /** Answers every request that waits, with what there is: the hub stops. */
  release(): void {
    clearInterval(this.#timer);
    for (const { link } of this.#parts.roster.all()) if (link instanceof PollLink) link.release();
  }

  #link(): PollLink {
    const { agentReady, sessions } = this.#parts;
    return new PollLink({ agentReady, disconnected: (agent, link) => sessions.disconnected(agent, link) });
  }

  #beat(): void {
    for (const agent of this.#parts.roster.all())
      if (agent.link instanceof PollLink && agent.link.waits) this.heard(agent);
  }
}
