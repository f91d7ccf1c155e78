import { agentsAndTasks } from './001-agents-and-tasks.ts';
import { breakers } from './002-breakers.ts';
import { blobs } from './003-blobs.ts';
import { maps } from './004-maps.ts';
import { workflows } from './005-workflows.ts';
import { verifiedProficiency } from './006-verified-proficiency.ts';

export const hubMigrations = [agentsAndTasks, breakers, blobs, maps, workflows, verifiedProficiency];
