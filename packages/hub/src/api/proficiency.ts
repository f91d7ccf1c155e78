import { EpochMs, Uuid } from '@reeve/kernel';
import { z } from 'zod';
import { CapabilityName, Proficiency } from './agent.ts';

/**
 * What was counted: verdicts of a verifier, receipts that were true or not, or attempts that ended one way or the other
 * whatever came of them.
 */
export const EvidenceSource = z.enum(['schema', 'canary', 'check', 'rerun', 'receipt', 'completion']);
export type EvidenceSource = z.output<typeof EvidenceSource>;

export const CapabilityProficiency = z.object({
  capability: CapabilityName,
  /** As the agent says itself. */
  declared: Proficiency,
  /** Share of what was verified that was good, older outcomes counting less; absent while nothing was. */
  learned: Proficiency.optional(),
  /** What matching uses: what was declared, outweighed by what was verified as that grows. */
  blend: Proficiency,
  /** Share of attempts that were completed, whatever came of them. */
  reliability: Proficiency,
  /** What all of this stands on. */
  evidence: z.array(z.object({ source: EvidenceSource, good: z.int(), bad: z.int(), lastAtMs: EpochMs })),
});
export type CapabilityProficiency = z.output<typeof CapabilityProficiency>;

export const AgentProficiency = z.object({
  agentId: Uuid,
  agentName: z.string(),
  capabilities: z.array(CapabilityProficiency),
});
export type AgentProficiency = z.output<typeof AgentProficiency>;
