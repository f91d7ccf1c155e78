/** `npm run example -- NAME [parameters]` runs `examples/NAME/run.ts`; without a name it says which there are. */
import { existsSync, globSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { run } from './run.ts';

const [name, ...parameters] = process.argv.slice(2);
const file = `examples/${name}/run.ts`;

if (name !== undefined && /^[a-z0-9-]+$/.test(name) && existsSync(file)) {
  process.exitCode = await run(process.execPath, ['--conditions=reeve-source', file, ...parameters]);
} else {
  const names = globSync('examples/*/run.ts').map((path) => basename(dirname(path)));
  if (name !== undefined) console.error(`There is no example "${name}".`);
  console.error(`npm run example -- NAME, where NAME is one of: ${names.sort().join(', ')}`);
  process.exitCode = 2;
}
