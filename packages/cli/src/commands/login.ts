import { type Client, createClient, loginOf, RemoteError } from '@reeve/sdk';
import { findAddress, type ConnectionFlags } from '../connection.ts';
import { UsageError } from '../errors.ts';
import { LoginFile } from '../login-file.ts';
import { questions, type Questions } from '../questions.ts';
import type { Session } from '../session.ts';

export interface LoginFlags extends Pick<ConnectionFlags, 'url'> {
  readonly name: string;
  readonly code?: string;
}

/** Logs in, and keeps the tokens in a file of the person; a password that somebody else gave is replaced first. */
export async function login(session: Session, { url: given, name, code }: LoginFlags): Promise<void> {
  const { url } = findAddress({ ...(given !== undefined && { url: given }) }, session.environment);
  const ask = questions(session.terminal);
  const password = await ask.secret('Password');
  const client = createClient({ url });
  const issued = await withCode(code, ask, (shown) =>
    client.sessions.create({ name, password, ...(shown && { code: shown }) }, { idempotencyKey: false }),
  );
  await new LoginFile(session.environment.loginFile).at(url).replace(async () => loginOf(issued));
  if (issued.mustReplacePassword) await replacePassword(session, url, password, ask);
  session.terminal.note(`logged in at ${url} as ${issued.user}, ${issued.role}`);
}

/** Ends the login at the hub, and forgets it here. */
export async function logout(session: Session, flags: Pick<ConnectionFlags, 'url'>): Promise<void> {
  const client = await session.connect(flags, 'user');
  const { url } = session.connection!;
  const store = new LoginFile(session.environment.loginFile).at(url);
  if ((await store.read()) === undefined) throw UsageError.error(`nobody has logged in at ${url} from here`);
  try {
    await client.sessions.end();
  } finally {
    await store.replace(async () => undefined);
  }
  session.terminal.note(`logged out at ${url}`);
}

/** Asks for a code of the authenticator once the hub wants one. */
async function withCode<T>(
  given: string | undefined,
  ask: Questions,
  work: (code: string | undefined) => Promise<T>,
): Promise<T> {
  try {
    return await work(given);
  } catch (error) {
    if (!(error instanceof RemoteError) || error.code !== 'code_required') throw error;
    return work(await ask.plain('Code of your authenticator'));
  }
}

async function replacePassword(session: Session, url: string, password: string, ask: Questions): Promise<void> {
  session.terminal.note('this password was given to you; choose one of your own, of at least 12 characters');
  const newPassword = await ask.secret('New password');
  const client: Client = await session.connect({ url }, 'user');
  await client.users.changePassword({ password, newPassword });
}
