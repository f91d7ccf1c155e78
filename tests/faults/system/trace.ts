/** One system call of a trace: from the line where it began to the line where it had ended. */
interface Call {
  readonly name: string;
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

/** Something that was told to somebody, and whether all that it rests on was on disk before. */
export interface Told {
  readonly what: string;
  readonly onDisk: boolean;
}

/** What strace wrote with `-f -y` of a hub that serves one request at a time. */
export class Trace {
  readonly #calls: readonly Call[];

  constructor(text: string) {
    this.#calls = completedCalls(text);
  }

  /** Answers 201 to the requests that were read before, in order. */
  createdAnswers(): Told[] {
    return this.#pairs(
      (call) => call.name === 'read' && call.text.includes('"POST /v1/tasks '),
      (call) => isWrite(call) && call.text.includes('HTTP/1.1 201 '),
    );
  }

  /**
   * `accepted` frames. What an agent sends is masked and cannot be read here: its result is the first thing it sends
   * after its lease.
   */
  acceptedFrames(): Told[] {
    const leases = this.#calls.filter((call) => isWrite(call) && call.text.includes('\\"type\\":\\"lease\\"'));
    const sockets = new Set(leases.map(({ text }) => socketOf(text)));
    let awaited = false;
    return this.#pairs(
      (call) => {
        if (leases.includes(call)) awaited = true;
        const isResult =
          awaited && call.name === 'read' && sockets.has(socketOf(call.text)) && !/^= -?[01]\b/.test(end(call));
        if (isResult) awaited = false;
        return isResult;
      },
      (call) => isWrite(call) && call.text.includes('\\"type\\":\\"accepted\\"'),
    );
  }

  #pairs(isHeard: (call: Call) => boolean, isTold: (call: Call) => boolean): Told[] {
    let heard: Call | undefined;
    const told: Told[] = [];
    for (const call of this.#calls) {
      if (isHeard(call)) heard = call;
      else if (heard && isTold(call)) {
        told.push({ what: call.text.slice(0, 120), onDisk: this.#isOnDisk(heard, call) });
        heard = undefined;
      }
    }
    return told;
  }

  /**
   * Something was written to the write-ahead log in between, and a sync that began after it has ended. What is written
   * later may be of the next request: an answer may wait for company, and is then told while that one is being written.
   */
  #isOnDisk(heard: Call, told: Call): boolean {
    const between = this.#calls.filter(({ from, to }) => from > heard.to && to < told.from);
    const begun = this.#calls.filter(({ from }) => from > heard.to && from < told.from);
    const written = begun.find((call) => call.name.startsWith('pwrite') && call.text.includes('-wal>'));
    if (!written) return false;
    return between.some((call) => isSync(call) && call.from > written.to && call.text.includes('-wal>'));
  }
}

function isWrite({ name }: Call): boolean {
  return ['write', 'writev', 'sendto', 'sendmsg'].includes(name);
}

/** One that failed is none. */
function isSync(call: Call): boolean {
  return /^f(data)?sync$/.test(call.name) && /^= 0( \(DELAYED\))?$/.test(end(call));
}

function socketOf(text: string): string {
  return /<(socket:\[\d+\]|TCP[^>]*)>/.exec(text)?.[1] ?? 'none';
}

function end({ text }: Call): string {
  return text.slice(text.lastIndexOf('= '));
}

/**
 * A call of one thread may be interrupted in the text by another's: first `fsync(25</db-wal> <unfinished ...>`, later
 * `<... fsync resumed>) = 0`. In the order in which they ended.
 */
function completedCalls(text: string): Call[] {
  const unfinished = new Map<string, { readonly head: string; readonly from: number }>();
  const calls: Call[] = [];
  for (const [line, content] of text.split('\n').entries()) {
    const [, thread = '', rest = ''] = /^(\d+)\s+(.*)$/.exec(content) ?? [];
    if (rest.endsWith('<unfinished ...>')) {
      unfinished.set(thread, { head: rest.slice(0, -'<unfinished ...>'.length), from: line });
    } else if (rest.startsWith('<... ')) {
      const { head, from } = unfinished.get(thread) ?? { head: '', from: line };
      calls.push(toCall(head + rest.slice(rest.indexOf('resumed>') + 'resumed>'.length), from, line));
    } else if (rest !== '') calls.push(toCall(rest, line, line));
  }
  return calls;
}

function toCall(text: string, from: number, to: number): Call {
  return { name: text.slice(0, text.indexOf('(')), text, from, to };
}
