import fc from 'fast-check';
import { expect, test } from 'vitest';
import { IncomingStream } from '../../src/domain/incoming-stream.ts';

const window = 20;

type Act = 'send' | 'take' | 'deliverCredit' | 'reconnect';
const acts = fc.array(
  fc.record({
    act: fc.constantFrom<Act>('send', 'take', 'deliverCredit', 'reconnect'),
    length: fc.integer({ min: 1, max: 7 }),
    pieces: fc.integer({ min: 1, max: 3 }),
  }),
  { maxLength: 120 },
);

/** An agent that keeps to the protocol, a follower that takes when it likes, and a connection that breaks anywhere. */
class Ride {
  readonly stream = new IncomingStream(window);
  readonly passedOn: string[] = [];
  readonly made: string[] = [];
  /** Agent: chunks not credited, from `firstKept` on; those before `sent` have gone over this connection. */
  #firstKept = 0;
  #sent = 0;
  #openUnits = 0;
  #creditedOfFirst = 0;
  /** Hub: credit on its way to the agent; passed on and not taken by the follower. */
  #creditUnderWay = 0;
  #untaken: number[] = [];
  mostWaiting = 0;

  send(length: number, pieces: number): void {
    while (this.made.length < this.#sent + pieces)
      this.made.push(`${this.made.length}`.padEnd(length, '.').slice(0, length));
    const data: string[] = [];
    const from = this.#sent;
    while (data.length < pieces && this.#fits(this.made[this.#sent]!)) data.push(this.made[this.#sent++]!);
    if (data.length === 0) return;
    const intake = this.stream.receive(from, data);
    if ('fault' in intake) throw new Error(intake.fault);
    this.#creditUnderWay += intake.credit;
    this.passedOn.push(...intake.fresh);
    this.#untaken.push(...intake.fresh.map((chunk) => chunk.length));
    this.mostWaiting = Math.max(
      this.mostWaiting,
      this.#untaken.reduce((sum, units) => sum + units, 0),
    );
  }

  /** Chunks that were sent before hold their part of the window still; new ones need room. */
  #fits(chunk: string): boolean {
    if (this.#sent < this.#granted) return true;
    if (this.#openUnits + chunk.length > window) return false;
    this.#openUnits += chunk.length;
    this.#granted += 1;
    return true;
  }
  #granted = 0;

  /** The follower takes a chunk. */
  take(): void {
    const units = this.#untaken.shift();
    if (units === undefined) return;
    this.stream.taken(units);
    this.#creditUnderWay += units;
  }

  deliverCredit(): void {
    expect(this.#creditUnderWay).toBeLessThanOrEqual(this.#openUnits);
    let credited = this.#creditedOfFirst + this.#creditUnderWay;
    this.#openUnits -= this.#creditUnderWay;
    this.#creditUnderWay = 0;
    while (this.#firstKept < this.#granted && this.made[this.#firstKept]!.length <= credited)
      credited -= this.made[this.#firstKept++]!.length;
    this.#creditedOfFirst = credited;
    this.#sent = Math.max(this.#sent, this.#firstKept);
  }

  reconnect(): void {
    this.#creditUnderWay = 0; // lost with the connection
    this.stream.reconnected();
    this.#sent = this.#firstKept;
    // Everything goes again before any new credit can come.
    while (this.#sent < this.#granted) this.send(1, 2);
  }

  get openUnits(): number {
    return this.#openUnits;
  }
}

test('[LD-03 stream] whatever connection breaks when: all chunks once and in order, no credit before they are taken', () => {
  fc.assert(
    fc.property(acts, (all) => {
      const ride = new Ride();
      for (const { act, length, pieces } of all) {
        if (act === 'send') ride.send(length, pieces);
        else ride[act]();
        expect(ride.passedOn).toEqual(ride.made.slice(0, ride.passedOn.length));
      }
      expect(ride.mostWaiting).toBeLessThanOrEqual(window);
      // However often it broke, the window opens wholly again once everything was sent, taken and credited.
      ride.reconnect();
      for (let round = 0; round < 500; round++) {
        ride.send(1, 3);
        ride.take();
        ride.deliverCredit();
      }
      for (let round = 0; round < 500; round++) ride.take();
      ride.deliverCredit();
      expect(ride.openUnits).toBe(0);
    }),
    { numRuns: 300 },
  );
});

test('[LD-03 stream] a gap is a fault, and says where', () => {
  const stream = new IncomingStream(window);
  stream.receive(0, ['a', 'b']);
  expect(stream.receive(3, ['d'])).toEqual({ fault: 'stream chunk 3 came where 2 was due' });
});

test('[LD-03 stream] more than the window without credit is a fault; empty chunks count too', () => {
  const greedy = new IncomingStream(window);
  expect(greedy.receive(0, ['x'.repeat(window)])).toMatchObject({ credit: 0 });
  expect(greedy.receive(1, ['x'])).toMatchObject({ fault: expect.stringContaining('without credit') });
  const flood = new IncomingStream(window);
  expect(
    flood.receive(
      0,
      Array.from({ length: window + 1 }, () => ''),
    ),
  ).toMatchObject({ fault: expect.anything() });
});
