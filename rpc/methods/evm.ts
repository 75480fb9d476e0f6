// evm_*: the clock and the blocks of a dev chain, with the leniency of Anvil and Hardhat.
import type { DevApi } from '../../node/api.ts';
import type { RpcContext } from '../context.ts';
import { RPC_CODES, RpcError } from '../errors.ts';
import type { RpcLimits } from '../limits.ts';
import { type Methods, method } from '../method.ts';
import { boolean, field, lenientQuantity64, object, optional, type Parser } from '../params/values.ts';
import { quantityToRpc } from '../serialize/values.ts';

/** Longer intervals than a day are surely meant in another unit. */
const INTERVAL_MS_MAX = 86_400_000n;

interface MineOptions {
  readonly timestampSeconds?: bigint | undefined;
  readonly blocks?: bigint | undefined;
}

/** Hardhat gives the time of the block, Anvil and Ganache an object. */
const mineOptions: Parser<MineOptions> = (value, at) => {
  if (typeof value !== 'object') return { timestampSeconds: lenientQuantity64(value, at) };
  const from = object(value, at);
  return {
    timestampSeconds: field(from, 'timestamp', lenientQuantity64, at),
    blocks: field(from, 'blocks', lenientQuantity64, at),
  };
};

const mineOptionsOrNone: Parser<MineOptions> = (value, at) => optional(mineOptions, {})(value, at);

/**
 * Mines `count` blocks.
 * @throws RpcError -32005 for more than {@link RpcLimits.mineBlocksMax}
 */
export async function mineBlocks(
  dev: DevApi,
  limits: RpcLimits,
  count: bigint,
  intervalSeconds: bigint | undefined,
): Promise<void> {
  if (count > limits.mineBlocksMax)
    throw new RpcError(RPC_CODES.limitExceeded, `${count} blocks at once, at most ${limits.mineBlocksMax} are allowed`);
  if (count > 0n) await dev.mine(count, intervalSeconds);
}

export function setIntervalMining(dev: DevApi, milliseconds: bigint): void {
  if (milliseconds > INTERVAL_MS_MAX)
    throw new RpcError(
      RPC_CODES.invalidParams,
      `invalid argument 0: expected at most ${INTERVAL_MS_MAX} milliseconds, got ${milliseconds}`,
    );
  dev.setIntervalMining(Number(milliseconds));
}

export function evmMethods({ node, limits }: RpcContext, dev: DevApi): Methods {
  async function mine({ timestampSeconds, blocks }: MineOptions): Promise<string> {
    if (timestampSeconds !== undefined) setNextTimestamp(timestampSeconds);
    await mineBlocks(dev, limits, blocks ?? 1n, undefined);
    return '0x0';
  }
  function setNextTimestamp(seconds: bigint): void {
    const { timestampSeconds } = node.chain.head.header;
    if (seconds <= timestampSeconds)
      throw new RpcError(
        RPC_CODES.invalidParams,
        `invalid argument 0: expected a time after the head's ${timestampSeconds}, got ${seconds}`,
      );
    dev.setNextBlockTimestamp(seconds);
  }
  return {
    evm_snapshot: method([], () => quantityToRpc(dev.snapshot())),
    evm_revert: method([lenientQuantity64], (id) => dev.revert(id)),
    evm_mine: method([mineOptionsOrNone], mine),
    evm_increaseTime: method([lenientQuantity64], (seconds) => Number(dev.increaseTime(seconds))),
    evm_setNextBlockTimestamp: method([lenientQuantity64], (seconds) => {
      setNextTimestamp(seconds);
      return null;
    }),
    evm_setAutomine: method([boolean], (on) => {
      dev.setAutomine(on);
      return true;
    }),
    evm_setIntervalMining: method([lenientQuantity64], (milliseconds) => {
      setIntervalMining(dev, milliseconds);
      return true;
    }),
  };
}
