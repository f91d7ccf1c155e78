import { stripVTControlCharacters } from 'node:util';
import { cellOf, headOf, type CellContext } from './cell.ts';

const gap = '  ';
/** No column is cut below this width. */
const narrowest = 8;

/** Rows under heads, aligned; cut to `columns` when that is known, the widest column first. */
export function tableOf(
  fields: readonly string[],
  items: readonly Record<string, unknown>[],
  context: CellContext,
  columns: number | undefined,
): string {
  const shown = fields.filter((field) => items.some((item) => item[field] !== undefined && item[field] !== null));
  const rows = items.map((item) => shown.map((field) => cellOf(field, item[field], context)));
  const heads = shown.map(headOf);
  const widths = heads.map((head, at) => Math.max(head.length, ...rows.map((row) => widthOf(row[at]!))));
  if (columns !== undefined) fit(widths, columns);
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, at) => fill(cell, widths[at]!))
      .join(gap)
      .trimEnd();
  return [context.colours.dim(line(heads)), ...rows.map(line)].join('\n');
}

function fit(widths: number[], columns: number): void {
  const total = () => widths.reduce((sum, width) => sum + width, 0) + gap.length * (widths.length - 1);
  while (total() > columns) {
    const widest = widths.indexOf(Math.max(...widths));
    if (widths[widest]! <= narrowest) return;
    widths[widest]!--;
  }
}

function widthOf(cell: string): number {
  return [...stripVTControlCharacters(cell)].length;
}

/** Pads, or cuts with an ellipsis; a cut cell loses its colour. */
function fill(cell: string, width: number): string {
  const length = widthOf(cell);
  if (length <= width) return cell + ' '.repeat(width - length);
  return `${[...stripVTControlCharacters(cell)].slice(0, width - 1).join('')}…`;
}
