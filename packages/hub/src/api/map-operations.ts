import { defineOperation, defineStream, NotFound, PageQuery, pageOf, TooLarge, Uuid } from '@reeve/kernel';
import { z } from 'zod';
import { MapEnded, UnknownBlob, UnknownCapability } from '../errors.ts';
import { MapChunk, MapResult, MapRun, MapState, MapSubmission } from './map.ts';

const byId = z.object({ id: Uuid });

export const mapItems = defineOperation({
  name: 'tasks.map',
  summary: 'Have every item of a data set worked on, in chunks whose size follows what they take',
  description:
    'Each chunk is a task with the input {"items": […], "firstItem": n, "shared": …}, whose output must be an array with one ' +
    'result for each item. Chunks begin with 1,000 items and grow or shrink towards 30 s each. `maps.results` gives the ' +
    'results in the order of the items.',
  access: 'tasks:write',
  effect: 'write',
  http: { method: 'POST', path: '/v1/maps', status: 201, bodyLimitBytes: 32 * 1024 * 1024 },
  input: MapSubmission,
  output: MapRun,
  errors: [UnknownCapability, UnknownBlob, TooLarge],
  examples: [
    { title: 'Count words', input: { requires: [{ name: 'text.count' }], items: ['one line', 'and another one'] } },
  ],
});
export const showMap = defineOperation({
  name: 'maps.show',
  summary: 'Show how far a map is',
  access: 'tasks:read',
  effect: 'read',
  http: { method: 'GET', path: '/v1/maps/{id}' },
  input: byId,
  output: MapRun,
  errors: [NotFound],
});
export const listMaps = defineOperation({
  name: 'maps.list',
  summary: 'List maps, newest first',
  access: 'tasks:read',
  effect: 'read',
  http: { method: 'GET', path: '/v1/maps' },
  input: z.object({ ...PageQuery, state: MapState.optional() }),
  output: pageOf(MapRun),
});
export const listMapChunks = defineOperation({
  name: 'maps.chunks',
  summary: 'List the chunks of a map in the order of its items, and who has or had each',
  access: 'tasks:read',
  effect: 'read',
  http: { method: 'GET', path: '/v1/maps/{id}/chunks' },
  input: z.object({ id: Uuid, ...PageQuery }),
  output: pageOf(MapChunk),
  errors: [NotFound],
});
export const cancelMap = defineOperation({
  name: 'maps.cancel',
  summary: 'Cancel a map and the chunks that have not ended',
  access: 'tasks:write',
  effect: 'write',
  http: { method: 'POST', path: '/v1/maps/{id}/cancel' },
  input: byId,
  output: MapRun,
  errors: [NotFound, MapEnded],
});
export const streamMapResults = defineStream({
  name: 'maps.results',
  summary: 'The results of a map in the order of its items, as they come',
  description:
    'One line for each item, from `from` on. After a broken connection ask again from the item after the last one told. The ' +
    'last line is `end`, once the map has ended and everything is told.',
  access: 'tasks:read',
  effect: 'read',
  http: { method: 'GET', path: '/v1/maps/{id}/results' },
  input: z.object({ id: Uuid, from: z.int().nonnegative().default(0) }),
  gives: { lines: MapResult },
  errors: [NotFound],
});
