import { defineOperation, NotFound, PageQuery, pageOf, Uuid } from '@reeve/kernel';
import { z } from 'zod';
import { AgentExists, AgentNotRunnable } from '../errors.ts';
import { AgentProficiency } from './proficiency.ts';
import { Agent, AgentChange, AgentOffer, AgentState, CapabilityName } from './agent.ts';

const byId = z.object({ id: Uuid });

export const registerAgent = defineOperation({
  name: 'agents.register',
  summary: 'Register an agent with what it offers',
  description:
    'A registered agent is offline until it connects. Agents that connect with a new name register themselves.',
  access: 'agents:write',
  effect: 'write',
  http: { method: 'POST', path: '/v1/agents', status: 201 },
  input: AgentOffer,
  output: Agent,
  errors: [AgentExists],
  examples: [
    {
      title: 'A PDF extractor',
      input: { name: 'pdf-1', capabilities: [{ name: 'pdf.extract', proficiency: 0.9 }], slots: 4 },
    },
  ],
});
export const listAgents = defineOperation({
  name: 'agents.list',
  summary: 'List agents',
  access: 'agents:read',
  effect: 'read',
  http: { method: 'GET', path: '/v1/agents' },
  input: z.object({ ...PageQuery, state: AgentState.optional(), capability: CapabilityName.optional() }),
  output: pageOf(Agent),
});
export const showAgent = defineOperation({
  name: 'agents.show',
  summary: 'Show one agent',
  access: 'agents:read',
  effect: 'read',
  http: { method: 'GET', path: '/v1/agents/{id}' },
  input: byId,
  output: Agent,
  errors: [NotFound],
});
export const showProficiency = defineOperation({
  name: 'agents.proficiency',
  summary: 'How well an agent does what it offers: declared, learned, and what that stands on',
  access: 'agents:read',
  effect: 'read',
  http: { method: 'GET', path: '/v1/agents/{id}/proficiency' },
  input: byId,
  output: AgentProficiency,
  errors: [NotFound],
});
export const updateAgent = defineOperation({
  name: 'agents.update',
  summary: 'Change what an agent offers',
  access: 'agents:write',
  effect: 'write',
  http: { method: 'PATCH', path: '/v1/agents/{id}' },
  input: AgentChange.extend({ id: Uuid }),
  output: Agent,
  errors: [NotFound],
});
export const pauseAgent = defineOperation({
  name: 'agents.pause',
  summary: 'Give an agent no new work until it is resumed',
  access: 'agents:write',
  effect: 'write',
  http: { method: 'POST', path: '/v1/agents/{id}/pause' },
  input: byId,
  output: Agent,
  errors: [NotFound],
});
export const resumeAgent = defineOperation({
  name: 'agents.resume',
  summary: 'Give a paused or draining agent work again',
  access: 'agents:write',
  effect: 'write',
  http: { method: 'POST', path: '/v1/agents/{id}/resume' },
  input: byId,
  output: Agent,
  errors: [NotFound, AgentNotRunnable],
});
export const drainAgent = defineOperation({
  name: 'agents.drain',
  summary: 'Let an agent finish what it has and take nothing new',
  access: 'agents:write',
  effect: 'write',
  http: { method: 'POST', path: '/v1/agents/{id}/drain' },
  input: byId,
  output: Agent,
  errors: [NotFound, AgentNotRunnable],
});
export const removeAgent = defineOperation({
  name: 'agents.remove',
  summary: 'Remove an agent; what it is running goes back to the queue',
  description: 'Removing an agent that holds leases needs approval, for its attempts are lost.',
  access: 'agents:write',
  effect: 'consequential',
  http: { method: 'DELETE', path: '/v1/agents/{id}' },
  input: byId,
  output: z.object({ id: Uuid, name: z.string(), requeuedTasks: z.int() }),
  errors: [NotFound],
});
