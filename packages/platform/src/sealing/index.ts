export { sealedUnder, sealHeadLength } from './format.ts';
export { KeyChainUnusable, newKeyChainText, parseKeyChain } from './key-chain.ts';
export type { KeyChain } from './key-chain.ts';
export { placeOf, SealedText } from './sealed-text.ts';
export { Sealer } from './sealer.ts';
export { EncryptionKeyUnknown, SealBroken, unseal } from './unseal.ts';
