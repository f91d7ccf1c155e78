import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { answerTo, completionText } from './answer.ts';
import { behaviourOf, type Behaviour, type ChatRequest } from './behaviour.ts';
import { embeddingsText } from './embeddings.ts';
import type { RecordedRequest, Recorder } from './recorder.ts';
import { streamAnswer } from './streaming.ts';

/** What one simulator is made of; `behaviour` may be exchanged while it runs. */
export interface Simulation {
  readonly models: readonly string[];
  readonly apiKey: string | undefined;
  readonly recorder: Recorder;
  behaviour: Behaviour;
}

export function serve(simulation: Simulation, request: IncomingMessage, response: ServerResponse): void {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    const text = parts.length === 1 ? parts[0]!.toString() : Buffer.concat(parts).toString();
    answer(simulation, request, text, response).catch((error: unknown) => response.destroy(error as Error));
  });
}

async function answer(
  simulation: Simulation,
  request: IncomingMessage,
  text: string,
  response: ServerResponse,
): Promise<void> {
  const body = text === '' ? undefined : (JSON.parse(text) as ChatRequest);
  record(simulation.recorder, request, body, response);
  if (simulation.apiKey !== undefined && request.headers.authorization !== `Bearer ${simulation.apiKey}`) {
    return refuse(response, 401, 'Incorrect API key provided', 'invalid_api_key');
  }
  if (request.method === 'GET' && request.url === '/v1/models') return listModels(simulation, response);
  const isPost = request.method === 'POST' && body !== undefined;
  if (isPost && request.url === '/v1/embeddings') return sendJson(response, 200, embeddingsText(body));
  if (isPost && (request.url === '/v1/chat/completions' || request.url === '/v1/completions')) {
    return chat(simulation, request, body, response);
  }
  refuse(response, 404, `Invalid URL (${request.method} ${request.url})`, null);
}

function record(recorder: Recorder, request: IncomingMessage, body: unknown, response: ServerResponse): void {
  const recorded: RecordedRequest = {
    method: request.method ?? '',
    path: request.url ?? '',
    headers: recorder.keep ? request.headers : {},
    ...(body === undefined ? {} : { body }),
    remotePort: request.socket.remotePort ?? 0,
    aborted: false,
  };
  recorder.began(recorded);
  response.once('close', () => recorder.ended(recorded, response.writableFinished));
}

async function chat(
  simulation: Simulation,
  request: IncomingMessage,
  body: ChatRequest,
  response: ServerResponse,
): Promise<void> {
  const ordered = behaviourOf(simulation.behaviour, body, request.headers['x-sim'] as string | undefined);
  const nth = ++simulation.recorder.stats.chats;
  const behaviour = nth > (ordered.faultTimes ?? Infinity) ? withoutFault(ordered) : ordered;
  if (behaviour.firstByteDelayMs > 0) await pause(behaviour.firstByteDelayMs);
  if (behaviour.untilRequests !== undefined) await simulation.recorder.underWay(behaviour.untilRequests);
  if (behaviour.refuseWith !== undefined) return refuseParameter(response, behaviour.refuseWith);
  if (showsFaultFirst(response, behaviour)) return;
  if (body.prompt === undefined && (!Array.isArray(body.messages) || body.messages.length === 0)) {
    return refuse(response, 400, "'messages' must not be empty", null);
  }
  if (behaviour.refusesStreamOptions && body.stream_options !== undefined) {
    return refuse(response, 400, 'Unrecognized request argument supplied: stream_options', null);
  }
  const answer = answerTo(body, behaviour);
  if (body.stream !== true) return sendJson(response, 200, completionText(answer));
  const includeUsage = body.stream_options?.include_usage === true;
  await streamAnswer(response, answer, includeUsage, behaviour, simulation.recorder);
}

function withoutFault({ fault: _, ...rest }: Behaviour): Behaviour {
  return rest;
}

/** Faults that show before any answer; true when there is nothing more to do. */
function showsFaultFirst(response: ServerResponse, behaviour: Behaviour): boolean {
  switch (behaviour.fault) {
    case 'rate-limited':
      response.setHeader('retry-after', String(behaviour.retryAfterSeconds));
      return done(refuse(response, 429, 'Rate limit reached', 'rate_limit_exceeded'));
    case 'server-error':
      return done(refuse(response, 500, 'The server had an error', null));
    case 'invalid-request':
      return done(refuse(response, 400, "Unknown parameter: 'frobnicate'", 'unknown_parameter'));
    case 'unauthorised':
      return done(refuse(response, 401, 'Incorrect API key provided', 'invalid_api_key'));
    case 'model-missing':
      return done(refuse(response, 404, 'The model does not exist', 'model_not_found'));
    case 'redirect':
      return done(response.writeHead(302, { location: '/login' }).end());
    case 'wrong-content-type':
      return done(response.writeHead(200, { 'content-type': 'text/html' }).end('<html><h1>Welcome</h1></html>'));
    case 'not-json':
      return done(sendJson(response, 200, '{"id":"chatcmpl-1","object":"chat.compl'));
    case 'stall-first-byte':
      return true;
    default:
      return false;
  }
}

function done(_answered: unknown): true {
  return true;
}

function listModels(simulation: Simulation, response: ServerResponse): void {
  const data = simulation.models.map((id) => ({ id, object: 'model', created: 1, owned_by: 'simulator' }));
  sendJson(response, 200, JSON.stringify({ object: 'list', data }));
}

function refuse(response: ServerResponse, status: number, message: string, code: string | null): void {
  const type = status >= 500 ? 'server_error' : status === 429 ? 'rate_limit_error' : 'invalid_request_error';
  sendJson(response, status, JSON.stringify({ error: { message, type, param: null, code } }));
}

function refuseParameter(response: ServerResponse, status: number): void {
  const said = { message: 'The backend does not want this', type: 'invalid_request_error' };
  sendJson(response, status, JSON.stringify({ error: { ...said, param: 'temperature', code: 'backend_says_no' } }));
}

function sendJson(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}
