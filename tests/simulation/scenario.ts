import type { Act, ChatAct } from '../faults/system/act.ts';
import { Random } from './random.ts';

/** Something done to the processes while they work, so long after the fault before it was over. */
export type Fault = { readonly afterMs: number } & (
  | { readonly kind: 'kill-hub' | 'stop-hub'; readonly downMs: number; readonly againAfterMs?: number }
  | { readonly kind: 'kill-agent' | 'stop-agent'; readonly agent: number; readonly downMs: number }
  | { readonly kind: 'kill-both'; readonly agent: number; readonly downMs: number }
  | { readonly kind: 'freeze-hub'; readonly forMs: number }
  | { readonly kind: 'freeze-agent'; readonly agent: number; readonly forMs: number }
);

/** What one seed decides. The same seed is always the same scenario; only how the processes interleave differs. */
export interface Scenario {
  readonly seed: number;
  readonly seconds: number;
  readonly leaseTtlMs: number;
  readonly heartbeatMs: number;
  readonly durability: 'sync' | 'group';
  readonly agents: readonly { readonly name: string; readonly slots: number }[];
  readonly submitters: number;
  readonly chatters: number;
  /** The very first start of the hub is killed after this time. */
  readonly firstStartKilledAfterMs: number | undefined;
  /** More than there is time for: the storm ends them. */
  readonly faults: readonly Fault[];
}

/** How one task is submitted, and what is done to it. */
export interface PlannedTask {
  readonly number: number;
  readonly act: Act;
  readonly priority: 'critical' | 'high' | 'medium' | 'low';
  readonly maxAttempts: number;
  readonly timeoutMs: number;
  readonly keyIn: 'body' | 'header';
  /** Submitted again with the same key: at the same time as the first, or once that is acknowledged. */
  readonly again: 'no' | 'at-once' | 'later';
  readonly cancelAfterMs: number | undefined;
  readonly pauseMs: number;
}

export interface PlannedChat {
  readonly act: ChatAct;
  /** The client goes away after so many pieces. */
  readonly leaveAfter: number | undefined;
  readonly pauseMs: number;
}

export function scenarioOf(seed: number, seconds: number): Scenario {
  const random = new Random(`${seed}`);
  const agents = Array.from({ length: random.whole(1, 3) }, (_, index) => ({
    name: `agent-${index}`,
    slots: random.whole(3, 8),
  }));
  const leaseTtlMs = random.whole(1_000, 1_500);
  return {
    seed,
    seconds,
    leaseTtlMs,
    heartbeatMs: Math.floor(leaseTtlMs / random.whole(2, 5)),
    durability: random.chance(0.5) ? 'sync' : 'group',
    agents,
    submitters: random.whole(1, 4),
    chatters: random.whole(1, 2),
    firstStartKilledAfterMs: random.chance(0.3) ? random.whole(50, 900) : undefined,
    faults: faultsOf(random.fork('faults'), seconds, { leaseTtlMs, agents: agents.length }),
  };
}

interface Stage {
  readonly leaseTtlMs: number;
  readonly agents: number;
}

function faultsOf(random: Random, seconds: number, stage: Stage): Fault[] {
  const faults: Fault[] = [];
  for (let leftMs = seconds * 1_000; leftMs > 0;) {
    // Mostly there is time to do some work, sometimes there is hardly time to start.
    const afterMs = random.chance(0.7) ? random.whole(600, 2_000) : random.whole(20, 600);
    faults.push({ afterMs, ...faultOf(random, stage) } as Fault);
    leftMs -= afterMs;
  }
  return faults;
}

type Without<T, Key extends PropertyKey> = T extends unknown ? Omit<T, Key> : never;

function faultOf(random: Random, { leaseTtlMs, agents }: Stage): Without<Fault, 'afterMs'> {
  const kind = random.pick({
    'kill-hub': 30,
    'kill-agent': 25,
    'kill-both': 12,
    'freeze-agent': 12,
    'stop-hub': 9,
    'stop-agent': 6,
    'freeze-hub': 6,
  });
  const agent = random.whole(0, agents - 1);
  const downMs = random.chance(0.5) ? 0 : random.whole(1, 600);
  switch (kind) {
    case 'kill-hub':
    case 'stop-hub':
      return { kind, downMs, ...(random.chance(0.25) && { againAfterMs: random.whole(50, 900) }) };
    case 'kill-both':
    case 'kill-agent':
    case 'stop-agent':
      return { kind, agent, downMs };
    case 'freeze-hub':
      return { kind, forMs: random.whole(200, leaseTtlMs * 2) };
    case 'freeze-agent':
      return { kind, agent, forMs: random.whole(200, leaseTtlMs * 2) };
  }
}

export function taskOf(seed: number, number: number): PlannedTask {
  const random = new Random(`${seed}/task/${number}`);
  const nature = random.pick({ plain: 60, flaky: 15, permanent: 8, hanging: 5, streaming: 12 });
  return {
    number,
    act: actOf(random, number, nature),
    priority: random.pick({ critical: 1, high: 2, medium: 4, low: 2 }),
    maxAttempts: random.chance(0.15) ? random.whole(1, 2) : 12,
    timeoutMs: nature === 'hanging' ? 250 : 60_000,
    keyIn: random.chance(0.5) ? 'body' : 'header',
    again: random.pick({ no: 80, 'at-once': 10, later: 10 }),
    cancelAfterMs: random.chance(0.06) ? random.whole(0, 120) : undefined,
    pauseMs: random.whole(0, 60),
  };
}

function actOf(random: Random, number: number, nature: 'plain' | 'flaky' | 'permanent' | 'hanging' | 'streaming'): Act {
  const runMs = random.chance(0.3) ? 0 : random.whole(1, random.chance(0.05) ? 900 : 60);
  switch (nature) {
    case 'plain':
      return { number, runMs };
    case 'flaky':
      return { number, runMs, failures: random.whole(1, 3) };
    case 'permanent':
      return { number, runMs, permanent: true };
    case 'hanging':
      return { number, runMs, hangs: 1 };
    case 'streaming':
      return { number, runMs, chunks: random.whole(1, 30) };
  }
}

export function chatOf(seed: number, chatter: number, number: number): PlannedChat {
  const random = new Random(`${seed}/chat/${chatter}/${number}`);
  const chunks = random.whole(1, 40);
  return {
    act: { chunks, gapMs: random.whole(0, 15) },
    leaveAfter: random.chance(0.15) ? random.whole(1, chunks) : undefined,
    pauseMs: random.whole(20, 120),
  };
}
