import type { BackendModel } from '../../node/backend.ts';
import { contextTokens, modelId } from './request.ts';

/** Always the one model; its owner says what it is wherever models are listed. */
export function listModels(): BackendModel[] {
  return [{ id: modelId, contextTokens, ownedBy: 'reeve (toy n-gram model)' }];
}
