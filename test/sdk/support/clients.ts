// viem clients of the tests on a dev node in this process.
import { type Account, createWalletClient, type Hash, http, publicActions } from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { waitForTransactionReceipt } from 'viem/actions';
import { DEV_MNEMONIC } from '../../../genesis/devGenesis.ts';
import { gnomonActions } from '../../../sdk/actions.ts';
import { gnomonDev } from '../../../sdk/chain.ts';
import { deviceErrorOf } from '../../../sdk/errors.ts';

const account = (addressIndex: number) => mnemonicToAccount(DEV_MNEMONIC, { addressIndex });
export const OWNER = account(0);
export const BUYER = account(1);
export const RELAYER = account(2);
export const STRANGER = account(3);

/** A client of `account` with all of viem's and the SDK's actions; transactions are awaited quickly. */
export function clientOf(url: string, sender: Account) {
  const options = { chain: gnomonDev, transport: http(url), account: sender, pollingInterval: 20 };
  return createWalletClient(options).extend(publicActions).extend(gnomonActions());
}

export type TestClient = ReturnType<typeof clientOf>;

/** Waits until a transaction is in a block, and that it succeeded. */
export async function mined(
  client: TestClient,
  sent: Hash | { readonly hash: Hash } | Promise<Hash | { readonly hash: Hash }>,
) {
  const answer = await sent;
  const hash = typeof answer === 'string' ? answer : answer.hash;
  const receipt = await waitForTransactionReceipt(client, { hash });
  if (receipt.status !== 'success') throw new Error(`transaction ${hash} reverted`);
  return receipt;
}

/** The name of the custom error by which `attempt` is refused. */
export async function refusal(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
  } catch (error) {
    const found = deviceErrorOf(error);
    if (found === undefined) throw error;
    return found.name;
  }
  return 'nothing was refused';
}
