/** A module of handlers, as the help of `reeve agents run` asks for. */
import { defineHandler } from '@reeve/sdk';
import { z } from 'zod';

export const countWords = defineHandler({
  capability: 'cli.words',
  input: z.object({ text: z.string() }),
  output: z.object({ words: z.int() }),
  run: (_context, { text }) => ({ words: text.split(/\s+/).length }),
});
