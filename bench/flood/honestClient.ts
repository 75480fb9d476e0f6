// Somebody with a wallet: reads, sends transfers at a usual price, and waits for them, while others attack.
import { DEV_ACCOUNTS } from '../../genesis/devGenesis.ts';
import { signTransaction } from '../../node/block/transaction.ts';
import { bytesToHex, EMPTY_BYTES, toAddress } from '../../primitives/bytes.ts';
import { RpcClient } from '../harness/rpcClient.ts';
import { pause } from './attack.ts';

const ROUND_MS = 100;
/** More than the attackers of the pool pay. */
const TIP_WEI = 10n ** 9n;
const SENDS_PER_ROUND = 2;

export interface HonestFigures {
  /** Of reads and of sending, each in milliseconds. */
  readonly latenciesMs: readonly number[];
  /** From sending to the block, in milliseconds. */
  readonly inclusionsMs: readonly number[];
  readonly failures: readonly string[];
  /** Longest time without a new block, in milliseconds. */
  readonly longestGapMs: number;
}

export class HonestClient {
  readonly #client: RpcClient;
  readonly #account = DEV_ACCOUNTS[0] as (typeof DEV_ACCOUNTS)[number];
  #nonce = 0n;

  constructor(url: string) {
    this.#client = new RpcClient(url);
  }

  /** Goes on for `milliseconds`, then waits for what it has sent. */
  async run(milliseconds: number): Promise<HonestFigures> {
    const latenciesMs: number[] = [];
    const inclusionsMs: number[] = [];
    const failures: string[] = [];
    const waiting = new Map<string, number>();
    let head = '';
    let headMs = performance.now();
    let longestGapMs = 0;
    const timed = async <Value>(method: string, params: readonly unknown[]): Promise<Value | undefined> => {
      const begunMs = performance.now();
      try {
        return await this.#client.call<Value>(method, params);
      } catch (error) {
        failures.push(error instanceof Error ? error.message : String(error));
        return undefined;
      } finally {
        latenciesMs.push(performance.now() - begunMs);
      }
    };
    const end = performance.now() + milliseconds;
    // What has been sent must be included; a node that forgets it is not waited for for ever.
    const lastMs = end + 30_000;
    while (performance.now() < end || (waiting.size > 0 && performance.now() < lastMs)) {
      const number = await timed<string>('eth_blockNumber', []);
      if (number !== undefined && number !== head) {
        if (head !== '') longestGapMs = Math.max(longestGapMs, performance.now() - headMs);
        head = number;
        headMs = performance.now();
      }
      await timed('eth_getBalance', [bytesToHex(this.#account.address), 'latest']);
      for (let i = 0; i < SENDS_PER_ROUND && performance.now() < end; i++) {
        const hash = await timed<string>('eth_sendRawTransaction', [this.#transfer()]);
        if (hash === undefined) continue;
        this.#nonce++;
        waiting.set(hash, performance.now());
      }
      const [oldest] = waiting;
      // Nonces are included in order: only where the oldest is, others can be.
      if (oldest !== undefined && (await timed('eth_getTransactionReceipt', [oldest[0]])))
        await this.#settle(waiting, inclusionsMs);
      await pause(ROUND_MS);
    }
    for (const hash of waiting.keys()) failures.push(`not included: ${hash.slice(0, 10)}`);
    return { latenciesMs, inclusionsMs, failures, longestGapMs };
  }

  close(): void {
    this.#client.close();
  }

  async #settle(waiting: Map<string, number>, inclusionsMs: number[]): Promise<void> {
    for (const [hash, sentMs] of [...waiting]) {
      if (!(await this.#client.call('eth_getTransactionReceipt', [hash]).catch(() => undefined))) return;
      inclusionsMs.push(performance.now() - sentMs);
      waiting.delete(hash);
    }
  }

  #transfer(): string {
    const unsigned = {
      type: 2,
      chainId: 4766n,
      nonce: this.#nonce,
      gasLimit: 21_000n,
      maxFeePerGas: 100n * TIP_WEI,
      maxPriorityFeePerGas: TIP_WEI,
      to: toAddress(new Uint8Array(20).fill(0x77)),
      value: 1n,
      data: EMPTY_BYTES,
      accessList: [],
      authorizationList: [],
      blobVersionedHashes: [],
      maxFeePerBlobGas: 0n,
    } as const;
    return bytesToHex(signTransaction(unsigned, this.#account.privateKey).raw);
  }
}
