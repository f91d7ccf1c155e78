import { errorClasses, type Operation } from '@reeve/kernel';
import { inputSchemaOf } from '@reeve/sdk';
import { type Command, Option } from 'commander';
import { commandLineOf, pathParameters } from './command-line.ts';
import { dashed, type Flag, flagsOf, isSecret } from './flag.ts';

/** Flags that stand for nothing in the input; an input member of the same name would be hidden by them. */
export interface CommonFlags {
  readonly url?: string;
  readonly key?: string;
  readonly json?: boolean;
  readonly dryRun?: boolean;
  readonly body?: string;
}

/** Gives a command the arguments, flags and help that follow from the definition of its operation. */
export function addFlags(command: Command, operation: Operation): readonly Flag[] {
  const flags = flagsOf(inputSchemaOf(operation));
  const parameters = pathParameters(operation);
  for (const name of parameters) command.argument(`<${dashed(name)}>`);
  for (const flag of flags) if (!parameters.includes(flag.field)) addFlag(command, flag);
  command.option('--body <json>', 'the whole input as JSON, @file, or - for standard input; flags win over it');
  if (operation.effect === 'consequential') command.option('--dry-run', 'show the plan and its guards, do nothing');
  addConnectionFlags(command).option('--json', 'answer as one line of JSON');
  command.addHelpText('after', () => helpAfter(operation, flags));
  return flags;
}

export function addConnectionFlags(command: Command): Command {
  return command
    .option('--url <url>', 'address of the hub (REEVE_URL, or that of the hub started here)')
    .option('--key <key>', 'API key (REEVE_API_KEY, or that of the hub started here)');
}

/** Words whose singular reads better where a flag is given once for each item. */
const singular: Readonly<Record<string, string>> = {
  capabilities: 'capability',
  labels: 'label',
  permissions: 'permission',
};

function addFlag(command: Command, flag: Flag): void {
  const names = [singular[flag.field], dashed(flag.field)].flatMap((name) => (name === undefined ? [] : [`--${name}`]));
  const option = new Option(`${names.join(', ')}${placeholder(flag)}`, describe(flag));
  if (isRepeated(flag)) option.argParser((text: string, earlier: string[] | undefined) => [...(earlier ?? []), text]);
  if (flag.choices.length > 0 && flag.kind === 'choice') option.choices(flag.choices);
  command.addOption(option);
  const needsNegation = flag.nullable || (flag.kind === 'boolean' && flag.defaultValue !== false);
  if (needsNegation) command.addOption(new Option(`--no-${dashed(flag.field)}`, flag.nullable ? 'take it away' : ''));
}

function isRepeated({ kind }: Flag): boolean {
  return kind === 'list' || kind === 'named' || kind === 'pairs';
}

function placeholder(flag: Flag): string {
  switch (flag.kind) {
    case 'boolean':
      return '';
    case 'named':
      return ` <name[=${dashed(flag.member)}]>`;
    case 'pairs':
      return ' <key=value>';
    case 'json':
      return ' <json>';
    case 'number':
      return flag.field.endsWith('AtMs') ? ' <time>' : flag.field.endsWith('Ms') ? ' <duration>' : ' <number>';
    default:
      return ' <text>';
  }
}

function describe(flag: Flag): string {
  if (isSecret(flag)) return 'asked for when it is not given, which is better';
  const notes = [flag.required ? 'required' : '', isRepeated(flag) ? 'may be repeated' : '', defaultNote(flag)];
  return notes.filter((note) => note !== '').join('; ');
}

function defaultNote({ defaultValue }: Flag): string {
  if (defaultValue === undefined || defaultValue === false || defaultValue === null) return '';
  const text = typeof defaultValue === 'object' ? JSON.stringify(defaultValue) : String(defaultValue);
  return text === '{}' || text === '[]' ? '' : `default ${text}`;
}

function helpAfter(operation: Operation, flags: readonly Flag[]): string {
  const parts: string[] = [];
  for (const { title, input } of operation.examples ?? []) {
    if (parts.length === 0) parts.push('\nExamples:');
    parts.push(`  # ${title}\n  ${commandLineOf(operation, flags, input as Record<string, unknown>)}`);
  }
  parts.push(`\nNeeds the permission ${operation.access}.`);
  if (operation.errors.length > 0) {
    const kinds = operation.errors.map(({ code, class: name }) => `${code} (exit code ${errorClasses[name].exitCode})`);
    parts.push(`May be refused as ${kinds.join(', ')}.`);
  }
  return parts.join('\n');
}
