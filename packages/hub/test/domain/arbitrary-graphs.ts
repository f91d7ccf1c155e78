import fc from 'fast-check';
import type { GraphNode } from '../../src/domain/workflow-graph.ts';

/** Graphs without cycles: each node depends on some of those before it. */
export function layeredGraph({ minNodes = 1, maxNodes = 12 } = {}): fc.Arbitrary<GraphNode[]> {
  return fc
    .integer({ min: minNodes, max: maxNodes })
    .chain((size) =>
      fc
        .tuple(
          ...Array.from({ length: size }, (_, at) => fc.subarray(Array.from({ length: at }, (_before, n) => `n${n}`))),
        )
        .map((all) => all.map((dependsOn, at) => ({ name: `n${at}`, dependsOn }))),
    );
}
