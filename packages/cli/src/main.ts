import { run } from './run.ts';
import { createSession } from './session.ts';

process.exitCode = await run(createSession(), process.argv.slice(2));
