import type { Fault } from './scenario.ts';
import type { Outcome } from './simulate.ts';

/** One line about a seed; with everything one needs to look closer when something was violated. */
export function describeOutcome(outcome: Outcome, { timelines = false } = {}): string {
  const { scenario, violations, timeline, home } = outcome;
  const { seed, seconds } = scenario;
  const line = `seed ${seed}: ${violations.length === 0 ? 'ok' : `${violations.length} VIOLATIONS`}; ${figures(outcome)}`;
  if (violations.length === 0 && !timelines) return line;
  const shown = violations.slice(0, 20).map((text) => `  ! ${text}`);
  return [
    line,
    ...shown,
    '  what was done:',
    ...timeline.map((entry) => `    ${entry}`),
    ...(home === undefined ? [] : [`  home: ${home}`]),
    `  repeat: npm run simulate -- --seed ${seed} --seconds ${seconds}`,
  ].join('\n');
}

function figures({ faults: done, history, settledInMs }: Outcome): string {
  const faults = countBy(done, ({ kind }: Fault) => kind);
  if (!history) return faults;
  const { tasks, chats, journal } = history;
  const acts = tasks.filter(({ kind }) => kind !== 'llm.chat');
  const runs = journal.filter(({ what }) => what === 'began').length;
  return [
    `${acts.length} tasks (${countBy(acts, ({ state }) => state)})`,
    `${chats.length} chats (${countBy(chats, ({ end }) => end)})`,
    `${runs} runs`,
    faults,
    `settled in ${(settledInMs / 1_000).toFixed(1)} s`,
  ].join('; ');
}

export function countBy<T>(items: readonly T[], nameOf: (item: T) => string): string {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(nameOf(item), (counts.get(nameOf(item)) ?? 0) + 1);
  return [...counts].map(([name, count]) => `${count} ${name}`).join(', ');
}
