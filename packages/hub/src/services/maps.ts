import { ReeveError, TooLarge, type Clock } from '@reeve/kernel';
import { ExpectationFailed, type Database, type EventDraft, type Logger, type UnitStatement } from '@reeve/platform';
import type { MapState } from '../api/map.ts';
import type { TaskError } from '../api/task.ts';
import type { HubSettings } from '../components.ts';
import { attemptError } from '../domain/attempt-error.ts';
import { paceAfter } from '../domain/chunk-size.ts';
import { MapEnded, TaskCancelled, WrongResultCount } from '../errors.ts';
import {
  advanceMap,
  endMap,
  insertChunk,
  selectAttemptTimes,
  selectChunkCounts,
  selectLiveChunks,
  selectLiveMaps,
  selectOrphanedChunks,
  type ChunkCount,
} from '../store/maps.ts';
import { openTemplate } from '../store/payloads.ts';
import type { MapsTable } from '../store/tables.ts';
import type { AgentRoster } from './agent-roster.ts';
import type { Blobs } from './blobs.ts';
import type { Ending, Endings } from './endings.ts';
import { changed, liveMap, type LiveMap } from './live-map.ts';
import { chunkFrameBytes, readItems } from './map-items.ts';
import type { Settlement } from './settlement.ts';
import type { Submissions } from './submissions.ts';
import type { TaskBoard } from './task-board.ts';

/** Pause before a chunk that could not be made (hub full, disk full, quota) is tried again. */
const laterMs = 500;
/** Chunks that are live at least and at most; between them, twice as many as agents have slots for. */
const [fewestChunks, mostChunks] = [4, 512];
const pageSize = 1_000;
/** How an output beyond the limit is told by the hub, by the agent kit, and by the exec adapter. */
const tooLargeCodes = new Set([TooLarge.code, 'output_too_large', 'command_output_too_large']);

export interface MapsParts {
  readonly blobs: Blobs;
  readonly submissions: Submissions;
  readonly settlement: Settlement;
  readonly endings: Endings;
  readonly board: TaskBoard;
  readonly roster: AgentRoster;
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly settings: HubSettings;
  readonly stopping: AbortSignal;
}

/**
 * Moves maps on: makes chunks while there is room for them, and ends what has no more. A chunk and the place after it are
 * one commit; everything else is worked out again from the record, so a map goes on after a crash at any instant
 * (decision 0009).
 */
export class Maps {
  readonly #parts: MapsParts;
  readonly #live = new Map<string, LiveMap>();
  /** Items of each live chunk, by its task. */
  readonly #expected = new Map<string, number>();

  constructor(parts: MapsParts) {
    this.#parts = parts;
  }

  /** A map that has not ended. */
  get(id: string): LiveMap | undefined {
    return this.#live.get(id);
  }

  /** Takes up a map that is in the record. */
  begin(map: LiveMap): void {
    this.#live.set(map.id, map);
    this.#advance(map);
  }

  /** Takes up all that have not ended, and ends the chunks of those that have. */
  async recover(): Promise<void> {
    const { database, board } = this.#parts;
    for (let after = ''; ;) {
      const rows = await database.read<MapsTable>(selectLiveMaps.bind({ after, limit: pageSize }));
      for (const row of rows) await this.#recover(row);
      if (rows.length < pageSize) break;
      after = rows.at(-1)!.id;
    }
    for (const { id } of await database.read<{ id: string }>(selectOrphanedChunks.bind({})))
      this.#withdraw(board.get(id));
  }

