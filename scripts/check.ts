/** `npm run check`: everything that is wrong with the code and can be seen without running it, two steps at a time. */
import { capture } from './run.ts';

interface Step {
  readonly name: string;
  readonly finds: string;
  readonly command: readonly [program: string, ...parameters: string[]];
}

const STEPS: readonly Step[] = [
  { name: 'types', finds: 'TypeScript, strict', command: ['tsc', '--pretty', 'false', '-p', '.'] },
  { name: 'lint', finds: 'oxlint with types', command: ['oxlint', '--type-aware', '--deny-warnings', '-f', 'unix'] },
  {
    name: 'format',
    finds: 'files that prettier would change',
    command: ['prettier', '--check', '--log-level=warn', '.'],
  },
  { name: 'law', finds: 'imports that are not allowed', command: [process.execPath, 'scripts/law.ts'] },
  {
    name: 'unused',
    finds: 'what nobody uses or nobody declared',
    command: ['knip', '--no-config-hints', '--no-progress'],
  },
];
const AT_ONCE = 2;

const waiting = [...STEPS];
const failed: string[] = [];
await Promise.all(Array.from({ length: AT_ONCE }, worker));
if (failed.length > 0) console.error(`\nFailed: ${failed.join(', ')}. One step alone: npm run ${failed[0]}`);
process.exitCode = failed.length > 0 ? 1 : 0;

async function worker(): Promise<void> {
  for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
    const startedAt = performance.now();
    const [program, ...parameters] = step.command;
    const { code, output } = await capture(program, parameters);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    console.log(`${code === 0 ? '✓' : '✗'} ${step.name.padEnd(7)} ${seconds.padStart(5)} s  ${step.finds}`);
    if (code === 0) continue;
    failed.push(step.name);
    console.log(output.trimEnd().replace(/^/gm, '    '));
  }
}
