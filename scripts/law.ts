/**
 * `npm run law`: the import law of `.dependency-cruiser.cjs`, with a floor.
 *
 * A parser that sees nothing finds no violation. So what was cruised is compared with what a plain text search finds on
 * the disk: every source file must have been seen, and every import in it; and the whole must not be smaller than FLOOR.
 */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { cruise, type ICruiseOptions, type ICruiseResult, type IModule, type IViolation } from 'dependency-cruiser';
import extractOptions from 'dependency-cruiser/config-utl/extract-depcruise-options';
import { sourceFiles } from './sources.ts';
import './using-declarations.ts';

/** Well below the real size of the house, well above what is left when a whole kind of file is overlooked. */
const FLOOR = { modules: 400, dependencies: 1500 };

const root = resolve(process.argv[2] ?? '.');
const files = sourceFiles(root);
const { modules, summary } = await cruiseHouse();
const faults = [...summary.violations.map(describe), ...blindness(modules)];

for (const fault of faults) console.error(fault);
console.log(
  `Import law: ${summary.totalCruised} modules, ${summary.totalDependenciesCruised} dependencies, ${faults.length === 1 ? '1 fault' : `${faults.length} faults`}`,
);
process.exitCode = faults.length === 0 ? 0 : 1;

async function cruiseHouse(): Promise<ICruiseResult> {
  const options: ICruiseOptions = await extractOptions(join(root, '.dependency-cruiser.cjs'));
  const { output } = await cruise(files, { ...options, baseDir: root, validate: true }, options.enhancedResolveOptions);
  if (typeof output === 'string') throw new Error(`dependency-cruiser answered with a text: ${output}`);
  return output;
}

function describe({ from, to, rule, cycle }: IViolation): string {
  const path = cycle === undefined ? to : cycle.map(({ name }) => name).join(' → ');
  return `${from} → ${path}\n    ${rule.name}: ${commentOf(rule.name)}`;
}

function commentOf(name: string): string {
  return summary.ruleSetUsed?.forbidden?.find((rule) => rule.name === name)?.comment ?? '';
}

/** What is on the disk but was not seen: with any of it the law has proved nothing. */
function blindness(seen: readonly IModule[]): string[] {
  const bySource = new Map(seen.map((module) => [module.source, module]));
  const unseen = files.flatMap((file) => {
    const module = bySource.get(file);
    if (module === undefined) return [`${file} was not seen`];
    const known = new Set(module.dependencies.map((dependency) => bare(dependency.module)));
    const overlooked = importsIn(join(root, file)).filter((name) => !known.has(bare(name)));
    return overlooked.map((name) => `${file}: the import of ${name} was not seen`);
  });
  const { totalCruised: moduleCount, totalDependenciesCruised: dependencyCount = 0 } = summary;
  const isBelowFloor = moduleCount < FLOOR.modules || dependencyCount < FLOOR.dependencies;
  const floor = `${FLOOR.modules} modules and ${FLOOR.dependencies} dependencies`;
  return isBelowFloor ? [...unseen, `Below the floor of ${floor}: the law has seen too little`] : unseen;
}

/** The names after `from` and of bare imports, by text alone: on purpose without any parser. */
function importsIn(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/^(?:import |export |\} )(?:[^'"\n]* ?from )?'([^'\n]+)'/gm)].map(([, name = '']) => name);
}

function bare(name: string): string {
  return name.replace(/^node:/, '');
}
