import { EpochMs, Labels, MicroUsd, Name, Uuid } from '@reeve/kernel';
import { z } from 'zod';
import { TokenOffer } from './token-offer.ts';

/** Names no agent may offer: they read like rights over the system, and rights are never matched by name. */
export const reservedCapabilities = [
  'admin',
  'administrator',
  'owner',
  'root',
  'system',
  'superuser',
  'reeve',
] as const;

/** `llm.chat:llama-3.1-8b`, `pdf.extract`, `runner:vm-test`. */
export const CapabilityName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,99}$/,
    'must be 1–100 letters, digits or . _ : / @ + - and start with a letter or digit',
  )
  .refine((name) => !isReserved(name), { error: 'is a reserved capability name' });

function isReserved(name: string): boolean {
  const first = name.toLowerCase().split(/[.:/]/, 1)[0];
  return reservedCapabilities.some((reserved) => reserved === first);
}

/** How well the agent does it, from 0 (not at all) to 1 (perfectly), as it says itself. */
export const Proficiency = z.number().min(0).max(1);

export const Capability = z.object({
  name: CapabilityName,
  proficiency: Proficiency.default(1),
  /** Of work that is counted in tokens, such as a model's answers. */
  tokens: TokenOffer.optional(),
});
export type Capability = z.output<typeof Capability>;

export const Region = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be 1–63 lower-case letters, digits or dashes');

const capabilities = z
  .array(Capability)
  .min(1)
  .max(50)
  .refine((list) => new Set(list.map(({ name }) => name)).size === list.length, 'each capability only once');

/** What an agent offers. */
export const AgentOffer = z.object({
  name: Name,
  capabilities,
  /** Tasks it runs at the same time. */
  slots: z.int().min(1).max(10_000).default(1),
  /** Price of one task. */
  priceMicroUsd: MicroUsd.default('0'),
  labels: Labels.default({}),
  region: Region.optional(),
  stakeMicroUsd: MicroUsd.default('0'),
});
export type AgentOffer = z.output<typeof AgentOffer>;

/** What of an offer may change later; the name stays. */
export const AgentChange = z.object({
  capabilities: capabilities.optional(),
  slots: z.int().min(1).max(10_000).optional(),
  priceMicroUsd: MicroUsd.optional(),
  labels: Labels.optional(),
  region: Region.nullable().optional(),
  stakeMicroUsd: MicroUsd.optional(),
});
export type AgentChange = z.output<typeof AgentChange>;

/**
 * `online` takes work; `draining` finishes what it has and takes nothing new; `paused` was stopped by a person and takes
 * nothing until resumed; `offline` is not connected.
 */
export const AgentState = z.enum(['online', 'draining', 'paused', 'offline']);
export type AgentState = z.output<typeof AgentState>;

/** `closed` takes work; `open` gets none for a pause, because it failed too often; `halfOpen` is tried with one task. */
export const BreakerState = z.enum(['closed', 'open', 'halfOpen']);

export const Agent = AgentOffer.extend({
  id: Uuid,
  tenant: z.string(),
  state: AgentState,
  connected: z.boolean(),
  /** Leases it holds at this moment. */
  leases: z.int(),
  /** The circuit breaker; see docs/guide/scheduling.md. */
  breaker: z.object({
    state: BreakerState,
    /** Tasks that failed on it since anything succeeded. */
    failures: z.int(),
    /** When an open one is tried again. */
    retryAtMs: EpochMs.optional(),
  }),
  registeredAtMs: EpochMs,
  lastSeenAtMs: EpochMs.optional(),
});
export type Agent = z.output<typeof Agent>;
