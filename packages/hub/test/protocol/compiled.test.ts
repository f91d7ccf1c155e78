import { compiledSchema } from '@reeve/kernel';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import * as api from '../../src/api/index.ts';

/** What every small task passes through: a schema that cannot be compiled costs several times as much, silently. */
describe('schemas on the way of every task', () => {
  test.each([
    ['a task', api.createTask.input],
    ['a batch of tasks', api.createTaskBatch.input],
    ['a frame of an agent', api.AgentFrame],
  ])('%s can be compiled', (_, schema) => {
    expect(() => z.compile(schema, { strict: true })).not.toThrow();
    expect(compiledSchema<z.ZodType>(schema)).not.toBe(schema);
  });
});
