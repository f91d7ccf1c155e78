import type { Clock, ReeveError } from '@reeve/kernel';
import type { AuditDraft, Database } from '../database/port.ts';
import type { Logger } from '../log/logger.ts';
import type { Caller } from './call.ts';
import type { RoadMetrics } from './metrics.ts';

/** Length of the window in which refusals of one kind are first written and then only counted. */
const windowMs = 60_000;
/** Records of one kind and window that are written one by one. */
const writtenOneByOne = { authenticated: 60, anonymous: 1 } as const;
/** Kinds watched at a time; what comes beyond shares one. */
const kindsAtMost = 1_000;

interface Window {
  startedAtMs: number;
  written: number;
  omitted: number;
  last: AuditDraft;
}

export interface RefusalJournalComponents {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: RoadMetrics;
}

/**
 * Audit records of what was refused, written without keeping the answer waiting. A flood cannot fill the disk: of one
 * caller, operation and error the first 60 per minute have a record each (of callers without identity the first one),
 * the rest are counted, and the minute ends with one record that says how many were omitted.
 */
export class RefusalJournal {
  readonly #components: RefusalJournalComponents;
  readonly #windows = new Map<string, Window>();
  readonly #pending = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(components: RefusalJournalComponents) {
    this.#components = components;
  }

  /** Never throws and never waits. `kind` names what is counted together. @returns whether it got its own record. */
  record(draft: AuditDraft, kind: string, authenticated: boolean): boolean {
    const window = this.#window(kind, draft);
    window.last = draft;
    const limit = authenticated ? writtenOneByOne.authenticated : writtenOneByOne.anonymous;
    if (window.written < limit) {
      window.written += 1;
      this.#write(draft);
      return true;
    }
    window.omitted += 1;
    this.#components.metrics.auditOmitted(1);
    return false;
  }

  /** As `record`, for what the road does not log itself; the bound holds for the log too, where a flood could hide. */
  recordAndLog(draft: AuditDraft, kind: string, authenticated: boolean): void {
    if (this.record(draft, kind, authenticated)) this.#components.log.info(draft, 'refused');
  }

  /** Writes the summaries that are due (`all`: every one), and resolves when everything written is durable. */
  async flush(all = true): Promise<void> {
    const nowMs = this.#components.clock.monotonicMs();
    for (const [kind, window] of this.#windows) {
      if (all || nowMs - window.startedAtMs >= windowMs) this.#close(kind, window);
    }
    if (this.#windows.size === 0) this.#stopTimer();
    await Promise.all(this.#pending);
  }

  #window(kind: string, draft: AuditDraft): Window {
    const name = this.#windows.has(kind) || this.#windows.size < kindsAtMost ? kind : 'others';
    const known = this.#windows.get(name);
    if (known) return known;
    const window = { startedAtMs: this.#components.clock.monotonicMs(), written: 0, omitted: 0, last: draft };
    this.#windows.set(name, window);
    this.#timer ??= setInterval(() => void this.flush(false), windowMs / 4).unref();
    return window;
  }

  #close(kind: string, window: Window): void {
    this.#windows.delete(kind);
    if (window.omitted === 0) return;
    this.#write({ ...window.last, details: { ...window.last.details, omitted: window.omitted, kind } });
  }

  #write(draft: AuditDraft): void {
    const { database, log } = this.#components;
    const written = database.commit({ statements: [], audit: [draft] }).then(
      () => undefined,
      (error: unknown) => log.error({ error, operation: draft.operation }, 'a refusal could not be audited'),
    );
    this.#pending.add(written);
    void written.then(() => this.#pending.delete(written));
  }

  #stopTimer(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

/** How the identity of a caller without a key begins; its address follows. */
export const anonymousIdentity = 'anonymous:';

/** What is counted together. Callers without identity share one window: addresses are cheap to change. */
export function kindOf(caller: Caller, what: { readonly name: string }, error: ReeveError): string {
  return isAnonymous(caller) ? `anonymous ${error.code}` : `${caller.identity} ${what.name} ${error.code}`;
}

export function outcomeOf(error: ReeveError): AuditDraft['outcome'] {
  return error.status >= 499 ? 'failed' : 'refused';
}

export function recordRefusal(
  refusals: RefusalJournal,
  what: { readonly name: string },
  caller: Caller,
  correlationId: string,
  error: ReeveError,
): void {
  const draft: AuditDraft = {
    actor: caller.identity,
    tenant: caller.tenant,
    operation: what.name,
    outcome: outcomeOf(error),
    target: null,
    correlationId,
    details: { code: error.code },
  };
  refusals.recordAndLog(draft, kindOf(caller, what, error), !isAnonymous(caller));
}

function isAnonymous({ identity }: Caller): boolean {
  return identity.startsWith(anonymousIdentity);
}
