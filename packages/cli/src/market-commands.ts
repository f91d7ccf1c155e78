import { type Command, Option } from 'commander';
import type { TraceRecordFlags } from './commands/market-trace.ts';
import type { ReportFlags } from './commands/market-report.ts';
import type { SimulateFlags } from './commands/pricing.ts';
import { addConnectionFlags } from './derived/add-flags.ts';
import type { Session } from './session.ts';

const pricingModels = ['median', 'demand', 'costPlus'];
const policies = ['cheapest', 'fastest', 'best', 'balanced'];

/** Adds what beside the operations belongs to `reeve market`: recording traffic, and trying prices on it. */
export function addMarketCommands(program: Command, session: Session): void {
  const market = program.commands.find((command) => command.name() === 'market')!;
  addTraceRecord(
    market.commands.find((command) => command.name() === 'trace')!,
    session,
  );
  addPricing(market, session);
  addReport(market, session);
}

function addTraceRecord(trace: Command, session: Session): void {
  addConnectionFlags(
    trace
      .command('record')
      .description('Write offers and recorded traffic to a file, for market pricing simulate; no texts')
      .requiredOption('--out <file>', 'a new file')
      .option('--from <day>', 'first day in UTC, such as 2026-11-01')
      .option('--to <day>', 'last day')
      .addHelpText('after', '\nExample:\n  reeve market trace record --out november.trace --from 2026-11-01'),
  ).action(async (_flags: TraceRecordFlags, command: Command) => {
    const { recordTrace } = await import('./commands/market-trace.ts');
    await recordTrace(session, command.optsWithGlobals<TraceRecordFlags>());
  });
}

function addPricing(market: Command, session: Session): void {
  market
    .command('pricing')
    .description('prices, tried on recorded traffic')
    .command('simulate')
    .description('Replay a trace as it is now and as it would be with other prices or another policy; needs no hub')
    .requiredOption('--trace <file>', 'what market trace record wrote')
    .option('--node <name>', 'the node whose prices are found anew')
    .addOption(new Option('--pricing <model>', 'how they are found').choices(pricingModels))
    .option('--cost <input/output>', 'what tokens cost the node, in micro-USD per million (0/0)')
    .option('--every <duration>', 'how often they are found anew', '10m')
    .addOption(new Option('--policy <policy>', 'where requests go now').choices(policies).default('balanced'))
    .addOption(new Option('--try-policy <policy>', 'where they would go').choices(policies))
    .option('--max-wait <duration>', 'a request that waits for longer is lost', '30s')
    .option('--seed <number>', 'the same seed gives the same report', '1')
    .option('--out <file>', 'write the prediction that reeve node --simulation takes')
    .option('--json', 'as one line of JSON')
    .addHelpText('after', examples)
    .action(async (flags: SimulateFlags) => {
      const { simulatePricing } = await import('./commands/pricing.ts');
      session.exitCode = await simulatePricing(flags);
    });
}

function collect(text: string, earlier: string[] | undefined): string[] {
  return [...(earlier ?? []), text];
}

function addReport(market: Command, session: Session): void {
  addConnectionFlags(
    market
      .command('report')
      .description('Revenue and profit, how concentrated they are, who owes too much, and which hosts are idle')
      .addOption(new Option('--by <dimension>', 'one line for each').choices(['node', 'model', 'key']).default('node'))
      .option('--from <day>', 'first day in UTC (30 days ago)')
      .option('--to <day>', 'last day (today)')
      .option(
        '--cost <host=costs>',
        'perHour, energyPrice, watts, gas, stake in micro-USD; * for all; repeatable',
        collect,
      )
      .option('--exposure-limit <amount>', 'what one counterparty may owe at most, in micro-USD')
      .option('--idle-after <duration>', 'a host that is online and served nothing for so long is idle (24h)')
      .option('--json', 'as one line of JSON')
      .addHelpText('after', reportExamples),
  ).action(async (flags: ReportFlags) => {
    const { marketReport } = await import('./commands/market-report.ts');
    await marketReport(session, flags);
  });
}

const reportExamples = `
Examples:
  reeve market report --from 2026-11-01 --cost '*=perHour:350000,energyPrice:300000,watts:700'
  reeve market report --by key --exposure-limit 5000000`;

const examples = `
Examples:
  reeve market pricing simulate --trace november.trace --node gpu-1 --pricing demand --cost 20000/100000
  reeve market pricing simulate --trace november.trace --try-policy cheapest`;
