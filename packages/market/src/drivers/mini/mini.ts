import { sha256Hex } from '@reeve/kernel';
import { readCorpus } from './corpus.ts';
import { NGram } from './n-gram.ts';
import { paragraphsOf } from './paragraphs.ts';

/** The trained model and its name for `system_fingerprint`, which changes with the text it was trained on. */
export interface Mini {
  readonly model: NGram;
  readonly fingerprint: string;
}

export async function trainMini(texts?: readonly string[]): Promise<Mini> {
  const paragraphs = (texts ?? (await readCorpus())).flatMap(paragraphsOf);
  const digest = await sha256Hex(paragraphs.join('\n'));
  return { model: new NGram(paragraphs), fingerprint: `toy_ngram_${digest.slice(0, 10)}` };
}

/** What is new with each answer. */
export function newHead(): { readonly id: string; readonly created: number } {
  return { id: `chatcmpl-${crypto.randomUUID()}`, created: Math.floor(Date.now() / 1_000) };
}
