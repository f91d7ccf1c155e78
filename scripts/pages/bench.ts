/** What was measured, from `bench/results/*.json`, beside what it has to reach. */
import { globSync, readFileSync } from 'node:fs';
import { targets, type Target } from '../../bench/targets.ts';
import type { Recorded, Result } from '../../bench/harness/results.ts';
import type { Figures, Row } from '../../bench/harness/rounds.ts';
import type { Summary } from '../../tests/simulation/summary.ts';

/** @returns Markdown. */
export function benchPage(): string {
  const results = globSync('bench/results/*.json')
    .sort()
    .map((file) => JSON.parse(readFileSync(file, 'utf8')) as Result);
  const byName = new Map(results.map((result) => [result.name, result]));
  const plot = byName.has('queues')
    ? '## Beside known queues\n\n![the hub beside known queues](plots/queues.svg)\n'
    : '';
  return [HEAD, standing(byName), plot, ...simulations(), ...results.map(section)].join('\n');
}

const HEAD = `# Benchmarks

<!-- Made by \`npm run docs\` from bench/results/*.json; changes here are lost. -->

\`npm run bench -- NAME\` runs one and writes its result. Everything in a measurement runs in turn, round after round, so
that a noisy minute hits each alike; figures are medians of rounds with the lowest and the highest, ratios and
differences are to the first row **in the same round**. A round in which other processes used more than 8 % of the CPU
counts as disturbed. Load, system and whatever stands behind it share the machine.
`;

function standing(results: ReadonlyMap<string, Result>): string {
  const rows = targets.flatMap((target) => {
    const row = rowFor(results, target);
    return row ? [standingRow(target, row)] : [];
  });
  const head = ['## Where it stands', '', '| what | measured | must | lead | |', '|---|---|---|---|---|'];
  return [...head, ...rows, ''].join('\n');
}

function rowFor(results: ReadonlyMap<string, Result>, { result, measurement, row }: Target): Row | undefined {
  return results.get(result)?.measurements[measurement]?.rows.find(({ name }) => name === row);
}

function standingRow({ what, figure, as, unit, better, must, lead }: Target, row: Row): string {
  const value = row[as][figure] ?? Number.NaN;
  const reaches = (bound: number): boolean => (better === 'more' ? value >= bound : value <= bound);
  const verdict = !reaches(must) ? '**misses**' : lead !== undefined && reaches(lead) ? 'leads' : 'holds';
  const sign = better === 'more' ? '≥' : '≤';
  const bound = (of: number | undefined): string =>
    of === undefined || of === Infinity ? '' : `${sign} ${figureText(of)}`;
  return `| ${what} | ${figureText(value)} ${unit} | ${bound(must)} | ${bound(lead)} | ${verdict} |`;
}

/** What the storms of the simulation came to, on each database on which it ran for long. */
function simulations(): string[] {
  const found = globSync('tests/simulation/results/*.json')
    .sort()
    .map((file) => JSON.parse(readFileSync(file, 'utf8')) as Summary);
  if (found.length === 0) return [];
  const counted = ['seeds', 'minutes', 'tasks', 'chats', 'runs', 'lost', 'doubled'] as const;
  const rows = found.map((summary) => {
    const faults = Object.entries(summary.faults).map(([kind, count]) => `${count} ${kind}`);
    const figures = counted.map((figure) => summary[figure].toLocaleString('en-US'));
    const failed = summary.failedSeeds.length === 0 ? 'none' : summary.failedSeeds.join(', ');
    return `| ${summary.database}, ${summary.date}, ${summary.commit} | ${figures.join(' | ')} | ${failed} | ${faults.join(', ')} |`;
  });
  const head = `| | ${counted.join(' | ')} | seeds not ok | what was done to the processes |`;
  const command = '`npm run simulate -- --minutes 60 --write [--database postgres]`';
  return ['## Storms survived', '', command, '', head, `|---|${'---|'.repeat(counted.length + 2)}`, ...rows, ''];
}

function section({ name, command, measurements }: Result): string {
  return [`## ${name}`, '', `\`${command}\``, '', ...Object.entries(measurements).map(table)].join('\n');
}

function table([name, measurement]: [string, Recorded]): string {
  const { rows, disturbedRounds, date, commit, machine, node } = measurement;
  const figures = Object.keys(Object.assign({}, ...rows.map(({ median }) => median)) as Figures);
  const rounds = rows[0]?.rounds.length ?? 0;
  const circumstances = [
    `${rounds} rounds, ${disturbedRounds} disturbed`,
    `${date}, commit ${commit}, ${machine.cpus} × ${machine.model}, ${machine.memoryGb} GB, Node ${node}`,
  ];
  return [
    `### ${name}`,
    '',
    `${circumstances.join('; ')}.`,
    '',
    `| | ${figures.join(' | ')} |`,
    `|---|${figures.map(() => '---|').join('')}`,
    ...rows.map((row) => `| ${row.name} | ${figures.map((figure) => cell(row, figure)).join(' | ')} |`),
    '',
    ...rows.map((row) => `- *${row.name}*: ${row.about}`),
    '',
  ].join('\n');
}

function cell({ median, spread, ratio }: Row, figure: string): string {
  if (median[figure] === undefined) return '–';
  const [low, high] = spread[figure]!;
  const times = ratio[figure] === undefined || ratio[figure] === 1 ? '' : `, × ${figureText(ratio[figure])}`;
  return `**${figureText(median[figure])}** (${figureText(low)} – ${figureText(high)}${times})`;
}

/** Three digits are what such a machine can tell. */
function figureText(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en-US', { maximumFractionDigits: 4 });
}
