import { Overloaded } from '@reeve/kernel';
import type { Unit } from '../port.ts';
import type { CommitCall } from './commit-call.ts';
import { OpenGroup, type PendingUnit } from './open-group.ts';
import type { GroupLimits } from './limits.ts';
import type { GroupMessage } from './messages.ts';

/** A group on its way: sent, and not yet answered. */
export interface SentGroup {
  readonly number: number;
  readonly atMs: number;
  readonly units: readonly PendingUnit[];
}

const mostInFlight = 2;
const overloadedRetryMs = 1_000;

/**
 * Collects units into groups and hands them to the writer in the order in which they came. One group is being written,
 * one waits behind it so that the writer never idles, and all that arrives meanwhile becomes the next.
 */
export class GroupQueue {
  readonly #limits: GroupLimits;
  readonly #maySeal: boolean;
  readonly #idOf: (sql: string) => number;
  readonly #nowMs: () => number;
  readonly #send: (message: GroupMessage) => void;
  readonly #sent: SentGroup[] = [];
  readonly #waiting: OpenGroup[] = [];
  #waitingUnits = 0;
  #waitingBytes = 0;
  #number = 0;
  #flushing = false;
  /** What waits has to go as soon as it can. */
  #pressing = false;
  /** When it has to, while nobody waits for it. */
  #patience: NodeJS.Timeout | undefined;

  /** @param maySeal whether there is a key to seal with. */
  constructor(
    limits: GroupLimits,
    maySeal: boolean,
    idOf: (sql: string) => number,
    nowMs: () => number,
    send: (message: GroupMessage) => void,
  ) {
    this.#limits = limits;
    this.#maySeal = maySeal;
    this.#idOf = idOf;
    this.#nowMs = nowMs;
    this.#send = send;
  }

  /** Units not yet answered. */
  get unitCount(): number {
    return this.#sent.reduce((sum, { units }) => sum + units.length, this.#waitingUnits);
  }

  /** @throws Overloaded, or what is wrong with the unit; then nothing of it is kept. */
  add(unit: Unit, call: CommitCall, index: number): void {
    if (this.#waitingUnits >= this.#limits.queuedUnits || this.#waitingBytes >= this.#limits.queuedBytes)
      throw Overloaded.error(`${this.#waitingUnits} units of work wait for the database`, {
        retryAfterMs: overloadedRetryMs,
      });
    const group = this.#openGroup();
    const sizeBefore = group.sizeBytes;
    group.add(unit, call, index, this.#idOf);
    this.#waitingUnits += 1;
    this.#waitingBytes += group.sizeBytes - sizeBefore;
    if (unit.mayWaitMs === undefined) this.#press();
    else this.#patience ??= setTimeout(() => this.#press(), unit.mayWaitMs);
  }

  /** Takes the oldest group that was sent; answers come in the order of the groups. */
  answered(number: number): SentGroup {
    const sent = this.#sent.shift();
    if (sent?.number !== number) throw new Error(`the answer to group ${number} came out of order`);
    if (this.#pressing) this.#scheduleFlush();
    return sent;
  }

  /** Gives up everything that was not sent. */
  takeWaiting(): OpenGroup[] {
    this.#waitingUnits = 0;
    this.#waitingBytes = 0;
    return this.#waiting.splice(0);
  }

  /** Gives up everything that was sent and not answered. */
  takeSent(): SentGroup[] {
    return this.#sent.splice(0);
  }

  #openGroup(): OpenGroup {
    const { groupUnits, groupBytes } = this.#limits;
    const last = this.#waiting.at(-1);
    if (last !== undefined && last.units.length < groupUnits && last.sizeBytes < groupBytes) return last;
    const group = new OpenGroup(this.#maySeal);
    this.#waiting.push(group);
    return group;
  }

  #press(): void {
    this.#pressing = true;
    this.#scheduleFlush();
  }

  /**
   * After everything that is ready to run has had its turn: what follows at once from a unit (the lease of a task that is
   * handed over) shares its commit, and what goes out in this turn (the lease, an answer) goes first, for waking the
   * writer takes as long as sending it.
   */
  #scheduleFlush(): void {
    if (this.#flushing || this.#sent.length >= mostInFlight) return;
    this.#flushing = true;
    queueMicrotask(() => queueMicrotask(() => setImmediate(() => this.#flush())));
  }

  #flush(): void {
    this.#flushing = false;
    while (this.#sent.length < mostInFlight && this.#waiting.length > 0) this.#sendGroup(this.#waiting.shift()!);
    if (this.#waiting.length > 0) return;
    this.#pressing = false;
    clearTimeout(this.#patience);
    this.#patience = undefined;
  }

  /** Of what was sent only the units are kept, for the answer. */
  #sendGroup(group: OpenGroup): void {
    if (group.units.length === 0) return;
    const sent = { number: ++this.#number, atMs: this.#nowMs(), units: group.units };
    this.#waitingUnits -= group.units.length;
    this.#waitingBytes -= group.sizeBytes;
    this.#sent.push(sent);
    this.#send(group.toMessage(sent.number, sent.atMs));
  }
}
