import { z } from 'zod';
import { choice, durationMs, flag, fraction, integer, secret, sizeBytes, text, textList } from './field.ts';
import { perEnvironment } from './per-environment.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;

const databaseUrl = /^(sqlite:(?!:memory:)[^:]+|postgres(ql)?:\/\/[^\s/?#]*\/[^\s/?#]+(\?\S*)?)$/;
const origin = /^https?:\/\/[^\s/?#*]+$/;

const database = z.strictObject({
  url: text(
    databaseUrl,
    'the URL of a file such as "sqlite:reeve.db", or of a server such as "postgres://reeve@host/reeve"',
  )
    .default('sqlite:reeve.db')
    .describe(
      'Where the record is kept: a file, whose relative path starts at home, or a database of a PostgreSQL server; ' +
        'TLS by parameters such as "?sslmode=verify-full".',
    ),
  password: secret().optional().describe('Password for the server, when the URL has none.'),
  statementTimeoutMs: durationMs({ min: 100, max: hour })
    .default(30 * second)
    .describe('Time that one statement may take on a PostgreSQL server.'),
  pool: z
    .strictObject({
      min: integer({ max: 1_000 }).default(5).describe('Connections that stay open when nobody needs them.'),
      max: integer({ min: 1, max: 1_000 }).default(20).describe('Connections that read; one more writes.'),
      acquireTimeoutMs: durationMs({ min: 100, max: 10 * minute })
        .default(30 * second)
        .describe('How long a query waits for a connection.'),
      idleTimeoutMs: durationMs({ min: second, max: day })
        .default(5 * minute)
        .describe('After this long without use a connection beyond min is closed.'),
      lifetimeMs: durationMs({ min: second, max: day })
        .default(30 * minute)
        .describe('Age at which a connection is closed, however busy.'),
    })
    .describe('Connections to a PostgreSQL server.'),
});

const http = z.strictObject({
  bodyLimitBytes: sizeBytes({ min: kibibyte, max: 64 * mebibyte })
    .default(mebibyte)
    .describe('Largest body of a request, unless its operation says otherwise.'),
  requestTimeoutMs: durationMs({ min: second, max: hour })
    .default(minute)
    .describe('From the first to the last byte of a request; how long its answer takes is another matter.'),
  corsOrigins: textList(origin, 'origins such as "https://app.example"')
    .default([])
    .describe('Origins whose pages may call the API. Empty: none. There is no wildcard.'),
  trustProxy: flag()
    .default(false)
    .describe(
      'Whether to take the address of the caller from X-Forwarded-For. Only behind a proxy that sets it itself.',
    ),
  behindProxy: flag()
    .default(false)
    .describe(
      'States that a proxy in front terminates TLS and alone reaches this port: permits a host beyond loopback without http.tls.',
    ),
  tls: z
    .strictObject({
      certificateFile: text()
        .optional()
        .describe('Certificate chain in PEM. With it HTTPS and WSS are served, and nothing in clear.'),
      key: secret().optional().describe('Private key of the certificate, in PEM.'),
    })
    .describe('TLS of its own.'),
});

const audit = z.strictObject({
  signingKey: perEnvironment(
    secret()
      .optional()
      .describe(
        'Ed25519 private key in PEM that signs the heads of the audit chain; older keys, to check with, follow it. Made in home when it is not set.',
      ),
    { requiredIn: ['production'] },
  ),
  headsFile: text()
    .default('audit-heads.jsonl')
    .describe('File that exported heads are added to; a relative path starts at home. Better on another disk.'),
  exportEveryMs: durationMs({ min: minute, max: day }).default(hour).describe('How often the head is exported.'),
  retentionMs: durationMs({ min: 30 * day, max: 100 * 366 * day })
    .default(7 * 366 * day)
    .describe('How long audit records are kept; older ones are removed up to an exported head.'),
});

const tokens = z.strictObject({
  keys: perEnvironment(
    secret()
      .optional()
      .describe(
        'Keys that sign access and refresh tokens, in the form of encryption.keys: the first signs, all check. Made in home when it is not set.',
      ),
    { requiredIn: ['production'] },
  ),
  accessTtlMs: durationMs({ min: minute, max: day })
    .default(30 * minute)
    .describe('How long an access token is good for.'),
  refreshTtlMs: durationMs({ min: hour, max: 90 * day })
    .default(7 * day)
    .describe('How long a login lasts without being used.'),
  stepUpTtlMs: durationMs({ min: minute, max: day })
    .default(10 * minute)
    .describe('For how long after a code of the authenticator acts with consequences are permitted.'),
});

const limits = z.strictObject({
  requestsPerMinute: perEnvironment(
    integer({ min: 1 }).default(60_000).describe('Requests per minute that one identity may make, on average.'),
    { defaults: { development: 3_000_000, test: 3_000_000 } },
  ),
  requestBurst: perEnvironment(
    integer({ min: 1 }).default(600).describe('Requests that one identity may make at once after a pause.'),
    { defaults: { development: 50_000, test: 50_000 } },
  ),
  anonymousPerMinute: integer({ min: 1 })
    .default(6_000)
    .describe('Requests per minute and address without a valid key, among them every attempt with a wrong one.'),
});

const retry = z.strictObject({
  initialDelayMs: durationMs({ min: 1, max: hour }).default(second).describe('Delay before the second attempt.'),
  factor: fraction({ min: 1, max: 10 }).default(2).describe('By how much each further delay is longer.'),
  maxDelayMs: durationMs({ min: 1, max: day }).default(minute).describe('Longest delay between two attempts.'),
  jitter: fraction()
    .default(0.5)
    .describe('Share of the delay that is random, so that what failed together does not come back together.'),
});

const retryBudget = z.strictObject({
  share: fraction()
    .default(0.2)
    .describe('Further attempts, hedges among them, for each request of the last ten seconds to one capability.'),
  perSecond: fraction({ min: 0, max: 100_000 })
    .default(10)
    .describe('Further attempts per second that there are however few requests come.'),
});

const tenantTerms =
  /^[^\s=,]+( (weight=(0\.\d*[1-9]\d*|[1-9]\d*(\.\d+)?)|(maxLiveTasks|tasksPerMinute)=[1-9]\d{0,14}))+$/;

const tenants = z.strictObject({
  maxLiveTasks: perEnvironment(
    integer({ min: 1 })
      .default(500_000)
      .describe('Tasks of one tenant that may wait or run at once: less than all, so that no tenant fills the hub.'),
    { defaults: { development: 1_000_000, test: 1_000_000 } },
  ),
  tasksPerMinute: integer({ min: 1 })
    .default(6_000_000)
    .describe('Tasks that one tenant may submit per minute, on average; as many at once after a pause.'),
  exceptions: textList(tenantTerms, 'tenants with what differs for them, such as "acme weight=3 maxLiveTasks=50000"')
    .default([])
    .describe(
      'Tenants with terms of their own: weight (tasks it gets from a busy agent for one of the others), ' +
        'maxLiveTasks, tasksPerMinute.',
    ),
});

const breaker = z.strictObject({
  failures: integer({ min: 1, max: 1_000 })
    .default(5)
    .describe('Tasks that have to fail on an agent one after the other before its breaker opens.'),
  initialPauseMs: durationMs({ min: 100, max: hour })
    .default(5 * second)
    .describe('How long it then gets nothing, before it is tried with one task; twice as long each time that fails.'),
  maxPauseMs: durationMs({ min: 100, max: day })
    .default(5 * minute)
    .describe('Longest such pause.'),
});

const hub = z.strictObject({
  leaseTtlMs: durationMs({ min: second, max: hour })
    .default(10 * second)
    .describe('Without a heartbeat for this long an agent loses its leases. At least two heartbeats.'),
  heartbeatMs: durationMs({ min: 100, max: 10 * minute })
    .default(3 * second)
    .describe('How often an agent says that it is alive.'),
  maxQueuedTasks: integer({ min: 1 })
    .default(1_000_000)
    .describe('Beyond this many waiting tasks new ones are refused, before they are acknowledged.'),
  ageingMs: durationMs({ min: second, max: day })
    .default(5 * minute)
    .describe('A task that has waited this much longer than another of its tenant counts one priority higher.'),
  deferLowAt: fraction()
    .default(0.6)
    .describe('Share of maxQueuedTasks above which low work waits for the other work of its tenant.'),
  shedLowAt: fraction()
    .default(0.8)
    .describe('Share of maxQueuedTasks above which low work is refused, before it is acknowledged.'),
  breaker: breaker.describe('When an agent that keeps failing gets no work, and for how long.'),
  proficiency: z
    .strictObject({
      priorWeight: fraction({ min: 0.1, max: 1_000 })
        .default(4)
        .describe('How many verified outcomes it takes to outweigh what an agent declares of itself.'),
      halfLifeMs: durationMs({ min: minute })
        .default(14 * day)
        .describe('After this long a verified outcome counts half.'),
    })
    .describe('What is learned of agents from verified outcomes.'),
  tenants: tenants.describe('What one tenant may take of the hub.'),
  inputLimitBytes: sizeBytes({ max: 2 * mebibyte })
    .default(256 * kibibyte)
    .describe('Largest input of a task, as JSON.'),
  mapInitialChunkItems: integer({ min: 1, max: 1_000_000 })
    .default(1_000)
    .describe('Items of the first chunks of a map.'),
  mapTargetChunkMs: durationMs({ min: 100, max: day })
    .default(30 * second)
    .describe('How long a chunk of a map should take; the size of chunks follows what is measured.'),
  blobLimitBytes: sizeBytes({ max: 64 * 1024 * mebibyte })
    .default(256 * mebibyte)
    .describe('Largest blob: a content that inputs refer to, kept as a file in the home folder.'),
  blobRetentionMs: durationMs({ min: minute, max: 366 * day })
    .default(day)
    .describe('How long a blob is kept after its last use; one that a live task refers to is not removed.'),
  inputMemoryBytes: sizeBytes({ min: mebibyte })
    .default(64 * mebibyte)
    .describe('Memory for the inputs of waiting tasks; what does not fit is read again when it is dispatched.'),
  defaultTimeoutMs: durationMs({ min: 1, max: 7 * day })
    .default(5 * minute)
    .describe('Time one attempt may take, when the task does not say.'),
  defaultMaxAttempts: integer({ min: 1, max: 100 })
    .default(3)
    .describe('Attempts in all before a task is a dead letter, when the task does not say.'),
  retry: retry.describe('How a failed attempt is tried again.'),
  retryBudget: retryBudget.describe('How much of what somebody waits for on a connection is tried again.'),
});

const hedging = z.strictObject({
  enabled: flag().default(true).describe('Whether that is done at all; it takes two nodes that qualify.'),
  quantile: fraction({ min: 0.5, max: 0.999 })
    .default(0.95)
    .describe('Late is later than this share of the last streams of the model, as measured from the lease on.'),
  minDelayMs: durationMs({ min: 0, max: hour })
    .default(50)
    .describe('Never sooner than this: what begins at once gains nothing.'),
  minSamples: integer({ min: 1, max: 256 }).default(20).describe('Streams of the model that must have been measured.'),
  maxShare: fraction()
    .default(0.1)
    .describe(
      'Share of the streams of the last ten seconds; hub.retryBudget bounds it too. One in ten seconds may be.',
    ),
});

const gateway = z.strictObject({
  durability: choice(['sync', 'group'])
    .default('sync')
    .describe('sync: a request is on disk before its first byte; group: with the next group commit, after it.'),
  firstTokenTimeoutMs: durationMs({ min: 100, max: hour })
    .default(minute)
    .describe('How long a model may take to its first token; loading it counts.'),
  hedging: hedging.describe('When a stream whose first token is late is asked of a second node.'),
  requestTimeoutMs: durationMs({ min: second, max: day })
    .default(5 * minute)
    .describe('How long a whole answer may take.'),
});

const otlpExample = 'http://127.0.0.1:4318/v1/traces';
const tracing = z.strictObject({
  endpoint: text(/^https?:\/\/[^\s/?#]+\/\S*$/, `a URL such as "${otlpExample}"`, otlpExample)
    .optional()
    .describe('Where spans are sent, by OTLP over HTTP. Without it nothing is traced.'),
  authorization: secret().optional().describe('What is sent to the endpoint as the header Authorization.'),
  sampleRatio: fraction()
    .default(1)
    .describe('Share of the requests that are traced. A caller that sends a traceparent decides for its own.'),
  exportTimeoutMs: durationMs({ min: 100, max: 10 * minute })
    .default(10 * second)
    .describe('Time for one batch of spans to be taken, tries included; then it is dropped, and counted.'),
  queueSpans: integer({ min: 1, max: 1_000_000 })
    .default(8_192)
    .describe('Spans that wait for the endpoint at most; further ones are dropped, and counted.'),
});

/** The configuration of the whole system. Every number has its reason in its description or in the requirements. */
export const systemSchema = z.strictObject({
  environment: choice(['development', 'test', 'staging', 'production'])
    .default('development')
    .describe('What this installation is for; production refuses what is only good for trying out.'),
  host: text(/^[^\s/]+$/, 'an address or host name')
    .default('127.0.0.1')
    .describe('Address to listen on. Beyond loopback only with http.tls or http.behindProxy.'),
  port: integer({ max: 65_535 }).default(4400).describe('Port to listen on; 0 takes any free one.'),
  home: perEnvironment(
    text()
      .default('.reeve')
      .describe('Folder of everything that is kept; a relative path starts at the working directory.'),
    { requiredIn: ['production'] },
  ),
  database: database.describe('The record of everything.'),
  encryption: z
    .strictObject({
      keys: perEnvironment(
        secret()
          .optional()
          .describe(
            'Keys that seal what is stored: one `<id>:<base64 of 32 bytes>` per line, the one in use first, older ones to read with. Made in home when it is not set.',
          ),
        { requiredIn: ['production'] },
      ),
    })
    .describe('Encryption of inputs, results and seeds in the database.'),
  audit: audit.describe('The record of who did what.'),
  tokens: tokens.describe('Logins of people.'),
  http: http.describe('The door of the API.'),
  limits: limits.describe('How much one identity may ask; wide in development, so that a load test needs no settings.'),
  hub: hub.describe('Agents, tasks and leases.'),
  gateway: gateway.describe('The OpenAI-compatible API.'),
  receipts: z
    .strictObject({
      chainId: integer({ min: 1, max: 2 ** 31 })
        .default(31_337)
        .describe('Chain for which nodes sign their receipts, and this system that it has taken them in.'),
    })
    .describe('What nodes sign for.'),
  node: z
    .strictObject({
      backendApiKey: secret().optional().describe('Key that a node sends to the backend in front of which it stands.'),
    })
    .describe('A node that offers models.'),
  log: z
    .strictObject({
      level: choice(['debug', 'info', 'warn', 'error']).default('info').describe('Lines below this are not written.'),
      pretty: choice(['auto', 'always', 'never'])
        .default('auto')
        .describe('Short lines for people instead of JSON; auto: in development, when a terminal shows them.'),
    })
    .describe('The log, on standard output.'),
  tracing: tracing.describe('Traces by OpenTelemetry.'),
  demo: z
    .strictObject({
      enabled: perEnvironment(flag().default(false).describe('Whether a demo node with a toy model is started too.'), {
        defaults: { development: true },
      }),
    })
    .describe('Something to try at once.'),
  shutdown: z
    .strictObject({
      graceMs: durationMs({ min: 100, max: 10 * minute })
        .default(20 * second)
        .describe('Time for work under way to end after SIGTERM or SIGINT.'),
    })
    .describe('The end of the process.'),
  approvals: z
    .strictObject({
      expireAfterMs: durationMs({ min: minute, max: 30 * day })
        .default(day)
        .describe('How long an approval is good for.'),
    })
    .describe('Consent of people to consequential acts.'),
  events: z
    .strictObject({
      retentionMs: durationMs({ min: hour, max: 366 * day })
        .default(7 * day)
        .describe('How long events can be read again.'),
    })
    .describe('The log of events.'),
});

export type SystemConfiguration = z.output<typeof systemSchema>;
