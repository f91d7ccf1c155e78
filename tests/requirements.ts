/**
 * What Reeve must do, as data. A test cites what it proves in its name:
 *
 *     test('[HB-09 cancel] a cancelled task reaches the signal of its handler', …)
 *
 * A requirement with clauses is proved only when every clause is cited by a passing test, so that one easy test cannot
 * stand for a long line; `[HB-09]` alone is about the requirement but proves no clause. `npm run requirements` shows
 * the state after the last full run; `tests/house/requirements.test.ts` holds names and data together.
 */
export interface Requirement {
  readonly text: string;
  /** Named parts that each need a test of their own; empty when any citing test proves the whole. */
  readonly clauses: readonly string[];
}

function must(text: string, clauses = ''): Requirement {
  return { text, clauses: clauses.split(' ').filter((clause) => clause !== '') };
}

const hub = {
  'HB-01': must(
    'Agents register within limits, are read, updated, paused, resumed, drained and removed; reserved names are refused.',
    'register limits slots price labels read update pause resume drain remove reserved',
  ),
  'HB-02': must(
    'Tasks name capabilities with a minimum proficiency; one that nobody ever declared is refused with the nearest names.',
    'min-proficiency unknown-refused nearest allow-unknown',
  ),
  'HB-03': must(
    'Matching comes before assignment and honours every requirement at once; explain answers why this agent, or none.',
    'together proficiency price labels region stake explain-chosen explain-none',
  ),
  'HB-04': must(
    'Priorities hold within a tenant, ageing and deadlines raise a task, low work waits and is shed under load.',
    'order ageing deadline defer shed no-starvation raise-all',
  ),
  'HB-05': must(
    'tasks.map splits a data set into chunks, adapts their size to a target duration, and returns results in order.',
    'chunks adapts ordered',
  ),
  'HB-06': must(
    'A warm pool of local agents; work bound to the CPU runs in threads; nothing blocks the event loop over 50 ms.',
    'pool idle-time-out threads event-loop',
  ),
  'HB-07': must(
    'Thousands are submitted and completed in one call, streaming, without holding the whole set in memory.',
    'submit complete memory',
  ),
  'HB-08': must(
    'An acknowledged task survives kill -9, runs at least once, and its result is accepted exactly once.',
    'survives-kill at-least-once exactly-once expiry heartbeat fence sync-trace sync-off',
  ),
  'HB-09': must(
    'Idempotency keys, bounded retries, dead letters with replay, cancel; a time-out is a failure.',
    'idempotency retries backoff jitter dead-letters replay cancel time-out',
  ),
  'HB-10': must(
    'Tasks depend on tasks; cycles are refused; failure spreads, compensation runs.',
    'order cycles failure compensation',
  ),
  'HB-11': must(
    'Proficiency is learned from outcomes judged by something other than the agent; the blend and its evidence show.',
    'judged completion-only blend evidence',
  ),
  'HB-12': must(
    'A circuit breaker per agent with visible state and automatic recovery.',
    'open half-open visible recovery at-once',
  ),
  'HB-13': must(
    'Events are ordered and resume after a reconnect, over SSE and WebSocket; positions follow the order of commits.',
    'order resume sse websocket commit-order postgres',
  ),
  'HB-14': must(
    'Tenants share fairly and have quotas; over the limit a caller gets 429 with Retry-After, never a silent drop.',
    'fairness quotas back-pressure',
  ),
  'HB-15': must(
    'Pool limits, an index for each hot query proved by its plan on 1 M rows, cursor pagination everywhere.',
    'pool plans pagination',
  ),
  'HB-16': must(
    'Alerts on CPU, memory, agent failures and backlog, with action and owner.',
    'cpu memory failures backlog owner',
  ),
  'HB-17': must(
    'A small image without root and with a health check; a Terraform module with least-open rules.',
    'image terraform',
  ),
  'HB-18': must(
    'One command does the maintenance, reports what it did and fails loudly.',
    'database logs backup restore-check security-updates health loud',
  ),
};

