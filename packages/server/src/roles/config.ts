import { configurationTable, describeConfiguration, loadSystemConfiguration } from '@reeve/platform';

export interface ConfigOptions {
  readonly config?: readonly string[];
  readonly json?: boolean;
}

/** Shows every setting, masked, and where it comes from. */
export async function run({ config = [], json = false }: ConfigOptions): Promise<void> {
  const loaded = loadSystemConfiguration({ directory: process.cwd(), files: config });
  const settings = describeConfiguration(loaded);
  process.stdout.write(json ? `${JSON.stringify(settings)}\n` : `${configurationTable(settings)}\n`);
  for (const warning of loaded.warnings) process.stderr.write(`warning: ${warning}\n`);
}
