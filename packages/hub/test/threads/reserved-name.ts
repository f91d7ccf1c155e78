import { z } from 'zod';
import { defineHandler } from '../../src/api/index.ts';

export const reserved = defineHandler({ capability: 'admin', input: z.json(), output: z.json(), run: () => null });
