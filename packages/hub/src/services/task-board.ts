import type { HubSettings } from '../components.ts';
import type { Constraints, Priority, Requirement } from '../api/task.ts';
import { priorities } from '../domain/ageing.ts';
import { ClassQueue } from '../domain/class-queue.ts';
import type { LiveTask, Resumption, TaskQueue } from '../domain/live.ts';
import { Load, type LoadSettings } from '../domain/load.ts';
import { requirementClass, requirementKey, type RequirementClass } from '../domain/requirement-class.ts';
import { WaitingTable } from '../domain/waiting-table.ts';
import type { AgentRoster } from './agent-roster.ts';

/**
 * Classes without live tasks that are kept, so that work which comes one by one does not work them out each time, and the
 * agents ranked in them all together: with 10,000 agents in each, fifty classes already take some 100 MB.
 */
const idleClassLimit = 1_024;
const idleRankedLimit = 500_000;

type TaskBoardSettings = LoadSettings & Pick<HubSettings, 'inputMemoryBytes'>;

/** Every task that has not ended, and the queues of those that wait for an agent. */
export class TaskBoard {
  readonly #tasks = new Map<string, LiveTask>();
  readonly #queues = new Map<string, ClassQueue>();
  readonly #liveIn = new Map<TaskQueue, number>();
  /** With the number of agents that each ranked when it came to rest. */
  readonly #idle = new Map<ClassQueue, number>();
  #idleRanked = 0;
  readonly #roster: AgentRoster;
  readonly #inputMemoryBytes: number;
  readonly #ageingMs: number;
  readonly #liveOf = new Map<string, number>();
  readonly load: Load;
  /** What waits, as the choice of a next task looks at it. */
  readonly table: WaitingTable;
  #inputBytes = 0;
  /** By priority. */
  readonly #waiting = priorities.map(() => 0);

