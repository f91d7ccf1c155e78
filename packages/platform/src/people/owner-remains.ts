import type { Guard } from '@reeve/kernel';
import type { Call } from '../operations/index.ts';
import type { PeopleParts } from './components.ts';
import { visibleUser } from './visible-user.ts';

/**
 * Without an owner nobody could ever make one again.
 * @param staysOwner whether the person in question would be one afterwards
 */
export function anOwnerRemains<Input extends { readonly id: string }>(
  parts: PeopleParts,
  staysOwner: (input: Input) => boolean,
): Guard<{ readonly input: Input; readonly call: Call }> {
  const limit = { otherOwners: 1 };
  return {
    name: 'an-owner-remains',
    limit,
    evaluate({ input, call }) {
      const { role } = visibleUser(parts, input.id, call);
      const owners = parts.register.users().filter((user) => user.role === 'owner' && user.disabled_at_ms === null);
      const others = owners.filter(({ id }) => id !== input.id).length;
      const ok = role !== 'owner' || staysOwner(input) || others >= limit.otherOwners;
      const message = ok ? 'somebody who may everything remains' : 'this is the last owner; create another first';
      return { verdict: ok ? 'pass' : 'deny', measured: { role, otherOwners: others }, limit, message };
    },
  };
}
