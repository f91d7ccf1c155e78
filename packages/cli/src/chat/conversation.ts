import { createInterface, type Interface } from 'node:readline';
import type { ChatMessage, Client } from '@reeve/sdk';
import { reportFailure } from '../failure.ts';
import type { Session } from '../session.ts';
import { safeText } from './safe-text.ts';
import { takeTurn, type Turn } from './turn.ts';

export interface ConversationOptions {
  readonly model: string;
  readonly system: string | undefined;
}

const help = [
  '/model           the models there are',
  '/model NAME      go on with another model',
  '/reset           forget the conversation',
  '/exit            leave (or Ctrl-D; Ctrl-C stops an answer, then leaves)',
].join('\n');

/** A conversation on the terminal until the user leaves. */
export async function converse(session: Session, client: Client, options: ConversationOptions): Promise<void> {
  await new Conversation(session, client, options).run();
}

class Conversation {
  readonly #session: Session;
  readonly #client: Client;
  readonly #system: ChatMessage[];
  readonly #lines: Interface;
  #model: string;
  #messages: ChatMessage[];
  /** Stops the answer that is coming. */
  #answering: AbortController | undefined;

  constructor(session: Session, client: Client, { model, system }: ConversationOptions) {
    this.#session = session;
    this.#client = client;
    this.#model = model;
    this.#system = system === undefined ? [] : [{ role: 'system', content: system }];
    this.#messages = [...this.#system];
    const prompt = `${session.terminal.colours.cyan('›')} `;
    this.#lines = createInterface({ input: process.stdin, output: process.stdout, prompt, historySize: 500 });
  }

  async run(): Promise<void> {
    const { dim } = this.#session.terminal.colours;
    this.#print(dim(`${this.#model} · /help for commands`));
    this.#lines.on('SIGINT', () => this.#onInterrupt());
    this.#lines.prompt();
    for await (const line of this.#lines) {
      if (!(await this.#take(line.trim()))) break;
      this.#lines.prompt();
    }
    this.#lines.close();
  }

  #onInterrupt(): void {
    if (this.#answering === undefined) this.#lines.close();
    else this.#answering.abort();
  }

  /** Whether the conversation goes on. */
  async #take(line: string): Promise<boolean> {
    if (line === '') return true;
    if (!line.startsWith('/')) {
      await this.#guarded(() => this.#ask(line));
      return true;
    }
    const [command, argument] = line.split(/\s+/, 2);
    if (command === '/exit' || command === '/quit') return false;
    await this.#guarded(() => this.#command(command!, argument));
    return true;
  }

  async #command(command: string, argument: string | undefined): Promise<void> {
    if (command === '/help') return this.#print(help);
    if (command === '/reset') {
      this.#messages = [...this.#system];
      return this.#print('forgotten');
    }
    if (command !== '/model') return this.#print(`there is no command ${command}; /help shows those there are`);
    if (argument !== undefined) this.#model = argument;
    else for (const { id } of (await this.#client.models.list()).data) this.#print(id === this.#model ? `${id} ←` : id);
  }

  async #ask(question: string): Promise<void> {
    this.#messages.push({ role: 'user', content: question });
    this.#answering = new AbortController();
    const request = { model: this.#model, messages: this.#messages };
    try {
      const write = (piece: string) => void process.stdout.write(safeText(piece));
      const turn = await takeTurn(this.#client, request, write, this.#answering.signal);
      if (turn.text === '') this.#messages.pop();
      else this.#messages.push({ role: 'assistant', content: turn.text });
      this.#print(`\n${this.#session.terminal.colours.dim(summaryOf(turn))}`);
    } catch (error) {
      this.#messages.pop(); // a question without an answer would confuse the next
      this.#print('');
      throw error;
    } finally {
      this.#answering = undefined;
    }
  }

  /** An error ends the answer, not the conversation. */
  async #guarded(work: () => Promise<void>): Promise<void> {
    const { terminal, environment, connection } = this.#session;
    try {
      await work();
    } catch (error) {
      reportFailure(error, { terminal, json: false, debug: environment.debug, connection });
    }
  }

  #print(text: string): void {
    this.#session.terminal.print(text);
  }
}

function summaryOf({ tokens, tokensPerSecond, ended }: Turn): string {
  const facts = [`${tokens} tokens`];
  if (tokensPerSecond !== undefined) facts.push(`${Math.round(tokensPerSecond)} tokens/s`);
  if (ended !== 'stop') facts.push(ended);
  return facts.join(' · ');
}
