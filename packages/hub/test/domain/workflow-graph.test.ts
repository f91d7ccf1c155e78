import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ancestorsOf } from '../../src/domain/workflow-graph.ts';
import { layeredGraph } from './arbitrary-graphs.ts';

const node = (name: string, ...dependsOn: string[]) => ({ name, dependsOn });

describe('the graph of a workflow', () => {
  test('[HB-10 cycles] a cycle is refused and named, whatever hangs on it', () => {
    const nodes = [node('start'), node('a', 'start', 'c'), node('b', 'a'), node('c', 'b'), node('end', 'c')];
    expect(() => ancestorsOf(nodes)).toThrow(
      expect.objectContaining({ code: 'workflow_cycle', details: { cycle: ['a', 'c', 'b', 'a'] } }),
    );
    expect(() => ancestorsOf([node('alone', 'alone')])).toThrow('alone → alone');
  });

  test('[HB-10 cycles] any graph with one edge turned back has a cycle, and each step of the one named is an edge', () => {
    fc.assert(
      fc.property(layeredGraph({ minNodes: 2 }), fc.nat(), (nodes, pick) => {
        const later = nodes.filter(({ dependsOn }) => dependsOn.length > 0);
        fc.pre(later.length > 0);
        const from = later[pick % later.length]!;
        const back = nodes.map((each) =>
          each.name === from.dependsOn[0] ? node(each.name, ...each.dependsOn, from.name) : each,
        );
        const edges = new Set(back.flatMap(({ name, dependsOn }) => dependsOn.map((other) => `${name} ${other}`)));
        let cycle: string[] = [];
        try {
          ancestorsOf(back);
        } catch (error) {
          cycle = (error as { details: { cycle: string[] } }).details.cycle;
        }
        expect(cycle.length).toBeGreaterThan(1);
        expect(cycle.at(-1)).toBe(cycle[0]);
        cycle.slice(1).forEach((name, at) => expect(edges.has(`${cycle[at]} ${name}`)).toBe(true));
      }),
    );
  });

  test('what is no node, or comes twice, is named', () => {
    expect(() => ancestorsOf([node('a', 'b')])).toThrow('a depends on b, which is no node');
    expect(() => ancestorsOf([node('a'), node('a')])).toThrow('two nodes named a');
  });
});
