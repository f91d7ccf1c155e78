import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AgentSettings } from './agent-main.ts';
import { Child } from './child.ts';
import { eventually } from './eventually.ts';
import type { HubHome } from './hub-process.ts';
import { readJournals, type JournalLine } from './journal.ts';

const entry = fileURLToPath(new URL('./agent-main.ts', import.meta.url));

/** Agents of one hub, each a process, with the journals in which they write down what they run. */
export class AgentProcesses implements AsyncDisposable {
  readonly #home: HubHome;
  readonly #journal = mkdtempSync(join(tmpdir(), 'reeve-journal-'));
  readonly #children: Child[] = [];

  constructor(home: HubHome) {
    this.#home = home;
  }

  /** Starts an agent; it connects by itself, and again whenever it has to. */
  spawn(settings: Omit<AgentSettings, 'journal'>): Child {
    const options = JSON.stringify({ ...settings, journal: this.#journal } satisfies AgentSettings);
    const environment = { ...this.#home.environment, REEVE_URL: this.#home.url, REEVE_API_KEY: this.#home.keys.apiKey };
    const child = new Child(process.execPath, ['--conditions=reeve-source', entry, options], { env: environment });
    this.#children.push(child);
    return child;
  }

  /** Starts an agent and waits until the hub knows it. */
  async start(settings: Omit<AgentSettings, 'journal'>): Promise<Child> {
    const child = this.spawn(settings);
    await eventually('the agent is online', () => child.output.includes('online') || undefined, { withinMs: 15_000 });
    return child;
  }

  journal(): JournalLine[] {
    return readJournals(this.#journal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) await child[Symbol.asyncDispose]();
    rmSync(this.#journal, { recursive: true, force: true });
  }
}
