import { parse } from 'smol-toml';

type Table = { [key: string]: unknown };

/**
 * The line on which each key of a TOML text is set, by path with dots. The parser gives no positions, so the text is
 * given to it statement by statement: lines are gathered until they parse. Only for texts that parse as a whole.
 */
export function linesOfKeys(toml: string): Map<string, number> {
  const lineOf = new Map<string, number>();
  let section = '';
  let gathered: string[] = [];
  toml.split('\n').forEach((line, index) => {
    gathered.push(line);
    const statement = parsed(gathered.join('\n'));
    if (!statement) return;
    const startLine = index + 2 - gathered.length;
    const isHeader = gathered[0]!.trimStart().startsWith('[');
    for (const path of pathsOf(statement)) {
      const fullPath = isHeader || section === '' ? path : `${section}.${path}`;
      if (!lineOf.has(fullPath)) lineOf.set(fullPath, startLine);
      if (isHeader) section = path;
    }
    gathered = [];
  });
  return lineOf;
}

function parsed(text: string): Table | undefined {
  try {
    return parse(text) as Table;
  } catch {
    return undefined;
  }
}

/** Every path in a statement, outer ones first, so that a section and each of its keys can be found. */
function pathsOf(value: unknown, prefix = ''): string[] {
  const table: unknown = Array.isArray(value) ? value[0] : value;
  if (typeof table !== 'object' || table === null) return [];
  return Object.entries(table).flatMap(([key, member]) => {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    return [path, ...pathsOf(member, path)];
  });
}
