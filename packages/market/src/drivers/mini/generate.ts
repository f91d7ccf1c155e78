import type { NGram } from './n-gram.ts';
import type { Random } from '../../domain/seeded-random.ts';
import { piecesOf, Vocabulary } from './tokens.ts';

/** Tokens of a paragraph that are said as they stand, so that an answer begins where its topic does. */
const openingTokens = 2;

/**
 * The tokens of one answer: from the start of a paragraph that has to do with `prompt`, then one by one until the model
 * ends its paragraph. Pure: the same model, prompt, temperature and random numbers give the same tokens.
 *
 * @param temperature 0 takes the likeliest continuation, 1 follows the frequencies, 2 flattens them.
 */
export function* generate(model: NGram, prompt: string, temperature: number, random: Random): Generator<number> {
  const context: number[] = [Vocabulary.boundary];
  for (const token of opening(model, prompt, temperature, random)) {
    context.push(token);
    yield token;
  }
  for (;;) {
    const token = choose(model.continuations(context), temperature, random);
    if (token === Vocabulary.boundary) return;
    context.push(token);
    if (context.length > 3) context.shift();
    yield token;
  }
}

/** The first tokens of a paragraph in which the rarest known word of the prompt occurs; none when no word is known. */
function opening(model: NGram, prompt: string, temperature: number, random: Random): number[] {
  const topic = rarestWord(model, prompt);
  if (topic === undefined) return [];
  const positions = model.positionsAfter([topic]);
  const occurrence = positions[temperature === 0 ? 0 : Math.floor(random() * positions.length)];
  if (occurrence === undefined) return [];
  let start = occurrence - 1;
  while (model.text[start - 1] !== Vocabulary.boundary) start--;
  const tokens = [...model.text.subarray(start, start + openingTokens)];
  const end = tokens.indexOf(Vocabulary.boundary);
  return end === -1 ? tokens : tokens.slice(0, end);
}

function rarestWord(model: NGram, prompt: string): number | undefined {
  let rarest: number | undefined;
  for (const piece of piecesOf(prompt)) {
    const word = piece.trim();
    if (word.length < 4 || !/^\p{L}/u.test(word)) continue;
    for (const form of formsOf(word)) {
      const id = model.vocabulary.idOf(form);
      if (id !== undefined && (rarest === undefined || model.occurrences(id) < model.occurrences(rarest))) rarest = id;
    }
  }
  return rarest;
}

/** As it is written, in small letters and at the start of a sentence, each at the start of a paragraph and within. */
function formsOf(word: string): string[] {
  const small = word.toLowerCase();
  return [word, small, small.charAt(0).toUpperCase() + small.slice(1)].flatMap((form) => [form, ` ${form}`]);
}

function choose(weights: Map<number, number>, temperature: number, random: Random): number {
  return temperature === 0 ? likeliest(weights) : drawn(weights, 1 / temperature, random);
}

function likeliest(weights: Map<number, number>): number {
  let best: number = Vocabulary.boundary;
  let bestWeight = 0;
  for (const [token, weight] of weights) {
    if (weight <= bestWeight) continue;
    best = token;
    bestWeight = weight;
  }
  return best;
}

function drawn(weights: Map<number, number>, exponent: number, random: Random): number {
  // Relative to the largest: at temperatures near 0 the powers themselves would overflow.
  const largest = Math.max(...weights.values());
  let sum = 0;
  for (const [token, weight] of weights) {
    const power = (weight / largest) ** exponent;
    weights.set(token, power);
    sum += power;
  }
  let left = random() * sum;
  for (const [token, power] of weights) {
    left -= power;
    if (left < 0) return token;
  }
  return likeliest(weights); // only by rounding
}
