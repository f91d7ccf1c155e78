import fc from 'fast-check';
import { agentProtocol } from '@reeve/hub/api';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { OutgoingStream } from '../src/agent/outgoing-stream.ts';
import { AgentHarness } from './agent-harness.ts';
import { lease, type WireConnection } from './wire-hub.ts';

const window = agentProtocol.initialCredit;

describe('streaming over the wire', () => {
  let harness: AgentHarness;
  beforeEach(async () => {
    harness = await AgentHarness.open();
  });
  afterEach(() => harness[Symbol.asyncDispose]());

  /** Everything that was streamed so far, in units. */
  function streamedUnits(connection: WireConnection): number {
    return connection
      .seen('chunks')
      .flatMap(({ data }) => data as string[])
      .join('').length;
  }

  test('chunks come in order and before the result, many in one frame', async () => {
    const [, connection] = await harness.online(async (_, { emit }) => {
      for (let n = 0; n < 1_000; n++) await emit(`chunk ${n}`);
      return 'end';
    });
    connection.send(lease(null));
    await connection.next('succeeded');
    const frames = connection.seen('chunks');
    expect(frames.flatMap(({ data }) => data)).toEqual(Array.from({ length: 1_000 }, (_, n) => `chunk ${n}`));
    expect(frames.length).toBeLessThan(100);
    let due = 0;
    for (const { index, data } of frames) {
      expect(index).toBe(due);
      due += (data as string[]).length;
    }
  });

  test('a handler that awaits runs no further than the window, and on as its reader takes', async () => {
    let emitted = 0;
    const [, connection] = await harness.online(async (_, { emit }) => {
      for (; emitted < 100; emitted++) await emit('x'.repeat(window / 8));
      return 'end';
    });
    const given = lease(null);
    const { taskId, fence } = given;
    connection.send(given);
    await expect.poll(() => streamedUnits(connection)).toBe(window);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(emitted).toBe(7); // the eighth fills the window and waits
    connection.send({ type: 'credit', taskId, fence, amount: window / 4 });
    await expect.poll(() => streamedUnits(connection)).toBe(window + window / 4);
    expect(emitted).toBe(9);
  });

  test('the result waits for chunks that wait for credit', async () => {
    const [, connection] = await harness.online(async (_, { emit }) => {
      for (let n = 0; n < 3; n++) void emit('x'.repeat(window / 2)); // not awaited
      return 'end';
    });
    const given = lease(null);
    const { taskId, fence } = given;
    connection.send(given);
    await expect.poll(() => streamedUnits(connection)).toBe(window);
    expect(connection.seen('succeeded')).toEqual([]);
    connection.send({ type: 'credit', taskId, fence, amount: window / 2 });
    await connection.next('succeeded');
    expect(streamedUnits(connection)).toBe(window * 1.5);
  });

  test.each([
    ['a chunk larger than the window', (emit: (chunk: string) => unknown) => void emit('x'.repeat(window + 1))],
    [
      'chunks without end and without awaiting',
      (emit: (chunk: string) => unknown) => {
        for (let n = 0; n < 20; n++) void emit('x'.repeat(window));
      },
    ],
    ['something that is no text', (emit: (chunk: string) => unknown) => void emit(5 as never)],
  ])('%s fails the attempt, also when nobody looks at the promise', async (_, act) => {
    const [, connection] = await harness.online(async (_, { emit }) => act(emit));
    connection.send(lease(null));
    expect(await connection.next('failed')).toMatchObject({ error: { code: 'emit_refused', retryable: false } });
  });

  test('a waiting emit is rejected when the lease is lost, and none that is not awaited ends the process', async () => {
    const outcome = Promise.withResolvers<unknown>();
    const [, connection] = await harness.online(async (_, { emit }) => {
      void emit('x'.repeat(window));
      void emit('nobody awaits this');
      await emit('this one somebody does').catch(outcome.resolve);
    });
    const given = lease(null);
    connection.send(given);
    await connection.next('chunks');
    connection.send({ type: 'lost', taskId: given.taskId, fence: given.fence });
    expect(await outcome.promise).toMatchObject({ code: 'attempt_aborted' });
  });
});

describe('the accounts of a stream', () => {
  /** What the hub does with a stream: knows the next chunk, drops what it has, credits what was taken. */
  class Reader {
    readonly taken: string[] = [];
    #next = 0;
    uncreditedUnits = 0;

    receive(frame: string): void {
      const { index, data } = JSON.parse(`{${frame}}`) as { index: number; data: string[] };
      if (index > this.#next) throw new Error(`a gap: ${index} came where ${this.#next} was due`);
      const fresh = data.slice(this.#next - index);
      this.taken.push(...fresh);
      this.#next += fresh.length;
      this.uncreditedUnits += fresh.join('').length;
    }
  }

  type Step = { emit: number } | { credit: number } | 'send' | 'reconnect';
  const steps = fc.array(
    fc.oneof<fc.Arbitrary<Step>[]>(
      fc.record({ emit: fc.integer({ min: 0, max: window }) }),
      fc.record({ credit: fc.integer({ min: 1, max: window }) }),
      fc.constant('send' as const),
      fc.constant('reconnect' as const),
    ),
    { maxLength: 60 },
  );

  test('hold whatever is emitted, credited and lost: every chunk once, in order, within the window', () => {
    fc.assert(
      fc.property(steps, (plan) => {
        const stream = new OutgoingStream();
        const reader = new Reader();
        const emitted: string[] = [];
        const send = (): void => {
          for (let frame = stream.takeUnsent(); frame !== undefined; frame = stream.takeUnsent()) reader.receive(frame);
        };
        for (const step of plan) {
          if (step === 'send') send();
          else if (step === 'reconnect') stream.rewind();
          else if ('emit' in step) emitted.push(emit(stream, step.emit, emitted.length));
          else {
            const amount = Math.min(step.credit, reader.uncreditedUnits);
            reader.uncreditedUnits -= amount;
            if (amount > 0) stream.credit(amount);
          }
          expect(reader.uncreditedUnits).toBeLessThanOrEqual(window);
        }
        while (!stream.flushed) {
          send();
          stream.credit(Math.max(1, reader.uncreditedUnits));
          reader.uncreditedUnits = 0;
        }
        expect(reader.taken).toEqual(emitted);
      }),
      { numRuns: 300 },
    );
  });

  function emit(stream: OutgoingStream, units: number, number: number): string {
    const chunk = String(number).padEnd(units, '.').slice(0, Math.max(units, 0));
    void stream.push(chunk);
    return chunk;
  }

  test('more credit than is open, as after a reconnect, opens no more than the window', () => {
    const stream = new OutgoingStream();
    void stream.push('x'.repeat(1_000));
    stream.takeUnsent();
    stream.credit(window * 4);
    void stream.push('a'.repeat(window));
    void stream.push('b');
    expect(stream.takeUnsent()).toHaveLength(`"index":1,"data":["${'a'.repeat(window)}"]`.length);
    expect(stream.takeUnsent()).toBeUndefined();
  });
});
