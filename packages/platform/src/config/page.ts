import { clientVariables } from './environment-layer.ts';
import { exampleToml, sectionOf } from './example.ts';
import { fieldsOf, type Field } from './fields.ts';
import { systemSchema } from './schema.ts';

const introduction = `# Configuration

*Generated from the schema; do not edit.*

Reeve runs without any configuration. Where something is set, the later source wins, setting by setting:

1. the default of the setting
2. \`reeve.toml\` in the working directory
3. \`reeve.<environment>.toml\` beside it
4. files given by \`--config\`, in their order
5. environment variables

The environment is decided first: by \`REEVE_ENV\`, else by \`environment\` in \`reeve.toml\`, else it is \`development\`.
A setting that does not exist is refused with the nearest one that does, and so is an unknown variable beginning with
\`REEVE_\`. All faults are reported at once, each with its file and line or its variable. An empty variable is the same
as none. \`reeve config show\` prints every setting in force and where it comes from.

Durations are milliseconds or carry a unit (\`30000\`, \`"30s"\`, \`"5m"\`, \`"24h"\`, \`"7d"\`); sizes are bytes or carry one
(\`1048576\`, \`"1MiB"\`, \`"1MB"\`). In an environment variable, lists are separated by commas.

## Secrets

A secret is given by reference: \`{ file = "/path" }\` (a file that not every user of the machine may read) or
\`{ env = "NAME" }\`. Its variable with \`_FILE\` at the end names a file too. A secret in plain text is accepted with a
warning outside of production and refused in production, and so is a file that every user may read.
`;

const productionRules = `## Production

With \`environment = "production"\` Reeve does not start on defaults alone: the settings marked *required in production*
must be set. The demo node and secrets in plain text are refused. In every environment a host beyond loopback is refused
without \`http.tls\`, unless \`http.behindProxy\` states that a proxy terminates TLS.
`;

/** The page `docs/reference/configuration.md`, made from the schema. */
export function configurationPage(): string {
  const { fields, sections } = fieldsOf(systemSchema);
  const top = `## Settings\n\n${tableOf(fields.filter((field) => sectionOf(field) === ''))}`;
  const blocks = sections.map(({ path, description }) => {
    const own = fields.filter((field) => sectionOf(field) === path);
    return `### \`[${path}]\`\n\n${description}\n\n${tableOf(own)}`;
  });
  const example = `## Example\n\n\`\`\`toml\n${exampleToml()}\`\`\`\n`;
  return [introduction, productionRules, top, ...blocks, clientTable(), example].join('\n');
}

function tableOf(fields: readonly Field[]): string {
  const rows = fields.map((field) => {
    const { path, variable, description } = field;
    const cells = [`\`${path}\``, `\`${variable}\``, formOf(field), defaultText(field), description];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  return ['| setting | variable | form | default | |', '|---|---|---|---|---|', ...rows, ''].join('\n');
}

function formOf({ nature }: Field): string {
  return nature.expects;
}

function defaultText({ nature, defaultValue, environmentRule }: Field): string {
  const general = defaultValue === undefined ? 'none' : `\`${nature.toText(defaultValue)}\``;
  const special = Object.entries(environmentRule.defaults ?? {}).map(
    ([environment, value]) => `\`${nature.toText(value)}\` in ${environment}`,
  );
  const required = (environmentRule.requiredIn ?? []).map((environment) => `*required in ${environment}*`);
  return [general, ...special, ...required].join('; ');
}

function clientTable(): string {
  const rows = Object.entries(clientVariables).map(([name, meaning]) => `| \`${name}\` | ${meaning} |`);
  return ['## Other variables', '', '| variable | |', '|---|---|', ...rows, ''].join('\n');
}
