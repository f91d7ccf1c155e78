export { connectAgent } from './agent/connect-agent.ts';
export type {
  AgentConnection,
  AgentEnd,
  AgentHandlers,
  AgentLog,
  AgentOptions,
  AgentState,
  AgentStateFacts,
  StopOptions,
} from './agent/options.ts';
export type { OpenSocket, Socket, SocketEvents } from './socket/port.ts';
export { defineHandler } from '@reeve/hub/api';
export type { DefinedHandler, Handler, HandlerContext, TaskContext } from '@reeve/hub/api';
export { createClient } from './client.ts';
export type { CallOptions, Client, ClientOptions } from './client.ts';
export type { FollowOptions } from './http/follow-events.ts';
export { classOfStatus, RemoteError } from './http/remote-error.ts';
export type { ChatChunk, ChatMessage, ChatRequest, StreamChatOptions } from './http/stream-chat.ts';
export { loginOf } from './http/login.ts';
export type { Login, LoginStore } from './http/login.ts';
export { inputSchemaOf } from './input-schema.ts';
export type { JsonSchema } from './input-schema.ts';
export { operations, streams } from './operations.ts';
export type { KnownOperation } from './operations.ts';
