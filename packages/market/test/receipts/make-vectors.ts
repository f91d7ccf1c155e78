import { ReceiptOutcome, type ReceiptEvidence } from '../../src/api/receipts.ts';
import { hexOf } from '../../src/domain/eip712/hex.ts';
import { acceptanceDigest, batchDigest } from '../../src/domain/receipts/batch.ts';
import { encodeReceipt, leafOf } from '../../src/domain/receipts/leaf.ts';
import { merkleLevels, proofOf } from '../../src/domain/receipts/merkle.ts';
import { receiptJson } from '../../src/domain/receipts/receipt-json.ts';
import { requestHash, ResponseHash } from '../../src/metering/text-hashes.ts';
import { addressOfKey, signDigest } from '../../src/signing/signature.ts';
import { sampleReceipt } from './arbitrary-receipts.ts';

const [nodeKey, hubKey] = [new Uint8Array(32).fill(0x11), new Uint8Array(32).fill(0x22)];
const disputed = 0b010n;

/** What docs/reference/receipts.vectors.json holds. The keys are for these vectors alone. */
export function makeVectors() {
  const receipts = ReceiptOutcome.options
    .slice(0, 3)
    .map((outcome, at) => sampleReceipt(at + 1, { outcome, model: ['sim-small', 'grüß/dich', 'sim-large'][at]! }));
  const levels = merkleLevels(receipts.map(leafOf));
  const node = addressOfKey(nodeKey);
  const batch = { chainId: 31_337, node, sequence: 1, root: hexOf(levels.at(-1)![0]!) };
  const acceptance = {
    hub: addressOfKey(hubKey),
    disputed: `${disputed}`,
    signature: signDigest(acceptanceDigest(batch, disputed), hubKey),
  };
  const signed = { ...batch, signature: signDigest(batchDigest(batch), nodeKey) };
  return {
    nodeKey: hexOf(nodeKey),
    hubKey: hexOf(hubKey),
    batchDigest: hexOf(batchDigest(batch)),
    acceptanceDigest: hexOf(acceptanceDigest(batch, disputed)),
    receipts: receipts.map((receipt, at) => {
      const { siblings, ...place } = proofOf(levels, at);
      const evidence: ReceiptEvidence = {
        format: 'reeve.receipt.v1',
        receipt: receiptJson(receipt),
        proof: { ...place, siblings: siblings.map(hexOf) },
        batch: signed,
        acceptance,
      };
      return { encoded: hexOf(encodeReceipt(receipt)), leaf: hexOf(leafOf(receipt)), evidence };
    }),
    texts: textVectors(),
  };
}

function textVectors() {
  const salt = `0x${'5a'.repeat(32)}` as const;
  const request = '{"stream":true,"model":"sim-small","messages":[{"role":"user","content":"grüß dich"}]}';
  const whole = '{"id":"1","choices":[{"index":0,"message":{"role":"assistant","content":"Hello"}}]}';
  const chunks = [
    '{"choices":[{"index":0,"delta":{"content":"Hel"}}]}',
    '{"choices":[{"index":0,"delta":{"content":"lo"},"finish_reason":"stop"}]}',
    '{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}',
  ];
  const [wholeHash, chunksHash] = [new ResponseHash(salt), new ResponseHash(salt)];
  wholeHash.piece(whole);
  for (const chunk of chunks) chunksHash.chunk(chunk);
  return {
    salt,
    request,
    whole,
    chunks,
    requestHash: requestHash(salt, JSON.parse(request)),
    wholeHash: wholeHash.digest(),
    chunksHash: chunksHash.digest(),
  };
}
