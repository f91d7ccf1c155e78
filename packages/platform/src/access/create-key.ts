import { Forbidden } from '@reeve/kernel';
import type { createKey } from '../api/keys.ts';
import { permissionsBeyond } from '../api/permissions.ts';
import type { Call, Handler } from '../operations/index.ts';
import type { KeyComponents } from './key-components.ts';
import { keyFace } from './key-face.ts';

export function createKeyHandler({ access, clock }: KeyComponents): Handler<typeof createKey> {
  return async ({ name, permissions, expiresInMs, tenant = '' }, call) => {
    const wanted = [...new Set(permissions)];
    assertOwn(wanted, tenant, call);
    const nowMs = clock.nowMs();
    const expiresAtMs = expiresInMs === undefined ? undefined : nowMs + expiresInMs;
    const grant = { name, tenant: tenant || call.caller.tenant, permissions: wanted, expiresAtMs };
    const { record, text, insert } = access.keys.make(grant, call.caller.identity);
    const face = keyFace(record, nowMs);
    // The answer that is kept for the idempotency key is the one without the secret.
    await call.commit(
      {
        statements: [{ ...insert, expectRows: 1 }],
        events: [{ type: 'key.created', tenant: record.tenant, subject: `key:${record.id}`, data: { name } }],
      },
      face,
      { target: record.id, details: { name, permissions: wanted, forTenant: record.tenant } },
    );
    access.keys.remember(record);
    return { ...face, apiKey: text };
  };
}

/** @throws Forbidden: nobody hands on more than they have. */
function assertOwn(wanted: readonly string[], tenant: string, call: Call): void {
  const beyond = permissionsBeyond(call.caller.permissions, wanted);
  if (beyond.length > 0)
    throw Forbidden.error(
      `a key can have at most the permissions of the one that creates it; beyond: ${beyond.join(', ')}`,
      {
        details: { beyond },
      },
    );
  if (tenant !== '' && tenant !== call.caller.tenant && !call.may('tenants:any'))
    throw Forbidden.error(`a key for the tenant ${tenant} needs the permission tenants:any`, {
      details: { permission: 'tenants:any' },
    });
}
