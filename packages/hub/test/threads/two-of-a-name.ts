import { z } from 'zod';
import { defineHandler } from '../../src/api/index.ts';

const spec = { capability: 'test.same', input: z.json(), output: z.json(), run: () => null };
export const one = defineHandler(spec);
export const other = defineHandler(spec);
