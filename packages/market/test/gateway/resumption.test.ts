import type { OfferedCapability } from '@reeve/hub';
import { describe, expect, test } from 'vitest';
import type { ModelRequest } from '../../src/gateway/model-request.ts';
import { Resumption } from '../../src/gateway/resumption.ts';

const seeded = { model: 'm', messages: [{ role: 'user', content: 'hello' }], stream: true, seed: 1 };
const greedy = { ...seeded, temperature: 0 };
const sent = ['Hel', 'lo'].map((content) => JSON.stringify({ id: 'a', choices: [{ delta: { content } }] }));

function offer(agentName: string, tokens: object, state = 'online'): OfferedCapability {
  const capability = { name: 'llm.chat:m', proficiency: 1, tokens };
  return { agentId: `id-${agentName}`, agentName, state, capability } as unknown as OfferedCapability;
}

function broken(body: ModelRequest, offers: readonly OfferedCapability[], constraints = {}, isCostBounded = false) {
  const hub = { offered: () => offers, isMet: () => true };
  const requires = [{ name: 'llm.chat:m', minProficiency: 0 }];
  const resumption = Resumption.of({ hub, body, requires, constraints, isCostBounded })!;
  expect(resumption.pass(sent)).toBe(sent);
  return resumption;
}

const same = { digest: 'sha256:1' };
const lost = ['id-lost', 'lease_expired'] as const;

describe('the node that goes on with an answer', () => {
  test('[LD-07 regenerate] has the same weights by their digest; without one nobody is known to', () => {
    const nodes = [
      offer('lost', same),
      offer('same', same),
      offer('other', { digest: 'sha256:2' }),
      offer('silent', {}),
    ];
    expect(broken(seeded, nodes).plan(...lost)?.constraints.agents?.only).toEqual(['same']);
    expect(broken(seeded, [offer('lost', {}), offer('silent', {})]).plan(...lost)).toBeUndefined();
    expect(broken(seeded, [offer('lost', same), offer('same', same, 'offline')]).plan(...lost)).toBeUndefined();
  });

  test('[LD-07 replay] can be given the beginning, when the answer is greedy', () => {
    const nodes = [offer('lost', {}), offer('goes-on', { continues: true }), offer('begins-anew', {})];
    const plan = broken(greedy, nodes).plan(...lost)!;
    expect(plan.constraints.agents?.only).toEqual(['goes-on']);
    expect(JSON.parse(plan.input)).toMatchObject({ messages: [{}, { role: 'assistant', content: 'Hello' }] });
    expect(broken(seeded, nodes).plan(...lost), 'what was drawn is not replayed').toBeUndefined();
    expect(broken(greedy, nodes, {}, true).plan(...lost), 'the beginning is billed as a prompt').toBeUndefined();
  });

  test('[LD-07 error] is one that the client wants, after a failure that says nothing of the answer', () => {
    const nodes = [offer('lost', same), offer('same', same)];
    expect(broken(seeded, nodes, { agents: { only: ['lost'] } }).plan(...lost)).toBeUndefined();
    expect(broken(seeded, nodes).plan('id-lost', 'backend_refused')).toBeUndefined();
  });

  test('[LD-07 error] is none for an answer of which too much would have to be kept', () => {
    const resumption = broken(seeded, [offer('lost', same), offer('same', same)]);
    resumption.pass([JSON.stringify({ choices: [{ delta: { content: 'x'.repeat(1024 * 1024) } }] })]);
    expect(resumption.plan(...lost)).toBeUndefined();
  });
});
