import { defineOperation, Json, Name, NotFound } from '@reeve/kernel';
import { z } from 'zod';
import { bind, type BoundOperation } from '../../src/operations/index.ts';

/** A small domain for the tests of the kit; it keeps its notes in memory. */
export const Note = z.object({ id: z.string(), text: z.string(), stars: z.int() });

export const createNote = defineOperation({
  name: 'notes.create',
  summary: 'Write a note',
  access: 'tasks:write',
  effect: 'write',
  http: { method: 'POST', path: '/v1/notes', status: 201, bodyLimitBytes: 4_096 },
  input: z.object({
    text: Name,
    stars: z.int().min(0).max(5).default(0),
    tags: z.array(z.object({ name: Name, weight: z.number().min(0).max(1) })).default([]),
  }),
  output: Note,
  examples: [{ title: 'A note', input: { text: 'Buy coal', stars: 2 } }],
});
export const showNote = defineOperation({
  name: 'notes.show',
  summary: 'Show a note',
  access: 'tasks:read',
  effect: 'read',
  http: { method: 'GET', path: '/v1/notes/{id}' },
  input: z.object({
    id: z.string(),
    depth: z.int().max(9).optional(),
    loud: z.boolean().default(false),
    tag: z.array(z.string()).optional(),
  }),
  output: z.object({ ...Note.shape, asked: Json }),
  errors: [NotFound],
});
export const renameNote = defineOperation({
  name: 'notes.rename',
  summary: 'Rewrite a note',
  access: 'tasks:write',
  effect: 'write',
  http: { method: 'PATCH', path: '/v1/notes/{id}' },
  input: z.object({ id: z.string(), text: Name }),
  output: Note,
  errors: [NotFound],
});

export interface Notes {
  readonly all: Map<string, z.output<typeof Note>>;
  readonly operations: readonly BoundOperation[];
}

export function notes(): Notes {
  const all = new Map<string, z.output<typeof Note>>();
  const found = (id: string) => {
    const note = all.get(id);
    if (!note) throw NotFound.error(`there is no note ${id}`);
    return note;
  };
  const operations = [
    bind(createNote, async (input, call) => {
      const note = { id: `n${all.size + 1}`, text: input.text, stars: input.stars };
      await call.commit(
        {
          statements: [],
          events: [{ type: 'note.created', tenant: call.caller.tenant, subject: note.id, data: note }],
        },
        note,
        { target: note.id },
      );
      all.set(note.id, note);
      return note;
    }),
    bind(showNote, async (input) => ({ ...found(input.id), asked: input as never })),
    bind(renameNote, async ({ id, text }) => {
      const note = { ...found(id), text };
      all.set(id, note);
      return note;
    }),
  ];
  return { all, operations };
}
