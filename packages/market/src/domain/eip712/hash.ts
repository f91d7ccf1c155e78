import { keccak_256 } from '@noble/hashes/sha3.js';
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { bytesOf, word, type Hex } from './hex.ts';

/** Who a signature is for: it counts on this chain, for this purpose, and, where there is one, at this contract. */
export interface SigningDomain {
  readonly name: string;
  readonly version: string;
  readonly chainId: number;
  readonly verifyingContract?: Hex;
}

export const keccak256 = (bytes: Uint8Array): Uint8Array => keccak_256(bytes);

/** The hash by which EIP-712 names a type, such as `Voucher(bytes32 channelId,uint128 maxClaimableAmount)`. */
export function typeHash(type: string): Uint8Array {
  return keccak_256(utf8ToBytes(type));
}

/** `hashStruct` of EIP-712, of members that are words of 32 bytes each. */
export function structHash(type: Uint8Array, ...members: readonly Uint8Array[]): Uint8Array {
  return keccak_256(concatBytes(type, ...members));
}

/** What is signed for a struct within a domain: `keccak256(0x1901 ‖ domain ‖ struct)`. */
export function signingDigest(domain: SigningDomain, struct: Uint8Array): Uint8Array {
  return keccak_256(concatBytes(Uint8Array.of(0x19, 0x01), domainHash(domain), struct));
}

const known = new Map<string, Uint8Array>();

/** There are a handful of domains in a process, and every signature needs one. */
function domainHash(domain: SigningDomain): Uint8Array {
  const name = `${domain.name}/${domain.version}/${domain.chainId}/${domain.verifyingContract ?? ''}`;
  let hash = known.get(name);
  if (hash === undefined) {
    if (known.size >= 64) known.clear();
    known.set(name, (hash = hashDomain(domain)));
  }
  return hash;
}

function hashDomain({ name, version, chainId, verifyingContract }: SigningDomain): Uint8Array {
  const contract = verifyingContract === undefined ? [] : [word(bytesOf(verifyingContract))];
  const type = `EIP712Domain(string name,string version,uint256 chainId${contract.length > 0 ? ',address verifyingContract' : ''})`;
  return structHash(typeHash(type), typeHash(name), typeHash(version), word(BigInt(chainId)), ...contract);
}
