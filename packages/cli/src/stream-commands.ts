import { type Command, Option } from 'commander';
import type { CreateManyFlags } from './commands/create-many.ts';
import type { BlobFlags } from './commands/blobs.ts';
import type { MapResultsFlags } from './commands/map-results.ts';
import type { VerifyFlags } from './commands/receipts.ts';
import type { ConnectionFlags } from './connection.ts';
import type { ResultsFlags } from './commands/results.ts';
import { addConnectionFlags } from './derived/add-flags.ts';
import type { Session } from './session.ts';

/** Adds the commands of operations that stream: they read files and pipes of any size, and write as they go. */
export function addStreamCommands(program: Command, session: Session): void {
  addTaskStreams(domainOf(program, 'tasks'), session);
  addBlobStreams(domainOf(program, 'blobs'), session);
  addMapStreams(domainOf(program, 'maps'), session);
  addReceiptFiles(domainOf(program, 'receipts'), session);
}

function domainOf(program: Command, domain: string): Command {
  return program.commands.find((command) => command.name() === domain)!;
}

function addTaskStreams(tasks: Command, session: Session): void {
  addConnectionFlags(
    tasks
      .command('createMany')
      .alias('create-many')
      .description('Submit any number of tasks, each for itself, and print their ids in order')
      .argument('[file]', 'one task on each line (NDJSON) or a list in JSON; - for standard input', '-')
      .option('--idempotency-key <key>', 'the same key and file again submit nothing twice')
      .option('--json', 'one line of JSON for each task')
      .addHelpText('after', '\nExample:\n  reeve tasks create-many tasks.ndjson | reeve tasks results'),
  ).action(async (file: string, flags: CreateManyFlags) => {
    const { createMany } = await import('./commands/create-many.ts');
    await createMany(session, file, flags);
  });
  addConnectionFlags(
    tasks
      .command('results')
      .description('The results of any number of tasks, each once it has ended')
      .argument('[file]', 'one id on each line; - for standard input', '-')
      .addOption(new Option('--order <order>', 'which comes first').choices(['submission', 'completion'])),
  ).action(async (file: string, flags: ResultsFlags) => {
    const { results } = await import('./commands/results.ts');
    await results(session, file, flags);
  });
}

function addBlobStreams(blobs: Command, session: Session): void {
  addConnectionFlags(
    blobs
      .command('put')
      .description('Put a content in, for tasks to refer to as {"$blob": "<digest>"}')
      .argument('[file]', 'the content; - for standard input', '-')
      .option('--json', 'answer as one line of JSON')
      .addHelpText('after', '\nExample:\n  reeve blobs put corpus.ndjson'),
  ).action(async (file: string, flags: BlobFlags) => {
    const { put } = await import('./commands/blobs.ts');
    await put(session, file, flags);
  });
  addConnectionFlags(
    blobs.command('get').description('Write a content to standard output, checked').argument('<digest>'),
  ).action(async (digest: string, flags: BlobFlags) => {
    const { get } = await import('./commands/blobs.ts');
    await get(session, digest, flags);
  });
}

function addReceiptFiles(receipts: Command, session: Session): void {
  addConnectionFlags(
    receipts.command('export').description('Write all receipts as lines of JSON that prove themselves, oldest first'),
  ).action(async (flags: ConnectionFlags) => {
    const { exportAll } = await import('./commands/receipts.ts');
    await exportAll(session, flags);
  });
  receipts
    .command('verify')
    .description('Check exported receipts; needs no hub. Exit code 1 when one of them proves nothing')
    .argument('[file]', 'what export wrote; - for standard input', '-')
    .option('--request <file>', 'of a single receipt: whether this is the body that was asked')
    .option('--response <file>', 'and whether this is what came back, a stream as it came')
    .option('--json', 'one line of JSON for each receipt')
    .addHelpText(
      'after',
      '\nExample:\n  reeve receipts export > receipts.ndjson && reeve receipts verify receipts.ndjson',
    )
    .action(async (file: string, flags: VerifyFlags) => {
      const { verify } = await import('./commands/receipts.ts');
      session.exitCode = await verify(file, flags);
    });
}

function addMapStreams(maps: Command, session: Session): void {
  addConnectionFlags(
    maps
      .command('results')
      .description('The results of a map in the order of its items, as they come')
      .argument('<id>')
      .option('--from <item>', 'begin with this item, counted from 0', '0')
      .addHelpText(
        'after',
        '\nExample:\n  reeve tasks map --requires text.count --items-blob <digest> --json\n  reeve maps results <id>',
      ),
  ).action(async (id: string, flags: MapResultsFlags) => {
    const { mapResults } = await import('./commands/map-results.ts');
    await mapResults(session, id, flags);
  });
}
