import { signingDigest, structHash, typeHash, type SigningDomain } from '../eip712/hash.ts';
import { bytesOf, hexOf, word, type Hex } from '../eip712/hex.ts';

/*
 * The types of the `batch-settlement` scheme of x402 (`@x402/evm` 2.27.0), so that its stock client and its contract take
 * our vouchers and we take theirs. Amounts are in the smallest unit of the channel's token.
 */

/** Where the scheme's contract is, on every chain that has it. */
const settlementContract: Hex = '0x4020074e9df2ce1dee5a9c1b5c3f541d02a10003';

/** What a payment channel is: its id is the hash of this. */
export interface ChannelConfig {
  readonly payer: Hex;
  /** The key that signs vouchers; not the payer's own. */
  readonly payerAuthorizer: Hex;
  readonly receiver: Hex;
  readonly receiverAuthorizer: Hex;
  readonly token: Hex;
  /** Challenge period. */
  readonly withdrawDelaySeconds: number;
  readonly salt: Hex;
}

/** Everything up to this sum may be claimed: the newest voucher replaces all before it. */
export interface Voucher {
  readonly channelId: Hex;
  readonly maxClaimableAmount: bigint;
}

const channelType = typeHash(
  'ChannelConfig(address payer,address payerAuthorizer,address receiver,address receiverAuthorizer,address token,uint40 withdrawDelay,bytes32 salt)',
);
const voucherType = typeHash('Voucher(bytes32 channelId,uint128 maxClaimableAmount)');

export function channelIdOf(channel: ChannelConfig, chainId: number): Hex {
  const { payer, payerAuthorizer, receiver, receiverAuthorizer, token, withdrawDelaySeconds, salt } = channel;
  const addresses = [payer, payerAuthorizer, receiver, receiverAuthorizer, token].map((address) =>
    word(bytesOf(address)),
  );
  const struct = structHash(channelType, ...addresses, word(BigInt(withdrawDelaySeconds)), bytesOf(salt));
  return hexOf(signingDigest(settlementDomain(chainId), struct));
}

/** @throws RangeError for an amount that does not fit */
export function voucherDigest({ channelId, maxClaimableAmount }: Voucher, chainId: number): Uint8Array {
  if (maxClaimableAmount < 0n || maxClaimableAmount >> 128n !== 0n)
    throw new RangeError(`${maxClaimableAmount} is no amount of a voucher`);
  const struct = structHash(voucherType, bytesOf(channelId), word(maxClaimableAmount));
  return signingDigest(settlementDomain(chainId), struct);
}

function settlementDomain(chainId: number): SigningDomain {
  return { name: 'x402 Batch Settlement', version: '1', chainId, verifyingContract: settlementContract };
}
