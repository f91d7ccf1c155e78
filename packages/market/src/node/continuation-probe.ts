import { ReeveError } from '@reeve/kernel';
import { requestAfter } from '../domain/continuation.ts';
import type { Backend } from './backend.ts';
import { BackendRefused } from './errors.ts';

const question = {
  messages: [{ role: 'user', content: 'Count from one to twenty in words, with nothing else.' }],
  temperature: 0,
  max_tokens: 16,
};

/**
 * Whether the backend goes on with an answer of which it is given the beginning: what it says then is compared with what it
 * said in one go. Many backends take the parameters for that, ignore them, and begin anew.
 */
export async function goesOn(backend: Backend, model: string, signal: AbortSignal): Promise<boolean> {
  const whole = contentOf(await backend.answer({ model, ...question }, signal));
  const cut = whole.lastIndexOf(' ', whole.length / 2);
  if (cut <= 0) return false;
  try {
    const rest = contentOf(await backend.answer(requestAfter({ model, ...question }, whole.slice(0, cut)), signal));
    return rest.startsWith(whole.slice(cut));
  } catch (error) {
    if (error instanceof ReeveError && BackendRefused.is(error)) return false;
    throw error;
  }
}

function contentOf(answer: string): string {
  const { choices } = JSON.parse(answer) as { choices?: { message?: { content?: unknown } }[] };
  const content = choices?.[0]?.message?.content;
  return typeof content === 'string' ? content : '';
}
