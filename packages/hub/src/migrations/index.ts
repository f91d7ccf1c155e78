import { agentsAndTasks } from './001-agents-and-tasks.ts';

export const hubMigrations = [agentsAndTasks];
