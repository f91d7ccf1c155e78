/** The catalogue of errors: every code that a user can meet, what it means and what to do. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { errorCatalogue, type ErrorKind } from '@reeve/kernel';

/** @returns Markdown, one section per code in alphabetical order. */
export async function errorsPage(): Promise<string> {
  await loadEveryPackage();
  const kinds = errorCatalogue();
  return [HEAD, index(kinds), ...kinds.map(section)].join('\n');
}

const HEAD = `# Errors

<!-- Made by \`npm run docs\` from the definitions in the code; changes here are lost. -->

Every error has a code that never changes. Over HTTP it comes as a problem document (RFC 9457) whose \`type\` ends with
the code; the command line prints the code and ends with the exit code below. "Retryable" says whether the same request
can succeed later without being changed.
`;

function index(kinds: readonly ErrorKind[]): string {
  const rows = kinds.map(
    ({ code, title, status, retryable, exitCode }) =>
      `| [\`${code}\`](#${code}) | ${title} | ${status} | ${retryable ? 'yes' : 'no'} | ${exitCode} |`,
  );
  return ['| code | title | status | retryable | exit code |', '|---|---|---|---|---|', ...rows, ''].join('\n');
}

function section({ code, title, meaning, remedy }: ErrorKind): string {
  return `## ${code}\n\n**${title}.** ${meaning}\n\n*What to do:* ${remedy}\n`;
}

/** Errors are in the catalogue once the file that defines them was imported: so every door is opened. */
async function loadEveryPackage(): Promise<void> {
  for (const file of globSync('packages/*/package.json').sort()) {
    for (const door of doorsOf(file)) await import(pathToFileURL(resolve(dirname(file), door)).href);
  }
}

function doorsOf(file: string): string[] {
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as { exports?: Record<string, Record<string, string>> };
  return Object.values(manifest.exports ?? {})
    .map((door) => door['reeve-source'] ?? '')
    .filter((door) => door !== '' && !door.endsWith('/main.ts')); // a program, not a door to look through
}
