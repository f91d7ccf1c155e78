/**
 * The import law: who may import whom (see "Who may import whom" in CONTRIBUTING.md).
 *
 * `npm run law` applies it, with a floor on what was seen: dependency-cruiser with its default parser sees nothing in
 * a TypeScript 7 house and passes, so the parser is swc and scripts/law.ts compares what was cruised with the disk.
 *
 * Paths are those on disk: `@reeve/hub` has become `packages/hub/src/index.ts` through the condition `reeve-source`.
 */

/** Packages of this repository that each package may import; a package that is not listed may import none. */
const mayImport = {
  kernel: [],
  platform: ['kernel'],
  hub: ['kernel', 'platform'],
  chain: ['kernel', 'platform'],
  market: ['kernel', 'platform', 'hub', 'chain'],
  treasury: ['kernel', 'platform', 'hub', 'chain'],
  fleet: ['kernel', 'platform', 'hub'],
  readiness: ['kernel', 'platform', 'hub'],
  // and `@reeve/*/api` of every package: see `sdkSeesApis`
  sdk: ['kernel'],
  cli: ['sdk', 'kernel'],
  web: ['sdk', 'kernel'],
  server: ['kernel', 'platform', 'hub', 'chain', 'market', 'treasury', 'fleet', 'readiness', 'sdk'],
};
const names = Object.keys(mayImport);

const error = (name, comment, from, to) => ({ name, severity: 'error', comment, from, to });
const exactly = (path) => `^${path.replaceAll('.', '\\.')}$`;

/** The files that `exports` of a package names under the condition `reeve-source`: its doors. */
const doors = names.flatMap((name) => {
  let exported;
  try {
    exported = require(`./packages/${name}/package.json`).exports;
  } catch (reason) {
    if (reason.code === 'MODULE_NOT_FOUND') return []; // not built yet
    throw reason;
  }
  return Object.values(exported).map((door) => `packages/${name}/${door['reeve-source'].slice('./'.length)}`);
});

const betweenPackages = names.map((name) => {
  const allowed = [name, ...mayImport[name]].join('|');
  return error(
    `${name}-imports-only-what-it-may`,
    `${name} may import ${mayImport[name].join(', ') || 'no other package'}.`,
    { path: `^packages/${name}/src/` },
    {
      path: '^packages/',
      pathNot: [`^packages/(${allowed})/`, ...(name === 'sdk' ? ['^packages/[^/]+/src/api/'] : [])],
    },
  );
});

const throughTheDoor = [
  error(
    'only-through-the-door',
    'Another package is imported by its name, through what its package.json exports; nothing else leaves it.',
    { path: '^packages/([^/]+)/' },
    { path: '^packages/[^/]+/', pathNot: ['^packages/$1/', ...doors.map(exactly)] },
  ),
  error(
    'by-name-not-by-path',
    'Another package is imported by its name, not by a path that climbs out of the own one.',
    { path: '^packages/([^/]+)/' },
    { path: '^packages/[^/]+/', pathNot: '^packages/$1/', dependencyTypes: ['local'] },
  ),
  error(
    'outsiders-through-the-door',
    'Whole-system tests, benches, scripts and examples use packages as their users do.',
    { path: '^(tests|bench|scripts|examples)/' },
    { path: '^packages/', pathNot: doors.map(exactly) },
  ),
  error(
    'source-does-not-import-tests',
    'What is shipped does not depend on tests, benches or scripts.',
    { path: '^packages/[^/]+/src/' },
    { path: '^(tests|bench|scripts|examples)/|^packages/[^/]+/(test|bench)/' },
  ),
];

