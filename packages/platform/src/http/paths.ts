import type { ErrorBodyWriter } from '../operations/index.ts';

interface KnownPath {
  readonly pattern: RegExp;
  readonly methods: Set<string>;
  errorBody: ErrorBodyWriter | undefined;
}

interface PathFacts {
  /** Whether GET is answered to HEAD too; true when not given. */
  readonly head?: boolean;
  readonly errorBody?: ErrorBodyWriter | undefined;
}

/** The methods that each path knows: for 405 with `Allow`, and for OPTIONS. Asked only when no route was found. */
export class KnownPaths {
  readonly #byPath = new Map<string, KnownPath>();

  add(method: string, path: string, { head = true, errorBody }: PathFacts = {}): void {
    let known = this.#byPath.get(path);
    if (!known) {
      known = { pattern: patternOf(path), methods: new Set(['OPTIONS']), errorBody: undefined };
      this.#byPath.set(path, known);
    }
    known.methods.add(method);
    known.errorBody ??= errorBody;
    if (method === 'GET' && head) known.methods.add('HEAD');
  }

  /** Of all patterns that fit: `/v1/tasks/batch` fits `/v1/tasks/{id}` too. */
  methodsOf(url: string): readonly string[] {
    return [...new Set(this.#fitting(url).flatMap(({ methods }) => [...methods]))].sort();
  }

  /** The form of errors at this path, if it has one of its own. */
  errorBodyOf(url: string): ErrorBodyWriter | undefined {
    return this.#fitting(url).find(({ errorBody }) => errorBody)?.errorBody;
  }

  #fitting(url: string): KnownPath[] {
    const path = url.split('?', 1)[0]!;
    return [...this.#byPath.values()].filter(({ pattern }) => pattern.test(path));
  }
}

function patternOf(path: string): RegExp {
  const parts = path.split(/\{[^}]+\}/).map((literal) => literal.replace(/[.*+?^$()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('[^/]+')}$`);
}

/** `/v1/tasks/{id}` as Fastify writes it. A literal colon (`/v1/x:y`) is doubled. */
export function fastifyPath(path: string): string {
  return path.replace(/:/g, '::').replace(/\{([A-Za-z0-9_]+)\}/g, ':$1');
}
