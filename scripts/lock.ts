/**
 * `npm run lock`: completes package-lock.json after an `npm install`; `-- --check` only says what is missing.
 *
 * Packages with a binary for each platform list all of them as optional dependencies. A registry mirror that does not
 * carry some of them makes `npm install` leave those out of the lock file, and then `npm ci` fails everywhere, because
 * it wants an entry for each. This adds them with the version that is asked for and the platform that the name tells;
 * npm passes over entries of other platforms without fetching anything.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

interface LockedPackage {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
}

const SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const PROCESSORS = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64'];
const FILE = 'package-lock.json';

const { values: flags } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
const lock = JSON.parse(readFileSync(FILE, 'utf8')) as { packages: Record<string, LockedPackage> };
const missing = Object.fromEntries(Object.values(lock.packages).flatMap(missingPlatformsOf));

for (const path of Object.keys(missing)) console.log(`${flags.check ? 'Missing' : 'Added'}: ${path}`);
if (flags.check) process.exitCode = Object.keys(missing).length === 0 ? 0 : 1;
else writeFileSync(FILE, `${JSON.stringify({ ...lock, packages: completed() }, undefined, 2)}\n`);

function missingPlatformsOf({ optionalDependencies = {}, dev }: LockedPackage): [string, LockedPackage][] {
  return Object.entries(optionalDependencies)
    .map(([name, version]): [string, string] => [`node_modules/${name}`, version])
    .filter(([path]) => !(path in lock.packages))
    .map(([path, version]) => [path, { version, ...(dev ? { dev } : {}), optional: true, ...platformOf(path) }]);
}

/** @throws when the name does not tell: an entry without a platform would be fetched everywhere. */
function platformOf(path: string): Pick<LockedPackage, 'os' | 'cpu' | 'libc'> {
  const words = path.split(/[/-]/);
  const os = SYSTEMS.filter((system) => words.includes(system));
  const cpu = PROCESSORS.filter((processor) => words.includes(processor));
  if (path.endsWith('/fsevents')) return { os: ['darwin'] };
  if (os.length === 0 && cpu.length === 0)
    throw new Error(`${path}: its platform is unknown; add it to ${FILE} by hand`);
  const libc = /-musl\w*$/.test(path) ? ['musl'] : /-gnu\w*$/.test(path) ? ['glibc'] : [];
  const known = Object.entries({ cpu, libc, os }).filter(([, values]) => values.length > 0);
  return Object.fromEntries(known);
}

/** In npm's order: the root first, then by path. */
function completed(): Record<string, LockedPackage> {
  const { '': root, ...others } = lock.packages;
  const sorted = Object.entries({ ...others, ...missing }).sort(([a], [b]) => a.localeCompare(b, 'en'));
  return { ...(root === undefined ? {} : { '': root }), ...Object.fromEntries(sorted) };
}
