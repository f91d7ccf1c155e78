import { visible } from '../views/cell.ts';

/** What a model writes may have line breaks, but must not steer the terminal. */
export function safeText(text: string): string {
  return text
    .split('\n')
    .map((line) => visible(line.replaceAll('\t', '  ')))
    .join('\n');
}