const market = {
  'MK-01': must(
    'A host runs reeve node before any OpenAI-compatible backend or a GGUF file, behind NAT, and publishes offers.',
    'backend gguf nat offers',
  ),
  'MK-02': must(
    'Unmodified OpenAI SDKs work: chat, completions, embeddings, models, tools, JSON mode, usage.',
    'chat stream completions embeddings models tools json-mode usage',
  ),
  'MK-03': must(
    'Nodes are chosen by measured figures within the ceiling; fail-over before the first token, hedging, affinity.',
    'selection ceiling fail-over retry-budget hedging affinity',
  ),
  'MK-04': must(
    'Metering is exact and durable and may only under-count; each response has a receipt that verifies offline.',
    'durable under-count receipt offline',
  ),
  'MK-05': must(
    'Payment channels and cumulative vouchers bound what either side can lose, and say how much that is.',
    'escrow prompt-voucher token-vouchers claim-limit credit-limit stated',
  ),
  'MK-06': must(
    'Settlement in batches, refund after time-out, a real challenge period, pull payments, conservation of funds.',
    'batches refund challenge third-party pull conservation',
  ),
  'MK-07': must(
    'Stake with minimum and unbonding; slashing only for what a contract can check, else by arbiter with appeal.',
    'minimum unbonding equivocation arbiter appeal compensation optimiser',
  ),
  'MK-08': must(
    'A share of deterministic requests is run again elsewhere and compared; labels say what that proves.',
    'sample compare reputation label',
  ),
  'MK-09': must(
    'Hosts are found by DHT and reached by libp2p without any hub, with the same vouchers.',
    'dht encrypted vouchers',
  ),
  'MK-10': must(
    'Prompts and answers are sealed end to end; the hub relays what it cannot read.',
    'sealed forward-secrecy replay',
  ),
  'MK-11': must(
    'Pricing models within caps and floors, validated by replaying a trace before they go live.',
    'median demand cost-plus cap dead-band floor replay',
  ),
  'MK-12': must(
    'Profit per host, model and channel; concentration, exposure limits, insurance ledger.',
    'profit concentration exposure insurance',
  ),
  'MK-13': must(
    'Every transaction is simulated, priced, guarded, ordered, confirmed, retried, batched and audited.',
    'simulated reverts gas fee-spike nonce confirmations replacement batches audited',
  ),
  'MK-14': must(
    'Keys live in keystores, one per purpose, with rotation, limits and a log of each use; production refuses defaults.',
    'keystore purpose no-environment rotation limits log validate defaults-refused',
  ),
  'MK-15': must('A multi-signature owns treasury and critical operations; pause; access control.', 'safe pause access'),
  'MK-16': must(
    'Limits per identity with headers, strict CORS, validation, no unauthenticated inference, cacheable public reads.',
    'limits cors validation authenticated cache-headers',
  ),
  'MK-17': must(
    'A node uses the batching of its backend, bounds its queue, loads models once and guards memory.',
    'batching queue single-flight lru idle-unload memory',
  ),
  'MK-18': must(
    'The validation commands exist and work.',
    'security keys access gas node-bench load alerts backup incident chaos',
  ),
  'MK-19': must(
    'Metrics of jobs, tokens, latency, payment and chain; dashboard; alerts with runbook.',
    'jobs payment chain dashboard alerts suppression',
  ),
  'MK-20': must(
    'Incidents have severities, response times, on-call, timeline, evidence, restoration and post-mortem.',
    'severities on-call timeline evidence restoration post-mortem measures',
  ),
  'MK-21': must(
    'Backups 3-2-1 with retention, point-in-time recovery, encryption, and a restore test that measures RTO and RPO.',
    'copies retention point-in-time encrypted restore own-state',
  ),
};

