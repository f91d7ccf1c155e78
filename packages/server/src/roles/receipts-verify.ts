import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { defineError, formatMoney } from '@reeve/kernel';
import { readEvidence, textFaults, verifyEvidence, type ReceiptTexts } from '@reeve/market';

export interface ReceiptsVerifyOptions {
  /** Lines of evidence, as `reeve receipts export` writes them; `-` for standard input. */
  readonly file: string;
  /** Files with the texts of the one receipt that is checked. */
  readonly request?: string;
  readonly response?: string;
  readonly json?: boolean;
}

export const NoReceipts = defineError({
  code: 'no_receipts',
  class: 'invalid',
  title: 'The file holds no receipts to check',
  meaning:
    'Receipts are checked from lines of JSON as `reeve receipts export` writes them; the file has none, or more than the one that texts were given for.',
  remedy:
    'Write one with `reeve receipts export > FILE`; with --request or --response, keep only the line that they belong to.',
});

interface Tally {
  checked: number;
  wrong: number;
  disputed: number;
  agreedPicoUsd: bigint;
}

/** Checks receipts from a file, line by line and without a hub; exit code 1 when one of them proves nothing. */
export async function run({ file, request, response, json = false }: ReceiptsVerifyOptions): Promise<void> {
  const texts = await readTexts(request, response);
  const tally: Tally = { checked: 0, wrong: 0, disputed: 0, agreedPicoUsd: 0n };
  const input = file === '-' ? process.stdin : createReadStream(file);
  const opened = Promise.withResolvers<never>();
  input.once('error', (cause: Error) =>
    opened.reject(NoReceipts.error(`${file} cannot be read: ${cause.message}`, { cause })),
  );
  const read = async (): Promise<void> => {
    for await (const line of createInterface({ input, crlfDelay: Infinity }))
      if (line.trim() !== '') report(checkLine(line, texts, tally), json);
  };
  await Promise.race([read(), opened.promise]);
  if (tally.checked === 0) throw NoReceipts.error(`${file} holds no receipts`);
  if (texts && tally.checked > 1) throw NoReceipts.error(`texts belong to one receipt; ${file} holds ${tally.checked}`);
  summarise(tally, json);
  if (tally.wrong > 0) process.exitCode = 1;
}

async function readTexts(request?: string, response?: string): Promise<ReceiptTexts | undefined> {
  if (request === undefined && response === undefined) return undefined;
  const text = (path: string): Promise<string> =>
    readFile(path, 'utf8').catch((cause: Error) => {
      throw NoReceipts.error(`${path} cannot be read: ${cause.message}`, { cause });
    });
  return {
    ...(request !== undefined && { request: await text(request) }),
    ...(response !== undefined && { response: await text(response) }),
  };
}

interface Checked {
  readonly line: number;
  readonly taskId?: string;
  readonly ok: boolean;
  readonly disputed: boolean;
  readonly faults: readonly string[];
  readonly says?: string;
}

function checkLine(line: string, texts: ReceiptTexts | undefined, tally: Tally): Checked {
  const number = ++tally.checked;
  const evidence = readEvidence(line);
  if ('fault' in evidence) {
    tally.wrong++;
    return { line: number, ok: false, disputed: false, faults: [evidence.fault] };
  }
  const verdict = verifyEvidence(evidence);
  const faults = [...verdict.faults, ...(texts ? textFaults(evidence, texts) : [])];
  const { taskId, outcome, model, promptTokens, completionTokens, costPicoUsd } = evidence.receipt;
  const ok = faults.length === 0;
  if (!ok) tally.wrong++;
  else if (verdict.disputed) tally.disputed++;
  else tally.agreedPicoUsd += BigInt(costPicoUsd);
  const cost = formatMoney({ amount: BigInt(costPicoUsd), currency: 'picoUsd' });
  const says = `${outcome} ${model}, ${promptTokens} + ${completionTokens} tokens, ${cost}`;
  return { line: number, taskId, ok, disputed: verdict.disputed, faults, says };
}

function report(checked: Checked, json: boolean): void {
  if (json) return void process.stdout.write(`${JSON.stringify(checked)}\n`);
  const { line, taskId, ok, disputed, faults, says } = checked;
  const verdict = ok ? (disputed ? 'disputed' : 'holds   ') : 'WRONG   ';
  process.stdout.write(`${verdict} ${taskId ?? `line ${line}`}  ${ok ? says : faults.join('; ')}\n`);
}

function summarise({ checked, wrong, disputed, agreedPicoUsd }: Tally, json: boolean): void {
  if (json) return;
  const sum = formatMoney({ amount: agreedPicoUsd, currency: 'picoUsd' });
  const of = `${checked} ${checked === 1 ? 'receipt' : 'receipts'}`;
  process.stdout.write(`\n${of}: ${wrong} wrong, ${disputed} disputed by the hub; both sides signed for ${sum}\n`);
}