  async #recover(row: MapsTable): Promise<void> {
    const { database } = this.#parts;
    const map = liveMap(row, openTemplate(database, row));
    for (const { state, items } of await database.read<ChunkCount>(selectChunkCounts([map.id]))) {
      if (state === 'succeeded') map.doneItems += items;
      else if (state === 'dead' || state === 'cancelled' || state === 'expired') map.failedItems += items;
    }
    const chunks = await database.read<{ id: string; items: number }>(selectLiveChunks.bind({ map_id: map.id }));
    for (const { id, items } of chunks) this.#watch(map, id, items);
    this.begin(map);
  }

  /** Why what an agent brings cannot be the output of its task; nothing for a task that is no chunk. */
  wrongResult(taskId: string, output: unknown): TaskError | undefined {
    const items = this.#expected.get(taskId);
    if (items === undefined || (Array.isArray(output) && output.length === items)) return undefined;
    const found = Array.isArray(output) ? `an array of ${output.length}` : `no array`;
    return attemptError(WrongResultCount, `a chunk of ${items} items came back as ${found}`);
  }

  /** The error of a chunk whose results were too large, with what helps; any other as it is. */
  withRemedy(taskId: string, error: TaskError): TaskError {
    const items = this.#expected.get(taskId) ?? 0;
    if (items < 2 || !tooLargeCodes.has(error.code)) return error;
    return { ...error, message: `${error.message}; its chunk had ${items} items: set maxChunkItems to fewer` };
  }

  /** Ends a map in the unit that `commit` writes, then the chunks that have not ended. @throws MapEnded */
  async end(id: string, state: MapState, commit: (statement: UnitStatement, event: EventDraft) => Promise<unknown>) {
    const map = this.#live.get(id);
    if (!map) throw MapEnded.error(`the map ${id} has ended`);
    const statement = endMap.bind({ id, state, finished_at_ms: this.#parts.clock.nowMs() });
    try {
      await commit({ ...statement, expectRows: 1 }, mapEvent(map, `map.${state}`));
    } catch (error) {
      if (!ExpectationFailed.is(error)) throw error;
      throw MapEnded.error(`the map ${id} has ended`);
    }
    this.#live.delete(id);
    for (const taskId of map.chunks) this.#withdraw(this.#parts.board.get(taskId));
    changed(map);
  }

  #withdraw(task: ReturnType<TaskBoard['get']>): void {
    if (task)
      void this.#parts.settlement.withdraw(task, attemptError(TaskCancelled, 'the map of this chunk has ended'));
  }

  #advance(map: LiveMap): void {
    map.again = true;
    if (map.working || this.#live.get(map.id) !== map || this.#parts.stopping.aborted) return;
    map.working = true;
    void this.#work(map);
  }

  async #work(map: LiveMap): Promise<void> {
    try {
      while (map.again && this.#live.get(map.id) === map) map.again = await this.#step(map);
    } catch (error) {
      await this.#stumbled(map, error);
    }
    map.working = false;
  }

  /** What passes is tried again later; a map that cannot go on (its blob is broken) ends. */
  async #stumbled(map: LiveMap, error: unknown): Promise<void> {
    const { log, stopping, database } = this.#parts;
    if (stopping.aborted || MapEnded.is(error)) return;
    log.warn({ mapId: map.id, err: error }, 'a map could not be moved on');
    if (error instanceof ReeveError && !error.retryable && !ExpectationFailed.is(error)) {
      const failed = this.end(map.id, 'failed', (statement, event) =>
        database.commit({ statements: [statement], events: [event] }),
      );
      const isEnded = await failed.then(
        () => true,
        () => false,
      );
      if (isEnded) return;
    }
    setTimeout(() => this.#advance(map), laterMs).unref();
  }

  /** One step, if there is one to make; whether to look again. */
  async #step(map: LiveMap): Promise<boolean> {
    const { database } = this.#parts;
    const state = endOf(map);
    if (state) {
      await this.end(map.id, state, (statement, event) =>
        database.commit({ statements: [statement], events: [event] }),
      );
      return false;
    }
    if (map.nextItem === map.totalItems || map.chunks.size >= this.#room(map)) return false;
    await this.#makeChunk(map);
    return true;
  }

  #room({ template: { submission } }: LiveMap): number {
    const { board, roster } = this.#parts;
    const queue = board.queueFor(submission.requires, submission.constraints);
    let slots = 0;
    for (const agent of roster.all()) if (agent.link && agent.qualifies.has(queue)) slots += agent.offer.slots;
    return Math.min(Math.max(2 * slots, fewestChunks), mostChunks);
  }

  async #makeChunk(map: LiveMap): Promise<void> {
    const { blobs, submissions, database, settings } = this.#parts;
    const { submission, shared } = map.template;
    const limitBytes = settings.inputLimitBytes - Buffer.byteLength(JSON.stringify(shared)) - chunkFrameBytes;
    const content = blobs.read(await blobs.find(map.tenant, map.digest), map.nextOffset);
    const { items, lengthBytes } = await readItems(content, { count: map.pace.chunkItems, limitBytes });
    const [firstItem, nextOffset] = [map.nextItem, map.nextOffset + lengthBytes];
    const nextItem = firstItem + items.length;
    const task = { ...submission, input: { items, firstItem, shared } };
    await submissions.submit(map.tenant, [task], async (statements, events, { tasks: [made] }) => {
      const chunk = insertChunk.bind({
        map_id: map.id,
        first_item: firstItem,
        items: items.length,
        task_seq: made!.seq,
      });
      const place = { id: map.id, from_item: firstItem, next_item: nextItem, next_offset: nextOffset };
      const { chunkItems: chunk_items, itemUs } = map.pace;
      const item_us = itemUs === undefined ? null : Math.round(itemUs);
      const advance = advanceMap.bindExpecting(1, { ...place, chunk_items, item_us });
      const progress = mapEvent(map, 'map.progress');
      await database.commit({ statements: [...statements, chunk, advance], events: [...events, progress] });
      Object.assign(map, { nextItem, nextOffset });
      this.#watch(map, made!.id, items.length);
    });
    changed(map);
  }

  #watch(map: LiveMap, taskId: string, items: number): void {
    map.chunks.add(taskId);
    this.#expected.set(taskId, items);
    this.#parts.endings.on(taskId, (ending) => void this.#chunkEnded(map, taskId, items, ending));
  }

  async #chunkEnded(map: LiveMap, taskId: string, items: number, { state }: Ending): Promise<void> {
    map.chunks.delete(taskId);
    this.#expected.delete(taskId);
    if (state === 'succeeded') map.doneItems += items;
    else map.failedItems += items;
    changed(map);
    try {
      if (state === 'succeeded') await this.#measure(map, taskId, items);
    } catch (error) {
      this.#parts.log.warn({ mapId: map.id, err: error }, 'a chunk could not be measured');
    }
    this.#advance(map);
  }

  async #measure(map: LiveMap, id: string, items: number): Promise<void> {
    const [row] = await this.#parts.database.read<{ leased_at_ms: number; finished_at_ms: number }>(
      selectAttemptTimes.bind({ id }),
    );
    const durationMs = row!.finished_at_ms - row!.leased_at_ms;
    map.pace = paceAfter(map.pace, { items, durationMs }, map.rule);
  }
}

/** How a map ends now, if it does. */
function endOf({ onFailure, failedItems, doneItems, nextItem, totalItems, chunks }: LiveMap): MapState | undefined {
  if (onFailure === 'stop' && failedItems > 0) return 'failed';
  if (nextItem < totalItems || chunks.size > 0) return undefined;
  if (failedItems === 0) return 'succeeded';
  return doneItems === 0 ? 'failed' : 'partial';
}

/** An event about a map, for the log. */
export function mapEvent(map: LiveMap, type: string): EventDraft {
  const { id, tenant, doneItems, failedItems, totalItems, pace } = map;
  const data = { doneItems, failedItems, totalItems, chunkItems: pace.chunkItems };
  return { type, tenant, subject: `map:${id}`, data };
}