const treasury = {
  'TR-01': must(
    'AtomicExecutor runs all steps or none, under roles, allow-list and guarded callbacks, and can always be paused.',
    'atomic run guardian policy unwind allow-list re-entrancy callbacks pause withdraw revoke',
  ),
  'TR-02': must('Strategies are data, checked before anything is sent.', 'types units addresses references'),
  'TR-03': must(
    'Adapters validate their input and are tested on the real contracts of their protocol.',
    'erc20 erc4626 weth uniswap aave balancer permit2 reeve',
  ),
  'TR-04': must(
    'Guards on chain and before sending; one that cannot be evaluated denies.',
    'slippage oracle health gas limits delta profit allow-list expiry unknown-denies',
  ),
  'TR-05': must('Simulation before execution; refused when stale or out of the approved bounds.', 'shown stale bounds'),
  'TR-06': must(
    'Protocol addresses are verified against source, code and interface, and re-verified.',
    'source code interface monthly',
  ),
  'TR-07': must(
    'Several RPC providers with scoring, fail-over and quorum; bounded caches.',
    'scoring fail-over quorum batching caches',
  ),
  'TR-08': must(
    'Policy belongs to a 3-of-5 Safe behind a time lock; a guardian pauses at once.',
    'safe time-lock signers guardian',
  ),
  'TR-09': must(
    'Roll-out by phases; the executor refuses what its phase does not allow.',
    'testnet limited growing refused',
  ),
  'TR-10': must(
    'Alerts on failures, guards, gas, prices, health and balances, with runnable emergency procedures.',
    'failures guards gas price health rpc slippage activity balance procedures',
  ),
  'TR-11': must('Transaction explorer, gas tracker, price monitor, health dashboard.', 'explorer gas prices health'),
  'TR-12': must(
    'Contracts are tested to every branch, fuzzed, attacked, run on real protocols, and under load.',
    'coverage branches fuzz invariants attacks real fork load',
  ),
  'TR-13': must('Backup executor, state snapshots, recovery rehearsal.', 'backup snapshots rehearsal'),
  'TR-14': must(
    'Guides for authors, integrators, operators.',
    'authoring integration guards deployment troubleshooting security architecture tuning',
  ),
  'TR-15': must('Success is measured and reported.', 'availability success gas vulnerabilities feedback reports'),
  'TR-16': must('Compliance as attested practices; licences of dependencies checked.', 'attested licences'),
  'TR-17': must(
    'A risk register with indicators, limits, owners and live values.',
    'contract operational market liquidity counterparty live',
  ),
};

const fleet = {
  'FL-01': must(
    'An MCP server offers every capability with authentication, roles and audit, read-only by default.',
    'stdio http authentication roles audit read-only',
  ),
  'FL-02': must(
    'Branch names follow the workflow; bad ones are refused with a suggestion.',
    'feature hotfix suggestion build',
  ),
  'FL-03': must(
    'Impact of changes from the real import graph; safe merge lists conflicts first.',
    'imports paths commits merge',
  ),
  'FL-04': must('Requests in words resolve to a plan, or are refused with what is missing.', 'clear vague'),
  'FL-05': must(
    'Environments progress in order with the same digest; ephemeral ones expire.',
    'order skipping digest isolated expiry',
  ),
  'FL-06': must(
    'Rolling, blue-green and canary releases with checks, watch and automatic rollback; no request fails.',
    'rolling blue-green canary before watch rollback no-failure',
  ),
  'FL-07': must(
    'Production needs approval by someone else, a verified backup and a rehearsed way back.',
    'approval binding backup rehearsal rollback',
  ),
  'FL-08': must('Golden images of real databases, verified by restore.', 'names schedule retention restore production'),
  'FL-09': must('Schema migrations are linted and go by expand and contract.', 'path lint plans previous-release'),
  'FL-10': must(
    'A linter requires limits, reservations, health checks and pinned tags of containers.',
    'limits health pinned',
  ),
  'FL-11': must(
    'Machines are provisioned, watched, right-sized, shut down and scaled.',
    'lifecycle right-size shutdown autoscale local ssh docker cloud',
  ),
  'FL-12': must('Developer, devops and architect roles with step-up.', 'developer devops architect step-up'),
  'FL-13': must('Secrets come from a vault in production, rotate, and do not leak.', 'vault development rotation leak'),
  'FL-14': must('Structured logs with retention by environment and alerts.', 'structure retention aggregation alerts'),
  'FL-15': must('KPIs and the DORA four come from the event log.', 'availability latency pipeline dora durations'),
  'FL-16': must(
    'A linter refuses alerts without condition, action and owner, and known noise.',
    'linter noise pool builds',
  ),
  'FL-17': must('Daily routines are one idempotent command each.', 'morning impact evening idempotent'),
  'FL-18': must('Configuration per environment, layered, validated, with drift detection.', 'layers schema drift git'),
  'FL-19': must(
    'CI pipelines are listed, triggered and linted through a provider port.',
    'list trigger status logs lint',
  ),
  'FL-20': must('Post-mortems are linked to release and incident.', 'parts links'),
  'FL-21': must('Networks are segmented; production is operated only from allowed ones.', 'segments refused'),
};

