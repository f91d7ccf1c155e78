import { Command, Option } from 'commander';
import type { ChatFlags } from './chat/chat.ts';
import type { EventFlags } from './commands/events.ts';
import type { AgentRunFlags } from './commands/run-agent.ts';
import type { LoginFlags } from './commands/login.ts';
import type { NodeBenchFlags, NodeFlags } from './commands/node.ts';
import type { ConfigFlags, UpFlags } from './commands/server-roles.ts';
import type { StatusFlags } from './commands/status.ts';
import { addDatabaseCommands } from './database-commands.ts';
import { addAlerts, addDashboards } from './monitoring-commands.ts';
import type { Session } from './session.ts';
import type { UsageFlags } from './commands/usage.ts';
import { version } from './version.ts';

/** Commands that need no operation to be known: they start without loading the client. */
const standalone = new Set(['alerts', 'dashboards', 'up', 'node', 'config', 'db', 'completion']);

/**
 * The tree of commands for one command line. What a command does is loaded when it runs; the commands made from
 * operations are added only when the command line may mean one of them.
 */
export async function buildProgram(session: Session, argv: readonly string[]): Promise<Command> {
  const program = new Command('reeve')
    .description('Hand work to machines you don’t have to trust.')
    .version(version, '--version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .showHelpAfterError('(add --help to see what there is)')
    .configureHelp({ showGlobalOptions: false, sortSubcommands: false })
    .exitOverride();
  addServerCommands(program, session);
  addAlerts(program, session);
  addDashboards(program, session);
  addDatabaseCommands(program, session);
  const words = argv.filter((word) => !word.startsWith('-'));
  const isStandalone = standalone.has(words[0] ?? '') || (words[0] === 'agents' && words[1] === 'run');
  const onlyVersion = argv.length === 1 && argv[0] === '--version';
  const agents = program.command('agents').description('agents: who runs tasks');
  addAgentsRun(agents, session);
  if (!isStandalone && !onlyVersion) {
    const { addOperationCommands } = await import('./derived/add-commands.ts');
    addOperationCommands(program, session, argv);
    const { addStreamCommands } = await import('./stream-commands.ts');
    addStreamCommands(program, session);
    const { addMarketCommands } = await import('./market-commands.ts');
    addMarketCommands(program, session);
  }
  addClientCommands(program, session);
  return program;
}

function collect(text: string, earlier: string[] | undefined): string[] {
  return [...(earlier ?? []), text];
}

function addServerCommands(program: Command, session: Session): void {
  program
    .command('up')
    .description('start a hub on this machine, with a demo node in development')
    .option('--port <number>', 'port (REEVE_PORT, 4400)')
    .option('--host <address>', 'address to listen on (loopback)')
    .option('--home <folder>', 'folder for the database and keys (REEVE_HOME, .reeve)')
    .option('--config <file>', 'configuration file; may be repeated, later ones win', collect)
    .option('--no-demo', 'without the demo node')
    .action(async (flags: UpFlags) => {
      const { up } = await import('./commands/server-roles.ts');
      session.exitCode = await up(flags);
    });
  addNode(program, session);
  const config = program.command('config').description('configuration');
  config
    .command('show')
    .description('show the configuration in force and where each value is from; secrets are masked')
    .option('--config <file>', 'configuration file; may be repeated, later ones win', collect)
    .option('--json', 'as one line of JSON')
    .action(async (flags: ConfigFlags) => {
      const { showConfig } = await import('./commands/server-roles.ts');
      session.exitCode = await showConfig(flags);
    });
}

function addNode(program: Command, session: Session): void {
  const withBackend = (command: Command) =>
    command
      .option('--backend <url>', 'OpenAI-compatible server, such as http://127.0.0.1:11434/v1')
      .option('--mini', 'the built-in toy model, to try things out')
      .option('--backend-key-env <variable>', 'environment variable that holds the key of the backend');
  const node = withBackend(program.command('node'))
    .description('sell what a model server on this machine can do')
    .option('--url <url>', 'address of the hub')
    .option('--key <key>', 'API key with the permission agents:connect')
    .option('--name <name>', 'name of the node')
    .option('--state <folder>', 'folder of its key and receipts (nodes/<name> in REEVE_HOME)')
    .option('--concurrency <number>', 'requests at the same time, as many as the backend runs in parallel (20)')
    .optionsGroup('What the models are offered for')
    .option('--price <[model=]input/output>', 'micro-USD per million tokens (0/0); may be repeated', collect)
    .option('--embedding <model>', 'a model that embeds, where its name does not say so; may be repeated', collect)
    .option('--context-tokens <number>', 'of models whose backend does not say how much they hold')
    .option('--region <region>', 'where the machine is, such as eu-central')
    .option('--terms <text>', 'your conditions, or where they can be read')
    .optionsGroup('Prices that are found by themselves')
    .addOption(
      new Option('--pricing <model>', 'how; median needs a key with models:read').choices([
        'median',
        'demand',
        'costPlus',
      ]),
    )
    .option('--simulation <file>', 'what market pricing simulate --out wrote: they go back when it does not hold')
    .option('--force', 'without a simulation, and without a way back')
    .option('--reprice-every <duration>', 'how often (as simulated)')
    .option('--band <percent>', 'how far revenue and utilisation may be from the simulation (30)')
    .option('--band-window <duration>', 'how long they are watched before that is judged (1h)')
    .option('--cost-per-hour <amount>', 'what the machine costs, in micro-USD (0)')
    .option('--energy-price <amount>', 'micro-USD of a kilowatt-hour (0)')
    .option('--watts <number>', 'what the machine draws while it works (0)')
    .option('--input-cost <percent>', 'what reading a token costs, of making one (100)')
    .optionsGroup('Care')
    .option('--max-memory <percent>', 'take no request while more of the memory is used (85)')
    .option('--digest <model=digest>', 'which weights a model has, such as their SHA-256; may be repeated', collect)
    .option('--no-probe', 'do not try which models go on with what another node began')
    .option('--no-benchmark', 'do not measure the models before they are offered')
    .addHelpText('after', nodeExamples)
    .action(async (flags: NodeFlags) => {
      session.exitCode = await (await import('./commands/node.ts')).node(flags);
    });
  withBackend(node.command('bench'))
    .description('measure a model: first token and tokens per second, from one request to many at once')
    .option('--model <name>', 'model (the first of the backend)')
    .option('--concurrency <number>', 'where the curve ends (20)')
    .option('--tokens <number>', 'longest answer asked for (64)')
    .option('--json', 'as one line of JSON')
    .action(async (_flags: NodeBenchFlags, command: Command) => {
      const { nodeBench } = await import('./commands/node.ts');
      session.exitCode = await nodeBench(command.optsWithGlobals<NodeBenchFlags>());
    });
}

const nodeExamples = `
Examples:
  reeve node --backend http://127.0.0.1:11434/v1 --concurrency 4 --price 200000/600000
  reeve node bench --backend http://127.0.0.1:11434/v1 --concurrency 8
  reeve node --backend http://127.0.0.1:8000/v1 --name gpu-1 --price 100000/400000 --pricing demand \\
    --simulation gpu-1.json --cost-per-hour 350000 --energy-price 300000 --watts 700`;

function addAgentsRun(agents: Command, session: Session): void {
  agents
    .command('run')
    .description('make a command, a module of handlers or an MCP server an agent')
    .requiredOption('--name <name>', 'name of the agent')
    .option('--url <url>', 'address of the hub')
    .option('--key <key>', 'API key with the permission agents:connect')
    .option('--slots <number>', 'tasks at the same time (1); of a module, see --threads')
    .optionsGroup('A command: JSON in on standard input, JSON out on standard output')
    .option('--capability <name[=proficiency]>', 'what it can do; may be repeated', collect)
    .addOption(new Option('--output <mode>', 'what standard output is (json)').choices(['json', 'text', 'lines']))
    .optionsGroup('A module of handlers, each attempt in a thread')
    .option('--module <file>', 'module that exports what defineHandler gives')
    .option('--threads <number>', 'attempts at the same time, up to 100 (number of processors)')
    .option('--warm <number>', 'threads that are kept ready (1)')
    .option('--idle-timeout <duration>', 'after which a thread beyond those ends (1m)')
    .option('--memory-mib <number>', 'memory of one thread')
    .optionsGroup('An MCP server: its tools become capabilities mcp.<server>.<tool>')
    .option('--mcp', 'the command after -- is an MCP server')
    .option('--mcp-url <url>', 'address of an MCP server, instead of a command')
    .option('--mcp-name <name>', 'name of the server in capabilities (what it calls itself)')
    .option('--tool <name>', 'only this tool; may be repeated', collect)
    .argument('[command...]', 'the command after --, as it is: no shell reads it')
    .addHelpText('after', agentExamples)
    .action(async (command: string[], flags: AgentRunFlags) => {
      const { runAgent } = await import('./commands/run-agent.ts');
      session.exitCode = await runAgent(flags, command);
    });
}

const agentExamples = `
Examples:
  reeve agents run --name counter --capability text.count -- wc -w
  reeve agents run --name pdf --module ./handlers.ts --threads 4
  reeve agents run --name files --mcp --slots 4 -- npx some-mcp-server /data`;

function addClientCommands(program: Command, session: Session): void {
  const connected = (command: Command) =>
    command
      .option('--url <url>', 'address of the hub (REEVE_URL, or that of the hub started here)')
      .option('--key <key>', 'API key (REEVE_API_KEY, or that of the hub started here)');
  connected(program.command('status'))
    .description('what waits, what runs, who is there')
    .option('--watch', 'every second until interrupted')
    .option('--json', 'as one line of JSON')
    .action(async (flags: StatusFlags) => (await import('./commands/status.ts')).status(session, flags));
  program
    .command('login')
    .description('log in as a person; a password that is piped in is not asked for')
    .requiredOption('--name <name>', 'your name at the hub')
    .option('--url <url>', 'address of the hub (REEVE_URL, or that of the hub started here)')
    .option('--code <code>', 'code of your authenticator; asked for when it is needed')
    .addHelpText('after', '\nExample:\n  reeve login --url https://hub.example --name ada')
    .action(async (flags: LoginFlags) => (await import('./commands/login.ts')).login(session, flags));
  program
    .command('logout')
    .description('log out; the tokens stop working at once')
    .option('--url <url>', 'address of the hub')
    .action(async (flags: { url?: string }) => (await import('./commands/login.ts')).logout(session, flags));
  connected(program.command('events'))
    .description('the event log')
    .option('--after <position>', 'only events after this one')
    .option('--subject <subject>', 'only about this, such as task:<id>')
    .option('--type <type>', 'only of this type, such as task.succeeded')
    .option('--follow', 'go on with what happens from now on')
    .option('--json', 'one line of JSON for each event')
    .action(async (flags: EventFlags) => (await import('./commands/events.ts')).events(session, flags));
  connected(program.command('usage'))
    .description('what was used and what it cost, from signed receipts')
    .option('--by <dimensions>', 'key, model, node, day; several with commas (model)')
    .option('--from <day>', 'first day in UTC, such as 2026-11-01')
    .option('--to <day>', 'last day')
    .option('--csv', 'as CSV')
    .option('--json', 'one line of JSON for each row')
    .addHelpText('after', '\nExample:\n  reeve usage --by key,day --from 2026-11-01 --csv > november.csv')
    .action(async (flags: UsageFlags) => (await import('./commands/usage.ts')).usage(session, flags));
  connected(program.command('chat'))
    .description('talk to a model; with a pipe, one question and its answer')
    .option('--model <name>', 'model; the first there is when not given')
    .option('--system <text>', 'what the model is told first')
    .action(async (flags: ChatFlags) => (await import('./chat/chat.ts')).chat(session, flags));
  program
    .command('completion')
    .description('print a completion script for a shell')
    .argument('<shell>', 'bash, zsh or fish')
    .action(async (shell: string) => (await import('./commands/completion.ts')).completion(session, shell));
}
