import type { RunningCosts } from '../pricing/token-cost.ts';

/** What a host pays, as its owner says; amounts in micro-USD. */
export interface HostCosts extends Pick<RunningCosts, 'perHourMicroUsd' | 'perKwhMicroUsd' | 'watts'> {
  /** Over the whole time of the report. */
  readonly gasMicroUsd: bigint;
  readonly stakeMicroUsd: bigint;
}

/** Costs by the name of the host, from words as `HostCost` has them; those that are not named have the costs of `*`. */
export function costsOfHosts(words: readonly string[]): (host: string) => HostCosts {
  const byHost = new Map(words.map((word) => [word.slice(0, word.indexOf('=')), costsIn(word)]));
  const others = byHost.get('*') ?? costsIn('*=');
  return (host) => byHost.get(host) ?? others;
}

function costsIn(word: string): HostCosts {
  const members = word.slice(word.indexOf('=') + 1).split(',');
  const given = new Map(
    members.map((member) => [member.slice(0, member.indexOf(':')), member.slice(member.indexOf(':') + 1)]),
  );
  const amount = (member: string): bigint => BigInt(given.get(member) ?? '0');
  return {
    perHourMicroUsd: amount('perHour'),
    perKwhMicroUsd: amount('energyPrice'),
    watts: Number(amount('watts')),
    gasMicroUsd: amount('gas'),
    stakeMicroUsd: amount('stake'),
  };
}