const foundation = {
  'FD-01': must(
    'Every input is validated, every output encoded, every error typed; bodies follow RFC 9457.',
    'input output code status retryable cause problem',
  ),
  'FD-02': must(
    'Retries with backoff for transient errors only, three attempts from 1 s; every outside call has a time-out.',
    'transient permanent attempts backoff http-time-out operation-time-out',
  ),
  'FD-03': must('Secrets by reference; plain ones refused in production; none in logs.', 'reference production canary'),
  'FD-04': must(
    'Short access tokens, rotated refresh tokens with reuse detection, strong keys.',
    'access refresh reuse signing passwords',
  ),
  'FD-05': must(
    'Secrets, inputs, results and backups are encrypted at rest.',
    'secrets tasks backups rotation nonce canary',
  ),
  'FD-06': must(
    'Migrations go forward only and stand concurrent starts; no N+1; lists are paged.',
    'forward concurrent indexes query-counts pagination',
  ),
  'FD-07': must(
    'Structured logs with correlation id, duration and levels, without personal data.',
    'correlation duration levels no-pii operations errors security state-changes',
  ),
  'FD-08': must(
    'Live, ready and detailed health; shutdown drains on SIGTERM and SIGINT.',
    'live ready details sigterm sigint',
  ),
  'FD-09': must(
    'Metrics of requests, errors, percentiles and resources, with alerts and dashboards.',
    'rate errors percentiles connections queue resources alerts operations-dashboard business-dashboard',
  ),
  'FD-10': must(
    'Caches expire and are bounded; connections are pooled; independent work is concurrent.',
    'caches pooling concurrent',
  ),
  'FD-11': must('Cost is estimated before, budgeted, measured, and advised on.', 'estimate budgets cost advice'),
  'FD-12': must(
    'A test pyramid on real databases and wire-level simulators, 80 % covered.',
    'databases wire load coverage',
  ),
  'FD-13': must('The public API is documented and the README leads in.', 'api readme'),
  'FD-14': must(
    'The audit log is tamper-evident, its heads signed and exported.',
    'every-change chain signed-heads exported verify retention',
  ),
};

const readiness = {
  'RD-01': must('A catalogue of practices as data.', 'five-guides fields'),
  'RD-02': must(
    'Each practice is probed or attested; expired or unprobed counts as not met.',
    'probes attested expired unprobed',
  ),
  'RD-03': must('Matrix and checklists in five formats; gates fail a pipeline.', 'matrix checklists formats gates'),
  'RD-04': must('Anti-patterns are detected with the place where they stand.', 'detected place'),
  'RD-05': must(
    'Reviews on schedule, generated from facts, with trend; every runbook exists.',
    'schedule facts trend runbooks',
  ),
  'RD-06': must('Works on any repository and deployment.', 'repository deployment'),
};

const lead = {
  'LD-01': must(
    'One explained match over capability, proficiency, price, stake, load, priority and policy, with each refusal.',
    'capability measured-proficiency price stake load priority policy refusals',
  ),
  'LD-02': must(
    'Budgets are exact under concurrency and across replicas.',
    'reserve-settle-release concurrent replicas',
  ),
  'LD-03': must(
    'One fence goes from lease through stream and receipt to voucher; a late delivery neither answers nor is paid.',
    'lease result stream receipt voucher',
  ),
  'LD-04': must(
    'Receipts tell served, partial, failed and idle apart, countersigned, with an exposure bound.',
    'outcomes countersigned bound',
  ),
  'LD-05': must(
    'A node signs the Merkle root of a batch of receipts, off the request path.',
    'batch offline settlement off-path',
  ),
  'LD-06': must('Token-weighted fair queueing between tenants at the gateway.', 'weights priorities deadlines'),
  'LD-07': must(
    'Node death in mid-stream is continued where sound, else an explicit error.',
    'replay regenerate error no-false-done',
  ),
  'LD-08': must('Proficiency is measured by outcomes and canaries.', 'outcomes canaries'),
  'LD-09': must('Readiness gates dispatch.', 'node environment'),
  'LD-10': must(
    'Policies are tried on recorded traffic and roll back by themselves.',
    'policy prices matching budgets rollback',
  ),
  'LD-11': must('One chain of evidence verifies offline with one command.', 'chain offline'),
  'LD-12': must('One conformance suite runs over all forms.', 'sqlite postgres several'),
};

export const REQUIREMENTS = { ...hub, ...market, ...treasury, ...fleet, ...foundation, ...readiness, ...lead };

type RequirementId = keyof typeof REQUIREMENTS;

export function requirement(id: string): Requirement | undefined {
  return id in REQUIREMENTS ? REQUIREMENTS[id as RequirementId] : undefined;
}
