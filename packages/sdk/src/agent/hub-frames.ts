import type { HubFrame } from '@reeve/hub/api';

type FrameOf<Type extends HubFrame['type']> = Extract<HubFrame, { type: Type }>;
export type WelcomeFrame = FrameOf<'welcome'>;
export type LeaseFrame = FrameOf<'lease'>;

/** What a connection does with each kind of frame. */
export interface HubFrameReceiver {
  welcome(frame: WelcomeFrame): void;
  lease(frame: LeaseFrame): void;
  cancel(fence: number, reason: string): void;
  accepted(fence: number): void;
  lost(fence: number): void;
  credit(fence: number, amount: number): void;
  goodbye(code: string, message: string): void;
}

/** A message of the hub that breaks the protocol. The connection cannot be trusted any more and is closed. */
export class GarbageFromHub extends Error {}

/**
 * Reads a message of the hub and hands its frames on in order. Checks are by hand: a schema parse of each frame costs
 * more than the JSON parse itself, and this path decides how many small tasks an agent can run in a second.
 * @throws GarbageFromHub at the first frame that breaks the protocol; frames before it have been handed on.
 */
export function readHubMessage(text: string, receiver: HubFrameReceiver): void {
  const frames = parse(text);
  if (!Array.isArray(frames)) throw new GarbageFromHub('a message must be an array of frames');
  for (const frame of frames) readFrame(frame as UncheckedFrame | null, receiver);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new GarbageFromHub('a message is not JSON');
  }
}

type UncheckedFrame = { readonly [field: string]: unknown };

function readFrame(frame: UncheckedFrame | null, receiver: HubFrameReceiver): void {
  switch (frame?.['type']) {
    case 'lease':
      return receiver.lease(checkLease(frame));
    case 'accepted':
      return receiver.accepted(fenceOf(frame));
    case 'credit':
      return receiver.credit(fenceOf(frame), positive(frame, 'amount'));
    case 'cancel':
      return receiver.cancel(fenceOf(frame), String(frame['reason']));
    case 'lost':
      return receiver.lost(fenceOf(frame));
    case 'welcome':
      return receiver.welcome(checkWelcome(frame));
    case 'goodbye':
      return receiver.goodbye(String(frame['code']), String(frame['message']));
    case 'heartbeat':
      return;
    default:
      throw new GarbageFromHub(`a frame has the unknown type ${JSON.stringify(frame?.['type'])}`);
  }
}

function checkLease(frame: UncheckedFrame): LeaseFrame {
  fenceOf(frame);
  taskIdOf(frame);
  positive(frame, 'attempt');
  positive(frame, 'timeoutMs');
  if (typeof frame['capability'] !== 'string') throw new GarbageFromHub('a lease has no capability');
  const deadline = frame['deadlineAtMs'];
  if (deadline !== undefined && typeof deadline !== 'number') throw new GarbageFromHub('a deadline must be a number');
  const trace = frame['traceparent'];
  if (trace !== undefined && typeof trace !== 'string') throw new GarbageFromHub('a traceparent must be a text');
  return frame as unknown as LeaseFrame;
}

function checkWelcome(frame: UncheckedFrame): WelcomeFrame {
  positive(frame, 'heartbeatMs');
  positive(frame, 'leaseTtlMs');
  if (typeof frame['agentId'] !== 'string') throw new GarbageFromHub('a welcome has no agentId');
  if (!Array.isArray(frame['kept'])) throw new GarbageFromHub('a welcome does not say which leases are kept');
  for (const lease of frame['kept'] as UncheckedFrame[]) fenceOf(lease);
  return frame as unknown as WelcomeFrame;
}

function fenceOf(frame: UncheckedFrame | null): number {
  const fence = frame?.['fence'];
  if (!Number.isSafeInteger(fence) || (fence as number) < 1) throw new GarbageFromHub('a frame has no valid fence');
  return fence as number;
}

/** The id goes into frames unquoted, so it must be exactly what ids are. */
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function taskIdOf(frame: UncheckedFrame): void {
  const taskId = frame['taskId'];
  if (typeof taskId !== 'string' || !uuid.test(taskId)) throw new GarbageFromHub('a lease has no valid taskId');
}

function positive(frame: UncheckedFrame, field: string): number {
  const value = frame[field];
  if (!Number.isInteger(value) || (value as number) < 1)
    throw new GarbageFromHub(`${field} must be a positive integer`);
  return value as number;
}
