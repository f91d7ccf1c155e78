import { agentsAndTasks } from './001-agents-and-tasks.ts';
import { breakers } from './002-breakers.ts';
import { blobs } from './003-blobs.ts';

export const hubMigrations = [agentsAndTasks, breakers, blobs];