/** Rooms of a package: `services/` reaches down to `domain/` and `store/`, never the other way round. */
const ROOM = '^packages/([^/]+)/src/';
const rooms = [
  error(
    'api-is-pure',
    'api/ holds definitions that also run in browsers: kernel, zod, its own files and errors.ts.',
    { path: '^packages/([^/]+)/src/api/' },
    {
      pathNot: [
        '^packages/$1/src/(api/|errors\\.ts$)',
        exactly('packages/kernel/src/index.ts'),
        '(^|/)node_modules/zod/',
        '^packages/[^/]+/src/api/',
      ],
    },
  ),
  error(
    'domain-is-pure',
    'domain/ holds pure rules: kernel, zod, hashes, its own files, the schemas of api/ and errors.ts.',
    { path: '^packages/([^/]+)/src/domain/' },
    {
      pathNot: [
        '^packages/$1/src/(domain/|api/|errors\\.ts$)',
        exactly('packages/kernel/src/index.ts'),
        '(^|/)node_modules/zod/',
        '(^|/)node_modules/@noble/hashes/',
      ],
    },
  ),
  error(
    'store-reaches-down-only',
    'store/ keeps and finds; it knows rules and schemas, not those who use it.',
    { path: `${ROOM}.*\\b(store|migrations)/` },
    { path: '^packages/$1/src/(services|adapters|drivers|providers)/' },
  ),
  error(
    'services-do-not-reach-up',
    'services/ are wired by the index of their package; they get adapters as components.',
    { path: `${ROOM}services/` },
    { path: '^packages/$1/src/(adapters|drivers|providers|migrations)/|^packages/$1/src/index\\.ts$' },
  ),
  error(
    'errors-are-leaves',
    'errors.ts needs nothing but the kernel, so that every room may import it.',
    { path: '^packages/(?!kernel/)[^/]+/src/errors\\.ts$' },
    { pathNot: exactly('packages/kernel/src/index.ts') },
  ),
];

const outside = [
  error(
    'kernel-is-browser-safe',
    'The kernel and every api/ run in browsers: no module of Node.',
    { path: '^packages/kernel/src/|^packages/[^/]+/src/api/' },
    { dependencyTypes: ['core'] },
  ),
  error(
    'kernel-needs-zod-only',
    'The kernel has one dependency.',
    { path: '^packages/kernel/src/' },
    { path: '(^|/)node_modules/', pathNot: '(^|/)node_modules/zod/' },
  ),
  error(
    'only-stores-know-sql',
    'SQL stays in store/ and migrations/ (and in the database port of the platform).',
    { path: '^packages/[^/]+/src/', pathNot: ['/(store|migrations)/', '^packages/platform/src/database/'] },
    { path: '(^|/)node_modules/(kysely|pg)/|^(node:)?sqlite$' },
  ),
  error(
    'only-edges-reach-the-network',
    'adapters/, drivers/, providers/ and the platform reach the network; in sdk, server and cli so do the files named here.',
    {
      path: '^packages/[^/]+/src/',
      pathNot: [
        '/(adapters|drivers|providers)/',
        '^packages/(platform|server)/src/',
        '^packages/sdk/src/(http|socket)',
      ],
    },
    {
      dependencyTypesNot: ['type-only'],
      path: [
        '^(node:)?(http|https|http2|net|tls|dgram|dns|dns/promises)$',
        '(^|/)node_modules/(undici|ws|fastify|@fastify)/',
      ],
    },
  ),
  error(
    'only-edges-start-processes',
    'A process is started by adapters, the server and the command line.',
    { path: '^packages/[^/]+/src/', pathNot: ['/(adapters|drivers|providers)/', '^packages/(server|cli)/src/'] },
    { path: '^(node:)?(child_process|cluster)$' },
  ),
];

const everywhere = [
  error('no-cycles', 'Modules that import one another cannot be understood apart.', {}, { circular: true }),
  error('no-unresolvable', 'What is imported must exist.', {}, { couldNotResolve: true }),
  error(
    'no-undeclared-dependencies',
    'What is shipped imports only what its own package.json declares.',
    { path: '^packages/[^/]+/src/' },
    { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev'] },
  ),
];

module.exports = {
  forbidden: [...betweenPackages, ...throughTheDoor, ...rooms, ...outside, ...everywhere],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true, // types count: a type-only cycle is a cycle, a type-only peek is a peek
    combinedDependencies: false,
    doNotFollow: { path: '(^|/)node_modules/' },
    exclude: { path: '^packages/[^/]+/dist/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['reeve-source', 'import', 'node', 'default'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json'],
    },
  },
};
