import { liar, victim } from './cast.ts';
import type { Account } from './accounts.ts';

export interface Story {
  readonly requests: number;
  readonly accounts: readonly Account[];
  /** Whether the exported receipts prove themselves without a hub, and whether changed ones do. */
  readonly verified: boolean;
  readonly changedVerified: boolean;
}

const heads = ['', 'per 1M in / out', 'ms a token', 'answers', 'asks for', 'paid', 'receipts paid', 'disputed'];

export function printReport({ accounts }: Story): void {
  const rows = accounts.map(({ role, ...account }) => [
    role.name,
    `${usd(BigInt(role.priceInput))} / ${usd(BigInt(role.priceOutput))}`,
    String(role.msPerToken),
    String(account.answers),
    usd(account.askedMicroUsd),
    usd(account.paidMicroUsd),
    String(account.paid),
    [account.disputed, ...account.reasons].join(' '),
  ]);
  const widths = heads.map((head, at) => Math.max(head.length, ...rows.map((row) => row[at]!.length)));
  const line = (row: readonly string[]): string => row.map((cell, at) => cell.padEnd(widths[at]!)).join('  ');
  console.log(['', line(heads), ...rows.map(line), ''].join('\n'));
}

export function checksOf({ requests, accounts, verified, changedVerified }: Story) {
  const of = (name: string): Account => accounts.find(({ role }) => role.name === name)!;
  const answered = accounts.reduce((sum, { answers }) => sum + answers, 0);
  const honest = accounts.filter(({ role }) => role.reportedPerToken === 1 && role.name !== victim);
  return [
    check(`all ${requests} requests were answered, though ${victim} was killed`, answered === requests),
    check(
      'every node had its share',
      accounts.every(({ answers }) => answers > 0),
    ),
    check(
      'the honest one that lived is paid to the micro-dollar what its answers cost',
      honest.every(({ askedMicroUsd, paidMicroUsd }) => askedMicroUsd === paidMicroUsd),
    ),
    check(
      `${victim} is paid for no more than it answered`,
      of(victim).paid > 0 && of(victim).paidMicroUsd <= of(victim).askedMicroUsd,
    ),
    check(
      `${liar} lied, and is paid for none of it`,
      of(liar).disputed === of(liar).answers && of(liar).paidMicroUsd === 0n && of(liar).reasons.includes('aboveCount'),
    ),
    check(
      `found out, ${liar} got next to nothing of the last third: ${Math.round(of(liar).lateShare * 100)} %`,
      of(liar).lateShare < 0.1,
    ),
    check('the receipts prove themselves, with no hub there', verified),
    check('with one digit changed they do not', !changedVerified),
  ];
}

function check(what: string, holds: boolean): { readonly what: string; readonly holds: boolean } {
  return { what, holds };
}

function usd(microUsd: bigint): string {
  return `$${(Number(microUsd) / 1e6).toFixed(6)}`;
}
