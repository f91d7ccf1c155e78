import { defineError } from '@reeve/kernel';

/**
 * What can go wrong between a node and its backend. The class decides whether the hub tries the task again; another
 * attempt may go to another node.
 */
export const BackendRefused = defineError({
  code: 'backend_refused',
  class: 'invalid',
  title: 'The backend refused the request',
  meaning:
    'The model server answered with a status of the 400s: it understood the request and will not serve it. The details carry its `status` and its OpenAI `error` object.',
  remedy: "Correct the request; the backend's own message says what it does not accept.",
});
export const BackendDenied = defineError({
  code: 'backend_denied',
  class: 'internal',
  title: "The backend does not accept the node's key",
  meaning: 'The model server answered 401 or 403 to the node. The one who sent the request cannot change that.',
  remedy: 'The owner of the node starts it with a valid key for the backend.',
});
export const BackendOverloaded = defineError({
  code: 'backend_overloaded',
  class: 'limited',
  title: 'The backend is overloaded',
  meaning: 'The model server answered 429: it has more requests than it takes at the moment.',
  remedy: 'Retry after the time given; if it lasts, give the node a lower `--concurrency` or add nodes.',
});
export const BackendFailed = defineError({
  code: 'backend_failed',
  class: 'badGateway',
  title: 'The backend failed',
  meaning: 'The model server answered with a status of the 500s, or with an error in place of the answer.',
  remedy: 'Retry; if it lasts, look into the log of the model server.',
});
export const BackendUnreachable = defineError({
  code: 'backend_unreachable',
  class: 'unavailable',
  title: 'The backend cannot be reached',
  meaning: 'No connection could be made to the model server, or it closed the connection before it answered.',
  remedy:
    'Check that the model server runs and that the URL given to the node is its base URL, with `/v1` if it has one.',
});
export const BackendTimeout = defineError({
  code: 'backend_timeout',
  class: 'timeout',
  title: 'The backend took too long',
  meaning:
    'The model server did not connect, did not begin to answer, or paused in its answer for longer than allowed.',
  remedy: 'Retry; if it lasts, raise the time-out named in the message or give the node a lower `--concurrency`.',
});
export const BackendMalformed = defineError({
  code: 'backend_malformed',
  class: 'badGateway',
  title: 'The backend does not speak the protocol',
  meaning: 'What came back is not what the OpenAI protocol promises: a web page, broken JSON, a redirect, too much.',
  remedy: 'Check that the URL given to the node leads to an OpenAI-compatible API and not to a web page or login.',
});
export const BackendEndedEarly = defineError({
  code: 'backend_ended_early',
  class: 'badGateway',
  title: 'The backend stopped before its answer was finished',
  meaning: 'The connection or stream ended without a finish reason. What had arrived is not taken for a whole answer.',
  remedy: 'Retry; if it lasts, look whether the model server crashes or a proxy limits the duration of answers.',
});
export const StreamBroken = defineError({
  code: 'stream_broken',
  class: 'internal',
  title: 'The answer broke off',
  meaning:
    'The backend failed after a part of the answer had been passed on. A second attempt would repeat that part, so none is made but by a node that can go on with it. The details name the cause and how many chunks had been passed on.',
  remedy: 'Send the request again; keep or discard the part that arrived.',
});
export const ModelNotServed = defineError({
  code: 'model_not_served',
  class: 'unavailable',
  title: 'The node no longer serves this model',
  meaning: 'The model was gone when the node looked at its backend last, and the request had been on its way.',
  remedy: 'Retry: another node may have it. `GET /v1/models` lists what is served now.',
});
export const NoModels = defineError({
  code: 'no_models',
  class: 'unavailable',
  title: 'The backend offers no model that can be served',
  meaning: 'Its list of models is empty, or none of the names can be part of a capability name.',
  remedy: 'Load a model into the model server, or give it a name of letters, digits and `. _ : / -`.',
});
export const NodeShortOfMemory = defineError({
  code: 'node_short_of_memory',
  class: 'limited',
  title: 'The node is short of memory',
  meaning: 'More of the memory of the node is used than it was told to use; it takes no request until there is room.',
  remedy: 'Retry: another node may have room. The owner of the node gives it memory, or fewer or smaller models.',
});
export const PricingUntried = defineError({
  code: 'pricing_untried',
  class: 'invalid',
  title: 'The prices have not been tried',
  meaning:
    'A node changes its prices by itself only as a replay of recorded traffic has shown: the prediction is missing, is for another node or rule, or cannot be read.',
  remedy:
    'Record traffic (`reeve market trace record`), replay it (`reeve market pricing simulate --out FILE`) and give the node `--simulation FILE`; `--force` goes live without, and without a way back.',
});
