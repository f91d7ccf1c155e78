import type { Hub } from '@reeve/hub';
import type { Constraints, Requirement } from '@reeve/hub/api';
import { NoNodeQualifies } from '../errors.ts';

/** Nodes whose reasons are worth telling in a message. */
const toldNodes = 3;

/** @throws NoNodeQualifies at once, where a request would wait in vain, with what the nearest nodes lack */
export function assertQualified(hub: Hub, requires: readonly Requirement[], constraints: Constraints): void {
  if (hub.isMet(requires, constraints)) return;
  const { agents } = hub.judge(requires, constraints);
  const reasons = agents
    .flatMap(({ agentName, failed }) =>
      failed && !failed.requirement.startsWith('capability') ? [{ agentName, failed }] : [],
    )
    .slice(0, toldNodes)
    .map(
      ({ agentName, failed: { requirement, wanted, found } }) =>
        `${agentName}: ${requirement} ${text(wanted)}, it has ${text(found)}`,
    );
  throw NoNodeQualifies.error(`no node meets what the request asks for: ${reasons.join('; ')}`);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
