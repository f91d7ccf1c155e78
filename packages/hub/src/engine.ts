import type { HubComponents } from './components.ts';
import { TenantTermsBook } from './domain/tenant-terms.ts';
import { AgentRoster } from './services/agent-roster.ts';
import { AgentSessions } from './services/agent-sessions.ts';
import { AttachedTasks } from './services/attached-tasks.ts';
import { removeLeftOverFiles } from './services/blob-retention.ts';
import { Blobs } from './services/blobs.ts';
import { AttemptReports } from './services/attempt-reports.ts';
import { Breakers } from './services/breakers.ts';
import { Compensations } from './services/compensations.ts';
import { Dispatcher } from './services/dispatcher.ts';
import { Endings } from './services/endings.ts';
import { Fences } from './services/fences.ts';
import { Hedging } from './services/hedging.ts';
import { Inputs } from './services/inputs.ts';
import { LeaseKeeper } from './services/lease-keeper.ts';
import { OutputSchemas } from './services/output-schemas.ts';
import { Proficiencies } from './services/proficiencies.ts';
import { Quotas } from './services/quotas.ts';
import { RetryBudgets } from './services/retry-budgets.ts';
import { Measurements } from './services/measurements.ts';
import { Maps } from './services/maps.ts';
import { Recovery } from './services/recovery.ts';
import { SecondOpinions } from './services/second-opinions.ts';
import { Settlement } from './services/settlement.ts';
import { Submissions } from './services/submissions.ts';
import { SteadyTime } from './services/steady-time.ts';
import { TaskBoard } from './services/task-board.ts';
import { timesUp } from './services/times-up.ts';
import { Verification } from './services/verification.ts';
import { nextEpoch } from './store/epoch.ts';
import { Workflows } from './services/workflows.ts';
import { selectNewestSeq } from './store/read-tasks.ts';

/** The parts of the hub, wired together; each is one use case. */
export type Engine = Awaited<ReturnType<typeof createEngine>>;

/** Counts this start, builds the parts, and rebuilds their memory from the record. Nothing is handed out before. */
export async function createEngine(components: HubComponents) {
  const { database, files, clock, log, lifecycle, metrics, settings, random } = components;
  const fences = new Fences(await countEpoch(components));
  const newestSeq = await readNewestSeq(components);
  const shared = { database, clock, log, metrics, settings };

  const roster = new AgentRoster();
  const board = new TaskBoard(roster, settings);
  const terms = new TenantTermsBook(settings.tenants);
  const quotas = new Quotas({ ...shared, board, terms });
  const endings = new Endings();
  const steadyTime = new SteadyTime(clock);
  const { leaseTtlMs } = settings;
  const keeper = new LeaseKeeper(
    clock,
    roster,
    leaseTtlMs,
    timesUp(() => timed, leaseTtlMs),
  );
  const inputs = new Inputs(database, log);
  const dispatcher = new Dispatcher({ ...shared, board, keeper, fences, inputs, terms, random });
  const scheduling = { ...shared, board, roster, keeper, dispatcher };
  const measurements = new Measurements(clock);
  const retryBudgets = new RetryBudgets(clock, metrics, settings.retryBudget);
  const hedging = new Hedging({ ...shared, keeper, dispatcher, inputs, terms, measurements, retryBudgets });
  const breakers = new Breakers(shared);
  const proficiencies = new Proficiencies({ ...shared, roster, board, dispatcher });
  const schemas = new OutputSchemas();
  const verification = new Verification({ roster, schemas, proficiencies });
  const { stopping } = lifecycle;
  const submissions = new Submissions({ ...scheduling, steadyTime, quotas, schemas, newestSeq });
  const secondOpinions = new SecondOpinions({ ...shared, submissions, random });
  const settlement = new Settlement({
    ...shared,
    board,
    keeper,
    dispatcher,
    endings,
    breakers,
    measurements,
    retryBudgets,
    hedging,
    proficiencies,
    secondOpinions,
    random,
    stopping,
  });
  const timed = { board, dispatcher, settlement, breakers };
  const sessions = new AgentSessions({ ...shared, roster, board, dispatcher, settlement, proficiencies });
  const blobs = new Blobs({ ...shared, files });
  const work = { ...shared, board, roster, submissions, settlement, endings, stopping };
  const maps = new Maps({ ...work, blobs });
  const workflows = new Workflows({ ...work, compensations: new Compensations(work) });
  const reports = new AttemptReports({ ...shared, settlement, hedging, maps, verification });
  const attached = new AttachedTasks({ ...shared, submissions, settlement, endings, breakers, retryBudgets, hedging });
  const recovery = new Recovery({ ...scheduling, steadyTime, proficiencies });

  await removeLeftOverFiles({ database, files });
  await recovery.run();
  await maps.recover();
  await workflows.recover();
  return {
    roster,
    board,
    terms,
    endings,
    keeper,
    dispatcher,
    settlement,
    submissions,
    sessions,
    reports,
    proficiencies,
    attached,
    recovery,
    blobs,
    maps,
    workflows,
  };
}

async function countEpoch({ database }: HubComponents): Promise<number> {
  const [result] = await database.commit({ statements: [nextEpoch.bind({})] });
  return result!.rows[0]!['value'] as number;
}

async function readNewestSeq({ database }: HubComponents): Promise<number> {
  const [row] = await database.read<{ seq: number | null }>(selectNewestSeq.bind({}));
  return row?.seq ?? 0;
}
