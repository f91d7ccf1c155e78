import { setImmediate as nextTurn } from 'node:timers/promises';

/** The longest the model may keep the event loop: other requests of the node wait meanwhile. */
const maxTurnMs = 2;
const tokensPerLook = 16;

/** Runs `steps` to their end and yields what they yield, and gives the event loop its turn every 2 ms. */
export async function* paced<Step, End>(steps: Generator<Step, End>, signal: AbortSignal): AsyncGenerator<Step, End> {
  let turnBeganMs = performance.now();
  for (let count = 1; ; count++) {
    signal.throwIfAborted();
    const step = steps.next();
    if (step.done) return step.value;
    yield step.value;
    if (count % tokensPerLook !== 0 || performance.now() - turnBeganMs < maxTurnMs) continue;
    await nextTurn();
    turnBeganMs = performance.now();
  }
}
