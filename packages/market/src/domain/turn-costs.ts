/** A request of so many tokens takes as much of the turns of its tenant as one task. */
const tokensPerTask = 1_000;
/** Of English, of code, and of JSON, about so many. Whoever asks is weighed by the same measure as everybody else. */
const bytesPerToken = 4;
/** More of a prompt is not weighed: it is pictures and sound, of which a byte is no part of a token. */
const promptTokensAtMost = 32_768;
/** Of a model that has not answered yet. */
const unknownAnswerTokens = 256;
/** How much a new answer counts in what is expected of the next. */
const newestShare = 0.1;

/** What one request takes, in tasks. */
export interface TurnCost {
  readonly expected: number;
  /** By how much more it came to, with an answer of so many bytes of text. To be asked once. */
  excess(answerBytes: number): number;
}

/**
 * What requests take of the turns of their tenants, in tasks: by their bytes, which nobody can lie about. How long an
 * answer gets is expected from those before it and corrected when it is there, so that a limit of tokens that is not
 * used up costs nothing.
 */
export class TurnCosts {
  readonly #answerTokens = new Map<string, number>();

  /**
   * @param bodyBytes of the request.
   * @param answerLimit most tokens of its answer, where it sets a limit.
   */
  of(model: string, bodyBytes: number, answerLimit: number | undefined): TurnCost {
    const known = this.#answerTokens.get(model) ?? unknownAnswerTokens;
    const expectedTokens = Math.min(answerLimit ?? Infinity, known);
    return {
      expected: (promptTokens(bodyBytes) + expectedTokens) / tokensPerTask,
      excess: (answerBytes) => {
        const answerTokens = answerBytes / bytesPerToken;
        this.#learn(model, answerTokens);
        return (answerTokens - expectedTokens) / tokensPerTask;
      },
    };
  }

  #learn(model: string, answerTokens: number): void {
    const known = this.#answerTokens.get(model) ?? unknownAnswerTokens;
    this.#answerTokens.set(model, known + newestShare * (answerTokens - known));
  }
}

function promptTokens(bodyBytes: number): number {
  return Math.min(promptTokensAtMost, bodyBytes / bytesPerToken);
}
