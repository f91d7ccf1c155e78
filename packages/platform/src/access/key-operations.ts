import { createKey, listKeys, revokeKey, showKey } from '../api/keys.ts';
import { bind, type BoundOperation } from '../operations/index.ts';
import { createKeyHandler } from './create-key.ts';
import type { KeyComponents } from './key-components.ts';
import { listKeysHandler, showKeyHandler } from './list-keys.ts';
import { revokeKeyHandler } from './revoke-key.ts';

export function keyOperations(components: KeyComponents): readonly BoundOperation[] {
  return [
    bind(createKey, createKeyHandler(components)),
    bind(listKeys, listKeysHandler(components)),
    bind(showKey, showKeyHandler(components)),
    bind(revokeKey, revokeKeyHandler(components)),
  ];
}
