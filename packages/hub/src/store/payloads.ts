import { placeOf, SealedText, type Database, type SealedColumn, type StoredFile } from '@reeve/platform';
import type { TaskError } from '../api/task.ts';
import type { TaskVerify } from '../domain/judged.ts';
import type { BlobsTable, MapsTable, TasksTable, WorkflowNodesTable } from './tables.ts';

// What tasks are given and what comes of them is stored sealed; everything the scheduler decides by stays readable.

/** For whoever seals everything anew; the same places as below. */
export const hubSealedColumns: readonly SealedColumn[] = [
  { table: 'task_inputs', column: 'input', key: ['seq'] },
  { table: 'tasks', column: 'output', key: ['seq'] },
  { table: 'tasks', column: 'error', key: ['seq'] },
  { table: 'maps', column: 'template', key: ['id'] },
  { table: 'task_verifiers', column: 'verify', key: ['seq'] },
  { table: 'workflow_nodes', column: 'compensate', key: ['workflow_id', 'name'] },
  { table: 'blobs', column: 'file_key', key: ['tenant', 'digest'] },
];

type Opener = Pick<Database, 'unsealed'>;

const inputPlace = (seq: number): string => placeOf('task_inputs', 'input', seq);
const outputPlace = (seq: number): string => placeOf('tasks', 'output', seq);
const errorPlace = (seq: number): string => placeOf('tasks', 'error', seq);

export const sealedInput = (seq: number, input: string): SealedText => new SealedText(input, inputPlace(seq));
export const sealedOutput = (seq: number, output: string): SealedText => new SealedText(output, outputPlace(seq));
export const sealedError = (seq: number, error: TaskError): SealedText =>
  new SealedText(JSON.stringify(error), errorPlace(seq));

const verifyPlace = (seq: number): string => placeOf('task_verifiers', 'verify', seq);

export const sealedVerify = (seq: number, verify: TaskVerify): SealedText =>
  new SealedText(JSON.stringify(verify), verifyPlace(seq));

/** The verifiers of a task, from what is stored. */
export function openVerify(database: Opener, { seq, verify }: { seq: number; verify: string }): TaskVerify {
  return JSON.parse(database.unsealed(verify, verifyPlace(seq))) as TaskVerify;
}

const fileKeyPlace = (tenant: string, digest: string): string => placeOf('blobs', 'file_key', tenant, digest);

export const sealedFileKey = (tenant: string, digest: string, key: string): SealedText =>
  new SealedText(key, fileKeyPlace(tenant, digest));

const templatePlace = (id: string): string => placeOf('maps', 'template', id);

export const sealedTemplate = (id: string, template: string): SealedText => new SealedText(template, templatePlace(id));

const compensatePlace = (workflowId: string, name: string): string =>
  placeOf('workflow_nodes', 'compensate', workflowId, name);

export const sealedCompensate = (workflowId: string, name: string, submission: string): SealedText =>
  new SealedText(submission, compensatePlace(workflowId, name));

/** JSON text of an input, from the stored one. */
export function openInput(database: Opener, seq: number, stored: string): string {
  return database.unsealed(stored, inputPlace(seq));
}

/** A row with its payloads as JSON texts, as far as it has them. */
export function openPayloads<
  Row extends Pick<TasksTable, 'seq' | 'error'> & { output?: string | null; input?: string },
>(database: Opener, row: Row): Row {
  const { seq, input, output, error } = row;
  return {
    ...row,
    ...(input && { input: openInput(database, seq, input) }),
    ...(output && { output: database.unsealed(output, outputPlace(seq)) }),
    ...(error && { error: database.unsealed(error, errorPlace(seq)) }),
  };
}

/** What it takes to read the file of a blob. */
export function storedFile(database: Opener, { tenant, digest, file, file_key, size_bytes }: BlobsTable): StoredFile {
  return { name: file, key: database.unsealed(file_key, fileKeyPlace(tenant, digest)), sizeBytes: size_bytes };
}

/** JSON text of what the chunks of a map have in common. */
export function openTemplate(database: Opener, { id, template }: Pick<MapsTable, 'id' | 'template'>): string {
  return database.unsealed(template, templatePlace(id));
}

/** JSON text of the submission that undoes a node. */
export function openCompensate(
  database: Opener,
  { workflow_id, name, compensate }: Pick<WorkflowNodesTable, 'workflow_id' | 'name' | 'compensate'>,
): string {
  return database.unsealed(compensate!, compensatePlace(workflow_id, name));
}
