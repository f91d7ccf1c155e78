/** A plot of the hub beside the known queues, as SVG: one panel for each measurement, bars with their spread. */
import { existsSync, readFileSync } from 'node:fs';
import type { Recorded, Result } from '../../bench/harness/results.ts';
import type { Row } from '../../bench/harness/rounds.ts';

const file = 'bench/results/queues.json';

interface Panel {
  readonly measurement: string;
  readonly figure: string;
  readonly title: string;
}

const panels: readonly Panel[] = [
  { measurement: 'bulk', figure: 'tasksPerSecond', title: 'tasks per second, in batches of 1,000 (more is better)' },
  {
    measurement: 'oneByOne',
    figure: 'tasksPerSecond',
    title: 'tasks per second, one by one from 64 clients (more is better)',
  },
  {
    measurement: 'pickUp',
    figure: 'p50Ms',
    title: 'from submission to the worker on an idle queue, median in ms (less is better)',
  },
];

const width = 760;
const labelWidth = 150;
const valueWidth = 90;
const barHeight = 20;
const gap = 8;
const titleHeight = 34;
const barsWidth = width - labelWidth - valueWidth;

/** @returns the SVG; nothing while there is no result. */
export function queuesPlot(): string | undefined {
  if (!existsSync(file)) return undefined;
  const { measurements } = JSON.parse(readFileSync(file, 'utf8')) as Result;
  const parts: string[] = [];
  let top = 8;
  for (const panel of panels) {
    const measured = measurements[panel.measurement];
    if (!measured) continue;
    parts.push(drawn(panel, measured, top));
    top += titleHeight + measured.rows.length * (barHeight + gap) + 12;
  }
  const style = 'font-family="system-ui, sans-serif" font-size="13"';
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${top}" viewBox="0 0 ${width} ${top}" ${style}>`,
    `<rect width="${width}" height="${top}" fill="#ffffff"/>`,
    ...parts,
    '</svg>\n',
  ].join('\n');
}

function drawn({ figure, title }: Panel, { rows }: Recorded, top: number): string {
  const highest = Math.max(...rows.map(({ spread }) => spread[figure]![1]));
  const bars = rows.map((row, index) => bar(row, figure, highest, top + titleHeight + index * (barHeight + gap)));
  return [`<text x="8" y="${top + 18}" font-weight="600" fill="#222222">${title}</text>`, ...bars].join('\n');
}

function bar({ name, median, spread }: Row, figure: string, highest: number, top: number): string {
  const scaled = (value: number): number => Math.round((value / highest) * barsWidth);
  const [low, high] = spread[figure]!;
  const middle = top + barHeight / 2;
  const colour = name.startsWith('reeve') ? '#1f6f54' : '#9aa5b1';
  return [
    `<text x="${labelWidth - 8}" y="${middle + 4}" text-anchor="end" fill="#222222">${name}</text>`,
    `<rect x="${labelWidth}" y="${top}" width="${Math.max(1, scaled(median[figure]!))}" height="${barHeight}" fill="${colour}"/>`,
    `<path d="M${labelWidth + scaled(low)} ${middle}H${labelWidth + scaled(high)}" stroke="#222222" stroke-width="1.5"/>`,
    `<text x="${labelWidth + scaled(high) + 8}" y="${middle + 4}" fill="#222222">${shown(median[figure]!)}</text>`,
  ].join('\n');
}

function shown(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en-US');
}
