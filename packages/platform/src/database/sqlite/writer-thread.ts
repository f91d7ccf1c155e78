import { Worker } from 'node:worker_threads';
import type { FromWriter } from '../group/messages.ts';
import type { ToThread, WriterSettings } from './wire.ts';

export interface WriterThread {
  send(message: ToThread): void;
}

export interface ThreadEvents {
  message(message: FromWriter): void;
  /** The thread has ended, asked or not; nothing more comes from it. */
  ended(reason: string): void;
}

/** From source the thread runs the `.ts` file and needs the condition under which packages resolve to their sources. */
const fromSource = import.meta.url.endsWith('.ts');
const entry = new URL(`./worker/writer.${fromSource ? 'ts' : 'js'}`, import.meta.url);
const execArgv = fromSource ? ['--conditions=reeve-source'] : [];

export function startWriterThread(settings: WriterSettings, events: ThreadEvents): WriterThread {
  const worker = new Worker(entry, { workerData: settings, execArgv, name: 'reeve-database-writer' });
  let reason = 'it ended without a reason';
  worker.on('message', (message: FromWriter) => events.message(message));
  worker.on('error', (error: Error) => (reason = error.message));
  worker.on('exit', () => events.ended(reason));
  return { send: (message) => worker.postMessage(message) };
}
