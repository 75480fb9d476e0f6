// How signatures travel to a recovery thread and signers come back: packed, so that a batch is one transfer.
import { addressOfPublicKey, recoverPublicKey } from '../../primitives/crypto/secp256k1.ts';
import type { Address, Hash } from '../../primitives/types.ts';
import { putSignature } from '../block/transaction.ts';

/** r ‖ s (64), signing hash (32), parity (1). */
const REQUEST_BYTES = 97;
/** 1 and the signer, or 21 zeros when no key can have signed. */
const RESPONSE_BYTES = 21;

/** A signature whose signer is sought. */
export interface RecoveryRequest {
  readonly r: bigint;
  readonly s: bigint;
  readonly yParity: number;
  readonly signingHash: Hash;
}

export function packRequests(requests: readonly RecoveryRequest[]): Uint8Array<ArrayBuffer> {
  const packed = new Uint8Array(requests.length * REQUEST_BYTES);
  let offset = 0;
  for (const request of requests) {
    putSignature(request, packed, offset);
    packed.set(request.signingHash, offset + 64);
    packed[offset + 96] = request.yParity;
    offset += REQUEST_BYTES;
  }
  return packed;
}

/** Recovers every request of a batch: what a recovery thread does. */
export function answerRequests(packed: Uint8Array): Uint8Array<ArrayBuffer> {
  const count = packed.length / REQUEST_BYTES;
  const answers = new Uint8Array(count * RESPONSE_BYTES);
  for (let index = 0; index < count; index++) {
    const request = packed.subarray(index * REQUEST_BYTES, (index + 1) * REQUEST_BYTES);
    const publicKey = recoverPublicKey(request.subarray(64, 96), request.subarray(0, 64), request[96] === 0 ? 0 : 1);
    if (publicKey === undefined) continue;
    answers[index * RESPONSE_BYTES] = 1;
    answers.set(addressOfPublicKey(publicKey), index * RESPONSE_BYTES + 1);
  }
  return answers;
}

/** The signer of one request of a batch, or undefined when its signature belongs to no key. */
export function unpackAnswer(answers: Uint8Array, index: number): Address | undefined {
  const start = index * RESPONSE_BYTES;
  return answers[start] === 1 ? (answers.slice(start + 1, start + RESPONSE_BYTES) as Uint8Array as Address) : undefined;
}
