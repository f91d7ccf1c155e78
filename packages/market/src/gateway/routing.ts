import type { Constraints } from '@reeve/hub/api';
import type { IncomingHttpHeaders } from 'node:http';
import { Asking, type Routing } from '../api/routing.ts';
import type { TokenCounts } from '../domain/budgets/amounts.ts';
import { answerBound, promptBound } from '../domain/token-bounds.ts';
import { InvalidModelRequest } from '../errors.ts';
import type { ModelRequest } from './model-request.ts';

/** How it stands among other requests of its tenant, and how long it may take. */
export type Urgency = Pick<Asking, 'priority' | 'timeoutMs'>;

/** A request as its node gets it, and who may be that node. */
export interface Routed {
  readonly body: ModelRequest;
  readonly constraints: Constraints;
  readonly urgency: Urgency;
  /** Whether the client set conditions that it may be that nobody meets. */
  readonly conditional: boolean;
}

/** Tokens of an answer to a request that may only cost so much and sets no limit itself. */
const limitedAnswerTokens = 1_024;

const usual: Constraints = { policy: 'balanced' };

/** Headers by the member they stand for; lists are separated by commas. */
const headers = {
  policy: 'x-reeve-policy',
  maxPriceInputMicroUsd: 'x-reeve-max-price-input-micro-usd',
  maxPriceOutputMicroUsd: 'x-reeve-max-price-output-micro-usd',
  maxCostMicroUsd: 'x-reeve-max-cost-micro-usd',
  region: 'x-reeve-region',
  minStakeMicroUsd: 'x-reeve-min-stake-micro-usd',
  nodes: 'x-reeve-nodes',
  avoidNodes: 'x-reeve-avoid-nodes',
  priority: 'x-reeve-priority',
  timeoutMs: 'x-reeve-timeout-ms',
} as const satisfies Record<keyof Asking, string>;

/** Takes what is for us out of a request. @throws InvalidModelRequest that names the member. */
export function routed(asked: ModelRequest, given: IncomingHttpHeaders): Routed {
  const inHeaders = fromHeaders(given);
  if (asked['reeve'] === undefined && inHeaders === undefined)
    return { body: asked, constraints: usual, urgency: {}, conditional: false };
  const { reeve = {}, ...body } = asked;
  const isObject = typeof reeve === 'object' && reeve !== null;
  const parsed = Asking.safeParse(isObject ? { ...inHeaders, ...reeve } : reeve);
  if (!parsed.success) throw invalid(parsed.error.issues);
  const { policy = 'balanced', priority, timeoutMs, ...conditions } = parsed.data;
  const limited =
    parsed.data.maxCostMicroUsd === undefined ? (body as ModelRequest) : withTokenLimit(body as ModelRequest);
  const constraints = { ...constraintsOf(conditions, limited), policy };
  return {
    body: limited,
    constraints,
    urgency: { priority, timeoutMs },
    conditional: Object.keys(conditions).length > 0,
  };
}

/** Conditions as the hub matches them. */
export function constraintsOf(conditions: Omit<Routing, 'policy'>, body?: ModelRequest): Constraints {
  const { maxPriceInputMicroUsd, maxPriceOutputMicroUsd, maxCostMicroUsd, region, minStakeMicroUsd } = conditions;
  const { nodes: only, avoidNodes: avoid } = conditions;
  return {
    ...(maxPriceInputMicroUsd !== undefined && { maxPriceInputMicroUsd }),
    ...(maxPriceOutputMicroUsd !== undefined && { maxPriceOutputMicroUsd }),
    ...(maxCostMicroUsd !== undefined && body && { cost: { ...tokenBounds(body), maxMicroUsd: maxCostMicroUsd } }),
    ...(region !== undefined && { region }),
    ...(minStakeMicroUsd !== undefined && { minStakeMicroUsd }),
    ...((only || avoid) && { agents: { ...(only && { only }), ...(avoid && { avoid }) } }),
  };
}

/** The same request with a limit of tokens, if it has none: what has no end has no bound in cost either. */
export function withTokenLimit(body: ModelRequest): ModelRequest {
  return answerBound(body) === undefined ? { ...body, max_tokens: limitedAnswerTokens } : body;
}

/**
 * The most tokens that a request with a limit can come to; of the input a power of two, so that requests of nearly the
 * same length are of one class, whose nodes are worked out once. InvalidModelRequest for what cannot be bounded.
 */
export function tokenBounds(body: ModelRequest): { inputTokens: number; outputTokens: number } {
  const { promptTokens, completionTokens } = mostTokens(body);
  return { inputTokens: 2 ** Math.ceil(Math.log2(promptTokens)), outputTokens: completionTokens };
}

/** The most tokens that a request with a limit can come to. @throws InvalidModelRequest for what cannot be bounded */
export function mostTokens(body: ModelRequest): TokenCounts {
  const [promptTokens, completionTokens] = [promptBound(body), answerBound(body)];
  if (promptTokens < Number.MAX_SAFE_INTEGER && completionTokens !== undefined)
    return { promptTokens, completionTokens };
  throw InvalidModelRequest.error(
    'what images or sounds cost is not known before: leave them out, or the limit of cost',
    {
      issues: [{ path: ['messages'], message: 'must be text only where the cost is limited' }],
    },
  );
}

/** The most tokens that a request may use, as far as that can be told: what cannot be is taken for so many. */
export function expectedTokens(body: ModelRequest): number {
  const prompt = promptBound(body);
  const known = prompt < Number.MAX_SAFE_INTEGER ? prompt : limitedAnswerTokens;
  return known + (answerBound(body) ?? limitedAnswerTokens);
}

function fromHeaders(given: IncomingHttpHeaders): Record<string, unknown> | undefined {
  let found: Record<string, unknown> | undefined;
  for (const member in headers) {
    const value = given[headers[member as keyof Asking]];
    if (typeof value !== 'string') continue;
    const isList = member === 'nodes' || member === 'avoidNodes';
    (found ??= {})[member] = isList ? value.split(',').map((name) => name.trim()) : value;
  }
  return found;
}

function invalid(found: readonly { path: readonly PropertyKey[]; message: string }[]): Error {
  const issues = found.map(({ path, message }) => ({ path: ['reeve', ...path.map(String)], message }));
  const [first] = issues;
  return InvalidModelRequest.error(`${first!.path.join('.')}: ${first!.message}`, { issues });
}
