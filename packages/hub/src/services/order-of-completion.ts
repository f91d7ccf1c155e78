/** Most that is waited for at the same time; beyond it nothing further is read until something has ended. */
const windowSize = 10_000;

/**
 * Gives lines as what they stand for ends. Holds a window of lines, never results: whoever takes a line reads its
 * result then.
 */
export async function* inOrderOfCompletion<Line>(
  asked: AsyncIterable<readonly Line[]>,
  untilEnded: (line: Line) => Promise<void> | undefined,
): AsyncGenerator<Line[]> {
  let ended: Line[] = [];
  let open = 0;
  let change = Promise.withResolvers<void>();
  const changed = (): void => {
    change.resolve();
    change = Promise.withResolvers();
  };
  let reading = true;
  const read = (async () => {
    for await (const lines of asked) {
      for (const line of lines) {
        while (open >= windowSize) await change.promise;
        open += 1;
        void Promise.resolve(untilEnded(line)).then(() => {
          ended.push(line);
          changed();
        });
      }
    }
  })();
  const done = read.finally(() => {
    reading = false;
    changed();
  });
  done.catch(() => {}); // thrown below, once what came before it is given
  while (reading || open > 0) {
    if (ended.length === 0) await change.promise;
    const group = ended;
    ended = [];
    if (group.length > 0) yield group;
    open -= group.length;
    changed();
  }
  await done;
}
