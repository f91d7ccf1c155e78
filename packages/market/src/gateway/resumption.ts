import type { Hub, OfferedCapability } from '@reeve/hub';
import type { Constraints, Requirement } from '@reeve/hub/api';
import { continuable, isGreedy, requestAfter, withTokensGiven } from '../domain/continuation.ts';
import type { ModelRequest } from './model-request.ts';
import { readSent, Splice, type Sent } from './splice.ts';

/** Chunks of an answer that are kept, in UTF-16 units: one that is longer is not gone on with. */
const keptLength = 1024 * 1024;

/** Failures after which a node is not known to have said that the answer is at its end, or must not go on. */
const resumable = new Set(['lease_expired', 'stream_broken']);

/** How a second node goes on: after what was sent, or from the beginning, and what was sent is compared and left out. */
export type Manner = 'replay' | 'regenerate';

/** What was asked, and of whom. */
export interface Resumed {
  readonly hub: Pick<Hub, 'offered' | 'isMet'>;
  readonly body: ModelRequest;
  readonly requires: readonly Requirement[];
  readonly constraints: Constraints;
  /** So much and no more may be billed for it: a prompt that becomes longer on the way would be billed too. */
  readonly isCostBounded: boolean;
}

interface Plan {
  readonly manner: Manner;
  readonly body: ModelRequest;
  readonly constraints: Constraints;
  readonly splice: Splice;
}

/** A stream that another node may go on with when its node is lost: keeps what was sent, and joins what comes after. */
export class Resumption {
  readonly #asked: Resumed;
  #kept: string[] | undefined = [];
  #keptLength = 0;
  #plan: Plan | undefined;
  #splice: Splice | undefined;
  #received = 0;

  /** Undefined for a request whose answer only its own node can go on with. */
  static of(asked: Resumed): Resumption | undefined {
    return continuable(asked.body) && new Resumption(asked);
  }

  private constructor(asked: Resumed) {
    this.#asked = asked;
  }

  /** Chunks that came from the node that has it now. */
  get received(): number {
    return this.#received;
  }

  /** What of these chunks goes to the client; undefined when they do not fit what it has. */
  pass(data: readonly string[]): readonly string[] | undefined {
    this.#received += data.length;
    const passed = this.#splice ? joined(this.#splice, data) : data;
    if (passed) this.#keep(passed);
    return passed;
  }

  /** How another node goes on; undefined when none can. */
  plan(agentId: string, code: string): { readonly input: string; readonly constraints: Constraints } | undefined {
    this.#plan = undefined;
    const sent = this.#kept && resumable.has(code) ? readSent(this.#kept) : undefined;
    if (sent === undefined) return undefined;
    this.#plan = this.#replayed(sent, agentId) ?? this.#regenerated(sent, agentId);
    return this.#plan && { input: JSON.stringify(this.#plan.body), constraints: this.#plan.constraints };
  }

  /** Another node has it now: what comes goes on from what was sent. @returns what that node was asked, and how */
  begin(): Pick<Plan, 'manner' | 'body'> | undefined {
    const plan = this.#plan;
    if (!plan) return undefined;
    this.#plan = undefined;
    this.#splice = plan.splice;
    this.#received = 0;
    return plan;
  }

  #keep(chunks: readonly string[]): void {
    for (const { length } of chunks) this.#keptLength += length;
    if (this.#keptLength > keptLength) this.#kept = undefined;
    else this.#kept?.push(...chunks);
  }

  /** Of greedy answers: a text prompt can be made longer everywhere, a conversation where the node says so. */
  #replayed(sent: Sent, agentId: string): Plan | undefined {
    const { body, isCostBounded } = this.#asked;
    if (isCostBounded) return undefined;
    const left = isGreedy(body as { temperature?: number }) ? withTokensGiven(body, sent.tokens) : undefined;
    const constraints = this.#constraintsOf(
      (offer) => offer.agentId !== agentId && ('prompt' in body || offer.capability.tokens?.continues === true),
    );
    if (left === undefined || constraints === undefined) return undefined;
    return { manner: 'replay', body: requestAfter(left, sent.text), constraints, splice: new Splice(sent, false) };
  }

  /** By the same weights: those of another name or origin may be others. */
  #regenerated(sent: Sent, agentId: string): Plan | undefined {
    const digest = this.#offers().find((offer) => offer.agentId === agentId)?.capability.tokens?.digest;
    const constraints = this.#constraintsOf(
      (offer) => offer.agentId !== agentId && digest !== undefined && offer.capability.tokens?.digest === digest,
    );
    if (constraints === undefined) return undefined;
    return { manner: 'regenerate', body: this.#asked.body, constraints, splice: new Splice(sent, true) };
  }

  /** The constraints of the request, and to be one of those nodes; undefined when none meets that. */
  #constraintsOf(wanted: (offer: OfferedCapability) => boolean): Constraints | undefined {
    const { hub, requires, constraints } = this.#asked;
    const allowed = constraints.agents?.only;
    const only = this.#offers()
      .filter((offer) => offer.state === 'online' && wanted(offer))
      .map(({ agentName }) => agentName)
      .filter((name) => allowed === undefined || allowed.includes(name));
    const narrowed = { ...constraints, agents: { ...constraints.agents, only } };
    return only.length > 0 && hub.isMet(requires, narrowed) ? narrowed : undefined;
  }

  #offers(): OfferedCapability[] {
    const { hub, requires } = this.#asked;
    const { name } = requires[0]!;
    return [...hub.offered(name)].filter(({ capability }) => capability.name === name);
  }
}

function joined(splice: Splice, data: readonly string[]): string[] | undefined {
  const passed: string[] = [];
  for (const chunk of data) {
    const next = splice.next(chunk);
    if (next === undefined) return undefined;
    if (next !== null) passed.push(next);
  }
  return passed;
}
