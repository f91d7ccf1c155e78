import { statement, type AgentsTable } from './tables.ts';

export const insertAgent = statement<Omit<AgentsTable, 'last_seen_at_ms' | 'removed_at_ms' | 'breaker_openings'>>(
  (db, p) =>
    db.insertInto('agents').values({
      id: p.id,
      tenant: p.tenant,
      name: p.name,
      offer: p.offer,
      intent: p.intent,
      registered_at_ms: p.registered_at_ms,
      breaker_openings: 0,
    }),
);

export const updateOffer = statement<{ id: string; offer: string }>((db, p) =>
  db.updateTable('agents').set({ offer: p.offer }).where('id', '=', p.id).where('removed_at_ms', 'is', null),
);

export const updateIntent = statement<Pick<AgentsTable, 'id' | 'intent'>>((db, p) =>
  db.updateTable('agents').set({ intent: p.intent }).where('id', '=', p.id).where('removed_at_ms', 'is', null),
);

export const updateBreaker = statement<Pick<AgentsTable, 'id' | 'breaker_openings'>>((db, p) =>
  db.updateTable('agents').set({ breaker_openings: p.breaker_openings }).where('id', '=', p.id),
);

export const updateLastSeen = statement<{ id: string; last_seen_at_ms: number }>((db, p) =>
  db.updateTable('agents').set({ last_seen_at_ms: p.last_seen_at_ms }).where('id', '=', p.id),
);

export const updateRemoved = statement<{ id: string; removed_at_ms: number | null }>((db, p) =>
  db.updateTable('agents').set({ removed_at_ms: p.removed_at_ms }).where('id', '=', p.id),
);

export const selectAgent = statement<{ id: string }>((db, p) =>
  db.selectFrom('agents').selectAll().where('id', '=', p.id),
);

/** One page of the agents that are not removed, by id. */
export const selectAgents = statement<{ after: string; limit: number }>((db, p) =>
  db
    .selectFrom('agents')
    .selectAll()
    .where('removed_at_ms', 'is', null)
    .where('id', '>', p.after)
    .orderBy('id')
    .limit(p.limit),
);

export const insertCapability = statement<{ name: string; first_declared_at_ms: number }>((db, p) =>
  db
    .insertInto('capabilities')
    .values({ name: p.name, first_declared_at_ms: p.first_declared_at_ms })
    .onConflict((conflict) => conflict.column('name').doNothing()),
);

export const selectCapabilities = statement<{ after: string; limit: number }>((db, p) =>
  db.selectFrom('capabilities').select('name').where('name', '>', p.after).orderBy('name').limit(p.limit),
);
