import type { EvidenceSource } from '../api/proficiency.ts';
import { statement, type EvidenceTable } from './tables.ts';

/** Writes a tally as it is now: sums and counts are absolute, so that repeating it changes nothing. */
export const upsertEvidence = statement<EvidenceTable>((db, p) =>
  db
    .insertInto('agent_evidence')
    .values({
      agent_id: p.agent_id,
      capability: p.capability,
      source: p.source,
      good_millionths: p.good_millionths,
      bad_millionths: p.bad_millionths,
      at_ms: p.at_ms,
      good_count: p.good_count,
      bad_count: p.bad_count,
    })
    .onConflict((conflict) =>
      conflict.columns(['agent_id', 'capability', 'source']).doUpdateSet((set) => ({
        good_millionths: set.ref('excluded.good_millionths'),
        bad_millionths: set.ref('excluded.bad_millionths'),
        at_ms: set.ref('excluded.at_ms'),
        good_count: set.ref('excluded.good_count'),
        bad_count: set.ref('excluded.bad_count'),
      })),
    ),
);

export const selectEvidenceOf = statement<{ agent_id: string }>((db, p) =>
  db.selectFrom('agent_evidence').selectAll().where('agent_id', '=', p.agent_id),
);

/** One page, in the order of the primary key. */
export const selectEvidence = statement<{
  agent_id: string;
  capability: string;
  source: EvidenceSource;
  limit: number;
}>((db, p) =>
  db
    .selectFrom('agent_evidence')
    .selectAll()
    .where((where) =>
      where.or([
        where('agent_id', '>', p.agent_id),
        where.and([where('agent_id', '=', p.agent_id), where('capability', '>', p.capability)]),
        where.and([
          where('agent_id', '=', p.agent_id),
          where('capability', '=', p.capability),
          where('source', '>', p.source),
        ]),
      ]),
    )
    .orderBy('agent_id')
    .orderBy('capability')
    .orderBy('source')
    .limit(p.limit),
);
