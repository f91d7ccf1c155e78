/** The methods that each path knows: for 405 with `Allow`, and for OPTIONS. Asked only when no route was found. */
export class KnownPaths {
  readonly #paths: Array<{ readonly pattern: RegExp; readonly methods: Set<string> }> = [];
  readonly #byPath = new Map<string, Set<string>>();

  add(method: string, path: string, { head } = { head: true }): void {
    let methods = this.#byPath.get(path);
    if (!methods) {
      methods = new Set(['OPTIONS']);
      this.#byPath.set(path, methods);
      this.#paths.push({ pattern: patternOf(path), methods });
    }
    methods.add(method);
    if (method === 'GET' && head) methods.add('HEAD');
  }

  /** Of all patterns that fit: `/v1/tasks/batch` fits `/v1/tasks/{id}` too. */
  methodsOf(url: string): readonly string[] {
    const path = url.split('?', 1)[0]!;
    const methods = this.#paths.filter(({ pattern }) => pattern.test(path)).flatMap((known) => [...known.methods]);
    return [...new Set(methods)].sort();
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
