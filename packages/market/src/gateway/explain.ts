import type { Hub } from '@reeve/hub';
import type { AgentVerdict } from '@reeve/hub/api';
import { bind, type BoundOperation } from '@reeve/platform';
import { explainMarket } from '../api/explain-operation.ts';
import { capabilityOf } from '../domain/capability.ts';
import { constraintsOf } from './routing.ts';
import { assertServed } from './served.ts';

/** `market.explain` */
export function explainOperation(hub: Hub): BoundOperation {
  return bind(explainMarket, async ({ model, kind, policy = 'balanced', ...conditions }) => {
    assertServed(hub, kind, model);
    const requires = [{ name: capabilityOf(kind, model), minProficiency: 0 }];
    const { agents, ...rest } = hub.judge(requires, { ...constraintsOf(conditions), policy });
    const items = agents.filter(({ failed }) => failed?.requirement !== `capability ${requires[0]!.name}`);
    return { summary: summaryOf(items, policy), items, ...rest };
  });
}

function summaryOf(nodes: readonly AgentVerdict[], policy: string): string {
  const eligible = nodes.filter((node) => node.eligible);
  const [best] = eligible;
  if (!best) return `None of the ${nodes.length} nodes that serve the model qualifies.`;
  if (best.freeSlots === 0) return 'All nodes that qualify are busy: the next that has room takes it.';
  if (policy !== 'balanced' || eligible.length === 1) return `${best.agentName} would get it.`;
  return `The better of two drawn from ${eligible.length} would get it; ${best.agentName} ranks first.`;
}
