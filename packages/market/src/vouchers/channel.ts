import type { Hex } from '../domain/eip712/hex.ts';
import type { Voucher } from '../domain/vouchers/voucher.ts';

/** A channel as both sides know it once it is open. Its token has six decimals, so its unit is the micro-USD. */
export interface OpenChannel {
  readonly channelId: Hex;
  readonly chainId: number;
  /** Address of the key that signs its vouchers. */
  readonly signer: Hex;
  readonly depositMicroUsd: bigint;
}

export interface SignedVoucher extends Voucher {
  readonly signature: Hex;
}
