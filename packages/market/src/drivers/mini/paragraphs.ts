/**
 * The prose of a Markdown or plain text as paragraphs of one line each. Code, tables, HTML and link targets are left
 * out: they make no sentences.
 */
export function paragraphsOf(text: string): string[] {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(/^(```|~~~).*\n[^]*?^\1.*$/gm, '\n\n')
    .replace(/<!--[^]*?-->/g, '')
    .split(/\n\s*\n|\n(?=\s*(?:[-*+]|\d+\.|#{1,6}) )/)
    .map(plainParagraph)
    .filter((paragraph) => paragraph.length >= minLength);
}

/** Shorter ones are headings and labels. */
const minLength = 40;

function plainParagraph(block: string): string {
  return block
    .split('\n')
    .filter((line) => !/^\s*(\||#{1,6} |<|[=-]{3,}\s*$)/.test(line))
    .join(' ')
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/^\s*([-*+>]|\d+\.) /, '')
    .replace(/[*`]+/g, '')
    .replace(/\s+/g, ' ')
    .trim();
}
