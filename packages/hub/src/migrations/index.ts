import { agentsAndTasks } from './001-agents-and-tasks.ts';
import { breakers } from './002-breakers.ts';
import { blobs } from './003-blobs.ts';
import { maps } from './004-maps.ts';

export const hubMigrations = [agentsAndTasks, breakers, blobs, maps];
