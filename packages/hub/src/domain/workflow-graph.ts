import { InvalidInput } from '@reeve/kernel';
import { WorkflowCycle } from '../errors.ts';

/** A node as far as the order of work goes. */
export interface GraphNode {
  readonly name: string;
  readonly dependsOn: readonly string[];
}

/**
 * Names of everything that each node comes after, directly or not.
 * @throws InvalidInput for names that come twice or are not there; WorkflowCycle naming the cycle.
 */
export function ancestorsOf(nodes: readonly GraphNode[]): ReadonlyMap<string, ReadonlySet<string>> {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  nodes.forEach(({ name, dependsOn }, at) => {
    if (byName.get(name) !== nodes[at]) throw refused(at, 'name', `there are two nodes named ${name}`);
    for (const other of dependsOn)
      if (!byName.has(other)) throw refused(at, 'dependsOn', `${name} depends on ${other}, which is no node`);
  });
  const ancestors = new Map<string, Set<string>>();
  for (const node of nodes) collect(node, byName, ancestors, []);
  return ancestors;
}

function collect(
  { name, dependsOn }: GraphNode,
  byName: ReadonlyMap<string, GraphNode>,
  ancestors: Map<string, Set<string>>,
  path: readonly string[],
): ReadonlySet<string> {
  const known = ancestors.get(name);
  if (known) return known;
  if (path.includes(name)) throw cycle([...path.slice(path.indexOf(name)), name]);
  const found = new Set(dependsOn);
  for (const other of dependsOn)
    for (const each of collect(byName.get(other)!, byName, ancestors, [...path, name])) found.add(each);
  ancestors.set(name, found);
  return found;
}

function cycle(names: readonly string[]): Error {
  const text = names.join(' → ');
  return WorkflowCycle.error(`the nodes wait for one another: ${text}`, { details: { cycle: [...names] } });
}

function refused(at: number, member: string, message: string): Error {
  return InvalidInput.error(message, { issues: [{ path: ['nodes', at, member], message }] });
}
