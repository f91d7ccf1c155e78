/** The parts of an embedding request that the simulator looks at. */
export interface EmbeddingRequest {
  readonly model?: string;
  readonly input?: unknown;
  readonly encoding_format?: 'float' | 'base64';
  readonly dimensions?: number;
}

/** One vector for each input, the same for the same text, in the encoding that was asked for. */
export function embeddingsText({ model, input, encoding_format: format, dimensions = 8 }: EmbeddingRequest): string {
  const inputs: unknown[] = Array.isArray(input) && typeof input[0] !== 'number' ? input : [input];
  const data = inputs.map((text, index) => {
    const vector = vectorOf(JSON.stringify(text), dimensions);
    const embedding = format === 'base64' ? Buffer.from(vector.buffer).toString('base64') : [...vector];
    return { object: 'embedding', index, embedding };
  });
  const tokens = inputs.reduce<number>((sum, text) => sum + Math.ceil(JSON.stringify(text).length / 4), 0);
  return JSON.stringify({ object: 'list', model, data, usage: { prompt_tokens: tokens, total_tokens: tokens } });
}

function vectorOf(text: string, dimensions: number): Float32Array {
  let state = 1;
  for (let at = 0; at < text.length; at++) state = (state * 31 + text.charCodeAt(at)) % 65_521;
  return Float32Array.from({ length: dimensions }, () => (state = (state * 75 + 74) % 65_537) / 65_537);
}
