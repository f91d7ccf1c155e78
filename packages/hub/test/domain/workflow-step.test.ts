import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { GraphNode } from '../../src/domain/workflow-graph.ts';
import { nextStep, type NodeFacts } from '../../src/domain/workflow-step.ts';
import { layeredGraph } from './arbitrary-graphs.ts';

type Mutable = { -readonly [Key in keyof NodeFacts]: NodeFacts[Key] };

/** A workflow as it goes: who fails, in which order open nodes end, what cannot be undone. */
interface Run {
  readonly nodes: Mutable[];
  readonly started: string[];
  readonly succeeded: string[];
  readonly undone: string[];
  readonly end: ReturnType<typeof nextStep>;
}

function run(
  graph: readonly GraphNode[],
  fails: readonly boolean[],
  undoFails: readonly boolean[],
  picks: readonly number[],
): Run {
  const nodes: Mutable[] = graph.map(({ name, dependsOn }) => ({
    name,
    dependsOn,
    state: dependsOn.length > 0 ? 'blocked' : 'open',
    completion: undefined,
    compensation: 'due',
  }));
  const by = (name: string) => nodes.find((node) => node.name === name)!;
  const started = nodes.filter(({ state }) => state === 'open').map(({ name }) => name);
  const [succeeded, undone]: [string[], string[]] = [[], []];
  let completions = 0;
  for (let turn = 0; ; turn++) {
    const step = nextStep(nodes, false);
    expect(nextStep(nodes, false)).toEqual(step); // asked again it answers the same
    for (const { name } of step.drop) by(name).state = 'failed';
    for (const name of step.complete) by(name).completion = ++completions;
    for (const name of step.release) {
      by(name).state = 'open';
      started.push(name);
    }
    if (step.compensate !== undefined) {
      const node = by(step.compensate);
      undone.push(node.name);
      node.compensation = undoFails[nodes.indexOf(node)] ? 'failed' : 'done';
      continue;
    }
    if (step.drop.length + step.complete.length + step.release.length > 0) continue;
    const open = nodes.filter(({ state }) => state === 'open');
    if (open.length === 0) return { nodes, started, succeeded, undone, end: step };
    const node = open[(picks[turn % picks.length] ?? 0) % open.length]!;
    node.state = fails[nodes.indexOf(node)] ? 'failed' : 'succeeded';
    if (node.state === 'succeeded') succeeded.push(node.name);
  }
}

const flags = fc.array(fc.boolean(), { minLength: 12, maxLength: 12 });
const mostlyFine = fc.array(
  fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
  { minLength: 12, maxLength: 12 },
);
const picks = fc.array(fc.nat(100), { minLength: 1, maxLength: 12 });

describe('a workflow', () => {
  test('[HB-10 order] starts each node once, when all before it have succeeded, and comes to an end', () => {
    fc.assert(
      fc.property(layeredGraph(), mostlyFine, flags, picks, (graph, fails, undoFails, order) => {
        const { nodes, started, succeeded, end } = run(graph, fails, undoFails, order);
        expect(new Set(started).size).toBe(started.length);
        for (const { name, dependsOn } of nodes)
          if (started.includes(name)) for (const other of dependsOn) expect(succeeded).toContain(other);
        expect(end.end).toBe(succeeded.length === nodes.length ? 'succeeded' : 'failed');
      }),
    );
  });

  test('[HB-10 failure] leaves out exactly what comes after a failed node, and runs all the rest', () => {
    fc.assert(
      fc.property(layeredGraph(), mostlyFine, flags, picks, (graph, fails, undoFails, order) => {
        const { started } = run(graph, fails, undoFails, order);
        const reachable = new Set<string>();
        const fine = new Set<string>();
        graph.forEach(({ name, dependsOn }, at) => {
          if (!dependsOn.every((other) => fine.has(other))) return;
          reachable.add(name);
          if (!fails[at]) fine.add(name);
        });
        expect(new Set(started)).toEqual(reachable);
      }),
    );
  });

  test('[HB-10 compensation] undoes what succeeded, each once, the last to succeed first, and only after a failure', () => {
    fc.assert(
      fc.property(layeredGraph(), mostlyFine, flags, picks, (graph, fails, undoFails, order) => {
        const { nodes, succeeded, undone, end } = run(graph, fails, undoFails, order);
        const failed = succeeded.length < nodes.length;
        expect(undone).toEqual(failed ? succeeded.toReversed() : []);
        const stuck = undone.some((name) => undoFails[nodes.findIndex((node) => node.name === name)]);
        expect(end.compensation).toBe(undone.length === 0 ? 'none' : stuck ? 'failed' : 'done');
      }),
    );
  });
});
