import { billableMicroUsd } from '@reeve/kernel';
import type { Hex } from '../domain/eip712/hex.ts';
import { voucherDigest } from '../domain/vouchers/voucher.ts';
import { VoucherRefused } from '../errors.ts';
import { signDigest } from '../signing/signature.ts';
import type { OpenChannel, SignedVoucher } from './channel.ts';

/**
 * The paying side of a channel. It signs sums that only grow, never above the deposit, and only for the fence that is
 * current: what a node says under an older one, or after its work was given to another, is not paid. Not safe for use by
 * two processes at once.
 */
export class VoucherWriter {
  readonly #channel: OpenChannel;
  readonly #key: Uint8Array;
  #owedPicoUsd: bigint;
  #fence: number | undefined;

  /** @param signedMicroUsd the highest sum signed before, which whoever holds the channel has kept */
  constructor(channel: OpenChannel, key: Uint8Array, signedMicroUsd = 0n) {
    this.#channel = channel;
    this.#key = key;
    this.#owedPicoUsd = signedMicroUsd * 1_000_000n;
  }

  /** Work was given out under a fence; fences grow, and from now on only this one is paid. @throws VoucherRefused */
  begin(fence: number): void {
    if (this.#fence !== undefined && fence <= this.#fence)
      throw VoucherRefused.error(`fence ${fence} is not above ${this.#fence}, which is current`);
    this.#fence = fence;
  }

  /** Adds what was given under a fence, and signs the sum, rounded down once. @throws VoucherRefused */
  pay(fence: number, picoUsd: bigint): SignedVoucher {
    if (fence !== this.#fence) throw VoucherRefused.error(`fence ${fence} is not current; ${this.#fence ?? 'none'} is`);
    if (picoUsd < 0n) throw VoucherRefused.error('a sum that is signed never goes down');
    const owed = this.#owedPicoUsd + picoUsd;
    const maxClaimableAmount = billableMicroUsd(owed);
    const { channelId, chainId, depositMicroUsd } = this.#channel;
    if (maxClaimableAmount > depositMicroUsd)
      throw VoucherRefused.error(`${maxClaimableAmount} micro-USD is above the deposit of ${depositMicroUsd}`);
    this.#owedPicoUsd = owed;
    const signature: Hex = signDigest(voucherDigest({ channelId, maxClaimableAmount }, chainId), this.#key);
    return { channelId, maxClaimableAmount, signature };
  }
}
