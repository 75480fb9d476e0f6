// The proofs of blobs that arrive (EIP-4844, EIP-7594), checked on the main thread: some 20 ms for each blob. So they wait for one
// another, between two blobs everything else has its turn, and no more may wait than are checked in a second or two.
import { loadKzg } from '../../primitives/crypto/kzg.ts';
import { ChainError } from '../../primitives/errors.ts';
import { checkBlobProof, checkSidecarParts } from '../block/sidecar.ts';
import type { BlobSidecar, Transaction } from '../block/types.ts';

export class SidecarChecks {
  readonly #blobsMax: number;
  #blobs = 0;
  #last: Promise<void> = Promise.resolve();

  /** @param blobsMax how many blobs may wait, those being checked included */
  constructor(blobsMax: number) {
    this.#blobsMax = blobsMax;
  }

  /**
   * Checks that the sidecar belongs to the transaction and that its proofs hold, after those that came before it.
   * @throws ChainError `INVALID_SIDECAR`, or `TOO_MANY_SUBMISSIONS` when more blobs would wait than may
   */
  async verify(transaction: Transaction, sidecar: BlobSidecar): Promise<void> {
    checkSidecarParts(transaction, sidecar);
    const count = sidecar.blobs.length;
    if (this.#blobs + count > this.#blobsMax) {
      const message = `too many blobs are being checked: at most ${this.#blobsMax} at once, ${this.#blobs} are and this transaction has ${count}; send it again in a moment`;
      throw new ChainError('TOO_MANY_SUBMISSIONS', message, { blobs: this.#blobs });
    }
    this.#blobs += count;
    const check = this.#last.then(() => checkProofs(sidecar));
    this.#last = check.catch(() => undefined);
    try {
      await check;
    } finally {
      this.#blobs -= count;
    }
  }
}

async function checkProofs(sidecar: BlobSidecar): Promise<void> {
  const kzg = await loadKzg();
  for (let index = 0; index < sidecar.blobs.length; index++) {
    await new Promise<void>((resolve) => setImmediate(resolve));
    checkBlobProof(sidecar, index, kzg);
  }
}
