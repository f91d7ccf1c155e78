import type { CompensationState } from '../api/workflow.ts';

/** A node as the record has it. */
export interface NodeFacts {
  readonly name: string;
  readonly dependsOn: readonly string[];
  /** `blocked` by nodes before it; `open`: at work, or waiting for a person. */
  readonly state: 'blocked' | 'open' | 'succeeded' | 'failed';
  /** Number in the order in which nodes succeeded; nothing while it has none. */
  readonly completion: number | undefined;
  /** Of what undoes it; nothing when it has no such thing. `due`: not begun. */
  readonly compensation: 'due' | 'running' | 'done' | 'failed' | undefined;
}

/** What follows from the facts; each part is empty when there is nothing to do. */
export interface Step {
  /** Blocked nodes whose turn has come. */
  readonly release: readonly string[];
  /** Nodes that will not run, and the failed node because of which; none when the workflow was stopped. */
  readonly drop: ReadonlyArray<{ readonly name: string; readonly because: string | undefined }>;
  /** Nodes that have succeeded and have no number yet, in this order. */
  readonly complete: readonly string[];
  /** How the workflow has ended, once every node has. */
  readonly end: 'succeeded' | 'failed' | 'cancelled' | undefined;
  readonly compensation: CompensationState;
  /** The node that is undone next. */
  readonly compensate: string | undefined;
}

/**
 * What follows from the state of a workflow, and from nothing else: asked again after a crash, it answers the same. A
 * node starts when all before it have succeeded; what comes after a failed one is dropped, all others go on. When every
 * node has ended and one has failed, those that succeeded are undone one by one, the last to succeed first.
 */
export function nextStep(nodes: readonly NodeFacts[], stopped: boolean): Step {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const blocked = nodes.filter(({ state }) => state === 'blocked');
  const dropped = stopped ? nodes.filter(isLive) : blocked.filter((node) => failedBefore(node, byName) !== undefined);
  const drop = dropped.map((node) => ({ name: node.name, because: failedBefore(node, byName) }));
  const isFree = ({ dependsOn }: NodeFacts): boolean =>
    dependsOn.every((name) => byName.get(name)!.state === 'succeeded');
  const release = stopped ? [] : blocked.filter(isFree).map(({ name }) => name);
  const complete = nodes.filter((node) => node.state === 'succeeded' && node.completion === undefined);
  const ongoing = { release, drop, complete: complete.map(({ name }) => name) };
  if (nodes.some(isLive) || complete.length > 0)
    return { ...ongoing, end: undefined, compensation: 'none', compensate: undefined };
  const failed = stopped || nodes.some(({ state }) => state === 'failed');
  if (!failed) return { ...ongoing, end: 'succeeded', compensation: 'none', compensate: undefined };
  return { ...ongoing, end: stopped ? 'cancelled' : 'failed', ...compensationOf(nodes) };
}

function isLive({ state }: NodeFacts): boolean {
  return state === 'blocked' || state === 'open';
}

/** The node that failed before this one, directly or by way of others that wait. */
function failedBefore({ dependsOn }: NodeFacts, byName: ReadonlyMap<string, NodeFacts>): string | undefined {
  for (const name of dependsOn) {
    const before = byName.get(name)!;
    const failed = before.state === 'failed' ? name : before.state === 'blocked' && failedBefore(before, byName);
    if (failed) return failed;
  }
  return undefined;
}

/** One at a time, in the reverse order of completion; one that failed for good is passed over, and stays failed. */
function compensationOf(nodes: readonly NodeFacts[]): Pick<Step, 'compensation' | 'compensate'> {
  const undoable = nodes.filter(({ state, compensation }) => state === 'succeeded' && compensation !== undefined);
  undoable.sort((a, b) => b.completion! - a.completion!);
  if (undoable.length === 0) return { compensation: 'none', compensate: undefined };
  const next = undoable.find(({ compensation }) => compensation === 'due' || compensation === 'running');
  if (next) return { compensation: 'running', compensate: next.compensation === 'due' ? next.name : undefined };
  const isFailed = undoable.some(({ compensation }) => compensation === 'failed');
  return { compensation: isFailed ? 'failed' : 'done', compensate: undefined };
}
