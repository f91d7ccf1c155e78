import { CommanderError } from 'commander';
import { reportFailure } from './failure.ts';
import { buildProgram } from './program.ts';
import type { Session } from './session.ts';

const usageExitCode = 2;

/** Runs one command line and gives its exit code: 0, or that of the class of what went wrong. */
export async function run(session: Session, argv: readonly string[]): Promise<number> {
  try {
    const program = await buildProgram(session, argv);
    await program.parseAsync(argv, { from: 'user' });
    return session.exitCode;
  } catch (error) {
    // Commander has said what is wrong; help and version come as errors of exit code 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : usageExitCode;
    const { terminal, connection, environment } = session;
    return reportFailure(error, { terminal, connection, json: argv.includes('--json'), debug: environment.debug });
  }
}
