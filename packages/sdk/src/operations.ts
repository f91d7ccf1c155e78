import { hubOperations, createManyTasks, getBlob, putBlob, streamMapResults, streamResults } from '@reeve/hub/api';
import { marketOperations } from '@reeve/market/api';
import { platformOperations } from '@reeve/platform/api';

/**
 * Every operation of the system, in the order people see them. The typed client, the command line and the server's
 * check for operations without a handler are made from this one list.
 */
export const operations = [...hubOperations, ...marketOperations, ...platformOperations] as const;

export type KnownOperation = (typeof operations)[number];

/** Every operation that streams; their methods are in `streams.ts`. */
export const streams = [createManyTasks, streamResults, putBlob, getBlob, streamMapResults] as const;
