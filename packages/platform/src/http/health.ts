import type { Clock, JsonValue } from '@reeve/kernel';
import type { DependencyHealth, HealthDetails } from '../api/health.ts';
import type { Database } from '../database/index.ts';

export interface HealthFinding {
  readonly ok: boolean;
  /** Why not, for people. */
  readonly reason?: string | undefined;
  readonly facts?: { readonly [fact: string]: JsonValue };
}

/** How one dependency is looked at. */
export interface HealthCheck {
  readonly name: string;
  /** Whether the process cannot do its work without it: only then does it make the process not ready. */
  readonly critical: boolean;
  check(signal: AbortSignal): HealthFinding | Promise<HealthFinding>;
}

export interface Health {
  register(check: HealthCheck): void;
  /** The state of each dependency; looks at most every 250 ms, so that asking costs nothing. Never rejects. */
  look(): Promise<HealthDetails>;
}

export interface HealthComponents {
  readonly clock: Clock;
  /** Aborted when the process begins to stop: it is not ready from then on. */
  readonly stopping: AbortSignal;
  readonly version: string;
}

const checkTimeoutMs = 2_000;
const keptMs = 250;

export function createHealth({ clock, stopping, version }: HealthComponents): Health {
  const checks: HealthCheck[] = [];
  const startedAtMs = clock.nowMs();
  let latest: { readonly atMs: number; readonly found: Promise<DependencyHealth[]> } | undefined;

  function dependencies(): Promise<DependencyHealth[]> {
    const atMs = clock.monotonicMs();
    if (!latest || atMs - latest.atMs >= keptMs)
      latest = { atMs, found: Promise.all(checks.map((check) => lookAtOne(check, clock))) };
    return latest.found;
  }

  return {
    register: (check) => void checks.push(check),
    async look() {
      const found = await dependencies();
      const failing = found.filter(({ critical, ok }) => critical && !ok);
      const reasons = failing.map(({ name, reason }) => `${name}: ${reason ?? 'not ok'}`);
      if (stopping.aborted) reasons.unshift('draining: the process is stopping');
      return { ready: reasons.length === 0, reasons, version, startedAtMs, dependencies: found };
    },
  };
}

/** A check that throws or does not answer in time found nothing, and what is unknown is not healthy. */
async function lookAtOne(check: HealthCheck, clock: Clock): Promise<DependencyHealth> {
  const startedMs = clock.monotonicMs();
  const finding = await findingOf(check);
  return {
    name: check.name,
    critical: check.critical,
    ok: finding.ok,
    ...(finding.reason === undefined ? {} : { reason: finding.reason }),
    ...(finding.facts === undefined ? {} : { facts: finding.facts }),
    tookMs: Math.round(clock.monotonicMs() - startedMs),
  };
}

async function findingOf(check: HealthCheck): Promise<HealthFinding> {
  const timeout = Promise.withResolvers<HealthFinding>();
  const abort = new AbortController();
  const timer = setTimeout(() => {
    abort.abort();
    timeout.resolve({ ok: false, reason: `did not answer within ${checkTimeoutMs} ms` });
  }, checkTimeoutMs);
  const looking = (async () => check.check(abort.signal))().catch((error: unknown) => ({
    ok: false,
    reason: error instanceof Error ? error.message : String(error),
  }));
  try {
    return await Promise.race([looking, timeout.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** The database as a dependency: writable or not, and why. */
export function databaseCheck(database: Database): HealthCheck {
  return {
    name: 'database',
    critical: true,
    check() {
      const { writable, reason, readers, ...facts } = database.status();
      return { ok: writable, reason, facts: { ...facts, readers: { ...readers } } };
    },
  };
}
