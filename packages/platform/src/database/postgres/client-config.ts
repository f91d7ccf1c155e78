import { hostname } from 'node:os';
import type { ClientConfig } from 'pg';
import { fromWire } from './values.ts';

const connectTimeoutMs = 10_000;
const keepAliveDelayMs = 10_000;

/** What is set for each session: durability and the reading of statements must not depend on the server's defaults. */
const sessionOptions = [
  'synchronous_commit=on',
  'default_transaction_isolation=read\\ committed',
  'standard_conforming_strings=on',
  'client_min_messages=warning',
  // A server notices within half a minute that we are gone, and lets go of our locks.
  'tcp_keepalives_idle=10',
  'tcp_keepalives_interval=5',
  'tcp_keepalives_count=4',
];

/** What both kinds of connections are made with; TLS, user and password are as the URL has them. */
export function clientConfig(url: string, purpose: string, statementTimeoutMs: number): ClientConfig {
  return {
    connectionString: url,
    application_name: `reeve ${purpose} ${process.pid}@${hostname()}`.slice(0, 63),
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveDelayMs,
    statement_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: 2 * statementTimeoutMs,
    options: sessionOptions.map((option) => `-c ${option}`).join(' '),
    types: { getTypeParser: ((id: number) => (text: string) => fromWire(text, id)) as never },
  };
}

/** The address without user, password and parameters: fit for messages. */
export function addressOf(url: string): string {
  const { host, pathname, searchParams } = new URL(url);
  return `${host || (searchParams.get('host') ?? 'localhost')}${pathname}`;
}
