import { fieldsOf, type Field } from './fields.ts';
import { systemSchema } from './schema.ts';

const head = `# Configuration of Reeve. Every setting is here with its default; uncomment what you change.
# Later sources win: this file, reeve.<environment>.toml, files given by --config, environment variables.

`;

/** A `reeve.toml` with every setting, its description and its default, all commented out. */
export function exampleToml(): string {
  const { fields, sections } = fieldsOf(systemSchema);
  const blocks = sections.map(({ path, description }) => {
    const own = fields.filter((field) => sectionOf(field) === path);
    return own.length === 0 ? `# ${description}` : `# ${description}\n[${path}]\n${own.map(exampleLines).join('\n')}`;
  });
  const top = fields.filter((field) => sectionOf(field) === '');
  return `${[head + top.map(exampleLines).join('\n'), ...blocks].join('\n\n')}\n`;
}

function exampleLines(field: Field): string {
  const { description, nature, defaultValue } = field;
  const name = field.path.slice(field.path.lastIndexOf('.') + 1);
  const value = nature.secret ? '{ file = "/path/of/the/secret" }' : nature.toText(defaultValue ?? nature.example);
  return `# ${description}\n# ${name} = ${value}`;
}

/** Path of the section a field is written in; empty for the top of the file. */
export function sectionOf({ path }: Pick<Field, 'path'>): string {
  return path.includes('.') ? path.slice(0, path.lastIndexOf('.')) : '';
}