  constructor(roster: AgentRoster, settings: TaskBoardSettings) {
    this.#roster = roster;
    this.#inputMemoryBytes = settings.inputMemoryBytes;
    this.#ageingMs = settings.ageingMs;
    this.load = new Load(settings, () => this.#tasks.size);
    this.table = new WaitingTable(this.load);
  }

  get(id: string): LiveTask | undefined {
    return this.#tasks.get(id);
  }

  /** Tasks that have not ended. */
  get size(): number {
    return this.#tasks.size;
  }

  /** Tasks of one tenant that have not ended. */
  liveOf(tenant: string): number {
    return this.#liveOf.get(tenant) ?? 0;
  }

  /** Tasks that wait in a queue. */
  get waiting(): number {
    let sum = 0;
    for (const count of this.#waiting) sum += count;
    return sum;
  }

  get waitingByPriority(): Record<Priority, number> {
    const counts = priorities.map((priority, index) => [priority, this.#waiting[index]!] as const);
    return Object.fromEntries(counts) as Record<Priority, number>;
  }

  /** For how long the oldest task that waits has waited; 0 without any. */
  oldestWaitingMs(nowMs: number): number {
    let oldestMs = nowMs;
    for (const queue of this.#queues.values()) oldestMs = Math.min(oldestMs, queue.oldestSubmittedAtMs);
    return nowMs - oldestMs;
  }

  /** Tenants with tasks that have not ended. */
  get tenantCount(): number {
    return this.#liveOf.size;
  }

  queues(): IterableIterator<ClassQueue> {
    return this.#queues.values();
  }

  /** The queue of a class, made when it is not there. */
  queueFor(requires: readonly Requirement[], constraints: Constraints): ClassQueue {
    const key = requirementKey(requires, constraints);
    const known = this.#queues.get(key);
    if (known) return known;
    return this.#register(requirementClass(requires, constraints));
  }

  /** Takes in a task that became live; its input stays in memory only while there is room. */
  add(task: LiveTask): void {
    this.#tasks.set(task.id, task);
    this.#count(task.tenant, 1);
    const queue = this.#registered(task.queue.wanted);
    task.queue = queue;
    this.#join(queue);
    if (task.input === undefined) return;
    if (this.#inputBytes + task.input.length > this.#inputMemoryBytes) task.input = undefined;
    else this.#inputBytes += task.input.length;
  }

  /** Lets a task wait for an agent, behind those that wait already. */
  enqueue(task: LiveTask): void {
    if (!this.#mayWait(task)) return;
    task.queue.push(task);
    this.#waiting[task.priority]! += 1;
  }

  /** Lets a task wait again, before all others of its priority. */
  giveBack(task: LiveTask): void {
    if (!this.#mayWait(task)) return;
    task.queue.giveBack(task);
    this.#waiting[task.priority]! += 1;
  }

  /** A task that has ended, or whose end is being written, must not be handed out any more. */
  #mayWait(task: LiveTask): boolean {
    return !task.blocked && task.endings === 0 && this.#tasks.get(task.id) === task;
  }

  /** Takes a waiting task out because an agent gets it. */
  take(task: LiveTask): void {
    task.queue.take(task);
    this.#waiting[task.priority]! -= 1;
  }

  /** Counts a task as a critical one of its age from now on: its deadline presses. */
  press(task: LiveTask): void {
    const waits = task.lane !== undefined;
    this.dequeue(task);
    task.dueAtMs -= task.priority * this.#ageingMs;
    task.priority = 0;
    if (!waits) return;
    task.queue.push(task);
    this.#waiting[0]! += 1;
  }

  /** Takes a task out of its queue, if it waits there. */
  dequeue(task: LiveTask): void {
    if (!task.lane) return;
    task.queue.remove(task);
    this.#waiting[task.priority]! -= 1;
  }

  /** Takes the copy of the input out of memory: it is on its way to an agent. */
  takeInput(task: LiveTask): string | undefined {
    const { input } = task;
    if (input === undefined) return undefined;
    this.#inputBytes -= input.length;
    task.input = undefined;
    return input;
  }

  /** Forgets a task that has ended. */
  remove(task: LiveTask): void {
    if (!this.#tasks.delete(task.id)) return;
    this.#count(task.tenant, -1);
    this.dequeue(task);
    this.takeInput(task);
    this.#leave(task.queue as ClassQueue);
  }

  /** A task that waits nowhere goes on elsewhere: with whoever meets other constraints, and with another input. */
  redirect(task: LiveTask, { constraints, input }: Resumption): void {
    const queue = this.queueFor(task.queue.wanted.requires, constraints);
    this.#join(queue);
    this.#leave(task.queue as ClassQueue);
    task.queue = queue;
    task.resumption = input;
  }

  #join(queue: ClassQueue): void {
    this.#liveIn.set(queue, this.#liveIn.get(queue)! + 1);
    this.#wake(queue);
  }

  #leave(queue: ClassQueue): void {
    const live = this.#liveIn.get(queue)! - 1;
    this.#liveIn.set(queue, live);
    if (live === 0) this.#rest(queue);
  }

  #count(tenant: string, tasks: number): void {
    const live = this.liveOf(tenant) + tasks;
    if (live > 0) this.#liveOf.set(tenant, live);
    else this.#liveOf.delete(tenant);
  }

  /** The queue that stands for the class now: an idle one may have been forgotten while its task became durable. */
  #registered(wanted: RequirementClass): ClassQueue {
    return this.#queues.get(wanted.key) ?? this.#register(wanted);
  }

  #register(wanted: RequirementClass): ClassQueue {
    const queue = new ClassQueue(wanted, this.table);
    this.#queues.set(queue.wanted.key, queue);
    this.#liveIn.set(queue, 0);
    this.#roster.qualify(queue);
    this.#rest(queue);
    return queue;
  }

  #rest(queue: ClassQueue): void {
    this.#idle.set(queue, queue.qualified.size);
    this.#idleRanked += queue.qualified.size;
    while (this.#idle.size > idleClassLimit || this.#idleRanked > idleRankedLimit) {
      const [oldest] = this.#idle.keys();
      if (!oldest || oldest === queue) return;
      this.#forget(oldest);
    }
  }

  #wake(queue: ClassQueue): void {
    this.#idleRanked -= this.#idle.get(queue) ?? 0;
    this.#idle.delete(queue);
  }

  #forget(queue: ClassQueue): void {
    this.#wake(queue);
    this.#queues.delete(queue.wanted.key);
    this.#liveIn.delete(queue);
    for (const agent of queue.qualified) queue.disqualify(agent);
    queue.leave();
  }
}
