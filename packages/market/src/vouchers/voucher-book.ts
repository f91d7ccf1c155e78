import { voucherDigest } from '../domain/vouchers/voucher.ts';
import { VoucherRefused } from '../errors.ts';
import { signerOf } from '../signing/signature.ts';
import type { OpenChannel, SignedVoucher } from './channel.ts';

const picoPerMicro = 1_000_000n;

/** The earning side of a channel: takes vouchers, and says how much further it may work before the next one. */
export class VoucherBook {
  readonly #channel: OpenChannel;
  readonly #creditPicoUsd: bigint;
  #givenPicoUsd = 0n;
  #highest: SignedVoucher | undefined;

  constructor(channel: OpenChannel, creditMicroUsd: bigint) {
    this.#channel = channel;
    this.#creditPicoUsd = creditMicroUsd * picoPerMicro;
  }

  /** The one to claim with. */
  get highest(): SignedVoucher | undefined {
    return this.#highest;
  }

  /** Takes a voucher; one that is not higher than the last is refused. @throws VoucherRefused */
  take(voucher: SignedVoucher): void {
    const { channelId, chainId, signer, depositMicroUsd } = this.#channel;
    if (voucher.channelId !== channelId) throw VoucherRefused.error(`it is for the channel ${voucher.channelId}`);
    const { maxClaimableAmount } = voucher;
    const before = this.#highest?.maxClaimableAmount ?? 0n;
    if (maxClaimableAmount <= before)
      throw VoucherRefused.error(`${maxClaimableAmount} micro-USD is not above ${before}, which is signed already`);
    if (maxClaimableAmount > depositMicroUsd)
      throw VoucherRefused.error(`${maxClaimableAmount} micro-USD is above the deposit of ${depositMicroUsd}`);
    if (signerOf(voucherDigest(voucher, chainId), voucher.signature) !== signer)
      throw VoucherRefused.error('it is not signed by the key of the channel, or for another chain');
    this.#highest = voucher;
  }

  /** Counts what was given. */
  give(picoUsd: bigint): void {
    this.#givenPicoUsd += picoUsd;
  }

  /** Whether so much more may be given before it is paid for: beyond the credit the node stops. */
  mayGive(picoUsd: bigint): boolean {
    const signed = (this.#highest?.maxClaimableAmount ?? 0n) * picoPerMicro;
    return this.#givenPicoUsd + picoUsd - signed <= this.#creditPicoUsd;
  }
}
