import { defineError } from '@reeve/kernel';

export const ModelNotFound = defineError({
  code: 'model_not_found',
  class: 'missing',
  title: 'No such model',
  meaning: 'No node has ever offered a model of this name.',
  remedy: 'Use one of the models that `GET /v1/models` lists; the nearest names are in the message.',
});
export const ModelUnavailable = defineError({
  code: 'model_unavailable',
  class: 'unavailable',
  title: 'No node serves this model at the moment',
  meaning: 'Nodes have offered the model, but none of them is online now.',
  remedy: 'Retry after a moment, ask for another model, or start a node with `reeve node`.',
});
export const FirstTokenTimeout = defineError({
  code: 'first_token_timeout',
  class: 'timeout',
  title: 'The answer did not begin in time',
  meaning: 'No node began to answer within the configured time; the request was withdrawn.',
  remedy: 'Retry; if it lasts, add nodes, or raise `gateway.firstTokenTimeoutMs` for models that load slowly.',
});
/** 400 and not 422, because that is what OpenAI's clients know as a bad request. */
export const InvalidModelRequest = defineError({
  code: 'invalid_model_request',
  class: 'malformed',
  title: 'The request to the model is not valid',
  meaning: 'A field of the request is missing or has a value that cannot be served.',
  remedy: 'Correct the field named in `param`.',
});
export const NoNodeQualifies = defineError({
  code: 'no_node_qualifies',
  class: 'invalid',
  title: 'No node meets the conditions of the request',
  meaning:
    'Nodes serve the model, but each of them is refused by a condition that the request sets: a ceiling of price or cost, the region, the stake, or the nodes it names.',
  remedy:
    'Relax the condition named in the message; `reeve market offers` and `reeve market explain` show what there is.',
});
export const BudgetExceeded = defineError({
  code: 'budget_exceeded',
  class: 'paymentRequired',
  title: 'The request does not fit into its budget',
  meaning:
    'What the request can cost at most, together with what was spent and what other requests hold at this moment, is more than a budget of the key or of its tenant. Nothing was done, nothing is billed.',
  remedy:
    'Ask for less (`max_tokens`, a shorter prompt, a ceiling of price), wait for the requests under way or for the window to start anew, or have the budget raised with `reeve budgets set`. The amounts are in `error.budget`.',
});
export const NodeAnswerInvalid = defineError({
  code: 'node_answer_invalid',
  class: 'badGateway',
  title: 'The node answered with something that is no answer',
  meaning:
    'What came from the node is not what an answer consists of: something that is no chunk, fewer or more chunks than it says, or no answer at all. Nothing of it is passed on as whole.',
  remedy: 'Retry; if it lasts, the operator of the hub should look at the node, which the task names.',
});
export const NodeLost = defineError({
  code: 'node_lost',
  class: 'badGateway',
  title: 'The node was lost',
  meaning:
    'The node that worked on the request was not heard from within its lease. Before the first part of an answer another node is tried; after it, one goes on with the answer where that is sound; otherwise it ends with this error, because a second answer would repeat that part.',
  remedy: 'Send the request again; keep or discard the part that arrived.',
});
export const AnswerTimeout = defineError({
  code: 'answer_timeout',
  class: 'timeout',
  title: 'The answer took too long',
  meaning: 'The answer was not finished within the configured time, all attempts together; the node was told to stop.',
  remedy: 'Ask for less (`max_tokens`), or raise `gateway.requestTimeoutMs`.',
});
export const NodeKeyUnknown = defineError({
  code: 'node_key_unknown',
  class: 'forbidden',
  title: 'The key of the node is not known here',
  meaning:
    'Receipts count only under a key that a node has named in its offer (label `reeve/receipt-key`) while it was connected with this tenant’s key; this one is not, or belongs to another node.',
  remedy: 'Let the node connect first, with the same state folder; `reeve node` does both in this order.',
});
export const ReceiptsForged = defineError({
  code: 'receipts_forged',
  class: 'invalid',
  title: 'The receipts are not signed by their node',
  meaning:
    'The signature of the batch does not belong to the key of the node, over exactly these receipts, this number and this chain.',
  remedy: 'Nothing of it was taken in, and it is kept as evidence: `reeve receipts faults` shows it.',
});
export const ReceiptsOutOfOrder = defineError({
  code: 'receipts_out_of_order',
  class: 'conflict',
  title: 'This is not the next batch of the node',
  meaning: 'Batches and receipts of a node are numbered without gaps, so that none can be left out unseen.',
  remedy: 'Send the batch that the message names first; `GET /v1/receipts/nodes/{node}` says how far the hub is.',
});
export const ReceiptsEquivocal = defineError({
  code: 'receipts_equivocal',
  class: 'conflict',
  title: 'The node has signed something else before',
  meaning:
    'Two contents are signed under one number of a batch or receipt, or one fence. Only a node that cheats, or one whose state folder was copied, does that.',
  remedy: 'The first content counts. Both are kept as evidence: `reeve receipts faults` shows them.',
});
export const VoucherRefused = defineError({
  code: 'voucher_refused',
  class: 'paymentRequired',
  title: 'The voucher is not taken, or not given',
  meaning:
    'A voucher counts for one channel on one chain, signed by its key, above all before it and not above the deposit; and it is only signed for the current fence.',
  remedy: 'The message says which of these it is not. With a used up deposit, top the channel up.',
});
