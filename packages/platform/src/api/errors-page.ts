import type { ErrorKind } from '@reeve/kernel';

/** One error for people, as Markdown. */
export function errorPage(kind: ErrorKind): string {
  return `# ${kind.title}\n\n${facts(kind)}\n\n${kind.meaning}\n\n**What to do:** ${kind.remedy}\n`;
}

/**
 * The catalogue of errors as one Markdown page (docs/reference/errors.md). Only kinds that were imported are in a
 * catalogue: whoever generates the page imports every package first.
 */
export function errorsPage(kinds: readonly ErrorKind[]): string {
  const sorted = [...kinds].sort((a, b) => (a.code < b.code ? -1 : 1));
  const rows = sorted.map(
    ({ code, status, retryable, exitCode, title }) =>
      `| [\`${code}\`](#${code}) | ${status} | ${retryable ? 'yes' : 'no'} | ${exitCode} | ${title} |`,
  );
  const sections = sorted.map(
    (kind) => `## ${kind.code}\n\n${kind.title}. ${facts(kind)}\n\n${kind.meaning}\n\n**What to do:** ${kind.remedy}\n`,
  );
  return [
    '# Errors',
    '',
    'Every error answer is `application/problem+json` (RFC 9457) with `code`, `detail`, `retryable`, `correlationId`, and',
    'where there are any `issues` (path and fault of each wrong value), `details` and `retryAfterMs`. Codes are stable;',
    'texts may be reworded. The class of an error decides its HTTP status and the exit code of the command line.',
    '',
    '| code | status | retry can help | exit code | title |',
    '|---|---|---|---|---|',
    ...rows,
    '',
    sections.join('\n'),
  ].join('\n');
}

function facts({ status, code, class: errorClass, retryable, exitCode }: ErrorKind): string {
  const retry = retryable ? 'a retry can help' : 'a retry does not help';
  return `Code \`${code}\`, class ${errorClass}, HTTP ${status}, exit code ${exitCode}; ${retry}.`;
}
