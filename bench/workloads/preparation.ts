// Senders with coins on a fresh chain.

import { bytesToHex } from '../../primitives/bytes.ts';
import { sendAndInclude } from '../harness/inclusion.ts';
import type { Peer } from '../harness/peers.ts';
import { RpcClient } from '../harness/rpcClient.ts';
import { makeSenders, type PresignedTransaction, presign, type Sender } from '../harness/senders.ts';
import type { RunningServer } from '../harness/server.ts';

/** As many as a busy pool has; each sends in turn, so that no sender waits for its own transaction before. */
const SENDER_COUNT = 100;
const FUNDING_WEI = 5n * 10n ** 18n;
export const TRANSFER_GAS = 21_000;

export const SENDERS: readonly Sender[] = makeSenders(SENDER_COUNT);

/** Gives every sender coins; returns the funder's next nonce. */
export async function fundSenders(server: RunningServer, peer: Peer): Promise<number> {
  const client = new RpcClient(server.url);
  try {
    const first = Number(
      await client.call<string>('eth_getTransactionCount', [bytesToHex(peer.funder.address), 'latest']),
    );
    await sendAndInclude(
      client,
      SENDERS.map(({ address }, index) =>
        presign(peer.chainId, peer.funder, {
          nonce: first + index,
          to: address,
          valueWei: FUNDING_WEI,
          gasLimit: TRANSFER_GAS,
        }),
      ),
    );
    return first + SENDER_COUNT;
  } finally {
    client.close();
  }
}

/** `count` transactions in sending order, the senders taking turns, from each sender's nonce `firstNonce` on. */
export function presignInTurns(
  count: number,
  firstNonce: number,
  sign: (sender: Sender, next: Sender, nonce: number) => PresignedTransaction,
): PresignedTransaction[] {
  return Array.from({ length: count }, (_, index) => {
    const place = index % SENDER_COUNT;
    const nonce = firstNonce + Math.floor(index / SENDER_COUNT);
    return sign(SENDERS[place] as Sender, SENDERS[(place + 1) % SENDER_COUNT] as Sender, nonce);
  });
}
