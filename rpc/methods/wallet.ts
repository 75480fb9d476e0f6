// eth_* and personal_* of unlocked accounts. Dev chains only: their keys are public.
import type { DevApi } from '../../node/api.ts';
import { signTransaction } from '../../node/block/transaction.ts';
import { bytesToHex, concatBytes, utf8ToBytes } from '../../primitives/bytes.ts';
import { keccak256 } from '../../primitives/crypto/keccak.ts';
import { signDigest } from '../../primitives/crypto/secp256k1.ts';
import type { Address, Hash, Hex } from '../../primitives/types.ts';
import type { RpcContext } from '../context.ts';
import { RPC_CODES, RpcError } from '../errors.ts';
import { type Methods, method } from '../method.ts';
import { lenientCallRequest, type TransactionRequest } from '../params/call.ts';
import { address, bytes, optional, type Parser, text } from '../params/values.ts';
import { asCallRequest, completeTransaction } from '../transactionRequests.ts';
import { typedData, typedDataDigest } from '../typedData.ts';

/** An instant block takes milliseconds; a transaction that waits longer waits for something else. */
const INSTANT_WAIT_MS = 2_000;

/** EIP-191 version 0x45. */
function personalDigest(message: Uint8Array): Hash {
  return keccak256(concatBytes(utf8ToBytes(`\u0019Ethereum Signed Message:\n${message.length}`), message));
}

/** r ‖ s ‖ v with v 27 or 28, as wallets answer. */
function signature(digest: Hash, privateKey: Uint8Array): Hex {
  const { signature: rs, recovery } = signDigest(digest, privateKey);
  return bytesToHex(concatBytes(rs, Uint8Array.of(27 + recovery)));
}

/** A message as hex, or as the text itself, which some wallets send. */
const message: Parser<Uint8Array> = (value, at) =>
  typeof value === 'string' && !/^0x([0-9a-fA-F]{2})*$/.test(value) ? utf8ToBytes(text(value, at)) : bytes(value, at);

export function walletMethods({ node }: RpcContext, dev: DevApi): Methods {
  let lastSubmission: Promise<unknown> = Promise.resolve();

  function keyOf(account: Address): Uint8Array {
    const key = dev.privateKey(account);
    if (key !== undefined) return key;
    throw new RpcError(
      RPC_CODES.serverError,
      `unknown account ${bytesToHex(account)}: this node has no key for it; use one of eth_accounts`,
    );
  }
  function sender(request: TransactionRequest): Address {
    const from = request.from ?? dev.accounts[0];
    if (from !== undefined) return from;
    throw new RpcError(RPC_CODES.invalidParams, 'invalid argument 0.from: expected an address, got nothing');
  }
  async function submit(request: TransactionRequest): Promise<Hash> {
    const from = sender(request);
    if (dev.isImpersonated(from)) {
      const complete = await completeTransaction(node, request, from);
      return dev.submitImpersonated(from, asCallRequest(complete, from));
    }
    const key = keyOf(from);
    const signed = signTransaction(await completeTransaction(node, request, from), key);
    return node.submitRawTransaction(signed.raw);
  }
  /**
   * One after the other, so that two requests at once do not get the same nonce. Where blocks are instant the answer
   * waits for the block, since scripts written for Hardhat read the effect right after it.
   */
  async function sendTransaction(request: TransactionRequest): Promise<Hex> {
    const submission = lastSubmission.then(() => submit(request));
    lastSubmission = submission.catch(() => undefined);
    const hash = await submission;
    if (dev.automine && node.pool.get(hash)?.pending !== false) await node.waitForReceipt(hash, INSTANT_WAIT_MS);
    return bytesToHex(hash);
  }
  async function sign(request: TransactionRequest): Promise<Hex> {
    const from = sender(request);
    const key = keyOf(from);
    return bytesToHex(signTransaction(await completeTransaction(node, request, from), key).raw);
  }
  function signMessage(account: Address, content: Uint8Array): Hex {
    return signature(personalDigest(content), keyOf(account));
  }

  return {
    eth_sendTransaction: method([lenientCallRequest], sendTransaction),
    eth_signTransaction: method([lenientCallRequest], sign),
    eth_sign: method([address, message], signMessage),
    personal_sign: method([message, address, optional(text, '')], (content, account) => signMessage(account, content)),
    eth_signTypedData_v4: method([address, typedData], (account, data) =>
      signature(typedDataDigest(data), keyOf(account)),
    ),
  };
}
