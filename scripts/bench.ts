/** `npm run bench -- NAME [parameters]` runs `bench/NAME.ts`; without a name it says which there are. */
import { existsSync, globSync } from 'node:fs';
import { basename } from 'node:path';
import { run } from './run.ts';

const [name, ...parameters] = process.argv.slice(2);
const file = `bench/${name}.ts`;

if (name !== undefined && /^[a-z0-9-]+$/.test(name) && existsSync(file)) {
  process.exitCode = await run(process.execPath, ['--conditions=reeve-source', '--expose-gc', file, ...parameters]);
} else {
  const names = globSync('bench/*.ts').map((path) => basename(path, '.ts'));
  if (name !== undefined) console.error(`There is no benchmark "${name}".`);
  console.error(`npm run bench -- NAME, where NAME is one of: ${names.sort().join(', ') || '(none yet)'}`);
  process.exitCode = 2;
}
