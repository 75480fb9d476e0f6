// gnomon_*: what only this chain has.
import { bytesToHex } from '../../primitives/bytes.ts';
import type { Address } from '../../primitives/types.ts';
import { requireHeader } from '../blockRefs.ts';
import type { RpcContext } from '../context.ts';
import { DEVICE_DID, device, deviceToRpc, resolveCalldata } from '../deviceDid.ts';
import { RPC_CODES, RpcError } from '../errors.ts';
import { type Methods, method } from '../method.ts';
import { type BlockRef, blockRef, LATEST } from '../params/block.ts';
import { optional } from '../params/values.ts';
import { quantityToRpc } from '../serialize/values.ts';
import { callError } from './ethCalls.ts';

export function gnomonMethods({ node }: RpcContext): Methods {
  const { chain } = node;

  function precompiles(): unknown {
    return node.precompiles.map(({ name, address, version, activationTimestampSeconds, abi, gas }) => ({
      name,
      address: bytesToHex(address),
      version,
      activationTime: quantityToRpc(activationTimestampSeconds),
      abi,
      gas: Object.fromEntries(Object.entries(gas).map(([signature, amount]) => [signature, quantityToRpc(amount)])),
    }));
  }
  /** Issued is what was minted beyond the genesis alloc: total = genesis + issued − burned. */
  function supply(): unknown {
    const { blockNumber, genesisWei, burnedFeesWei, totalWei } = node.supply();
    const issuedWei = totalWei + burnedFeesWei - genesisWei;
    return {
      blockNumber: quantityToRpc(blockNumber),
      total: quantityToRpc(totalWei),
      genesis: quantityToRpc(genesisWei),
      burnedFees: quantityToRpc(burnedFeesWei),
      issued: issuedWei < 0n ? `-${quantityToRpc(-issuedWei)}` : quantityToRpc(issuedWei),
    };
  }
  /** What DeviceDID resolves, at any block whose state is kept. */
  async function resolve(id: Address, ref: BlockRef): Promise<unknown> {
    const { number, timestampSeconds } = requireHeader(chain, ref).header;
    const precompile = node.precompiles.find(
      ({ name, activationTimestampSeconds }) => name === DEVICE_DID && activationTimestampSeconds <= timestampSeconds,
    );
    if (precompile === undefined)
      throw new RpcError(
        RPC_CODES.methodNotSupported,
        `${DEVICE_DID} is not in force at block ${number} of this chain`,
      );
    const request = { to: precompile.address, data: resolveCalldata(id) };
    const outcome = await node.calls.call(request, { blockNumber: number });
    if (outcome.outcome !== 'success') throw callError(outcome);
    return deviceToRpc(chain.spec.chainId, id, outcome.output);
  }
  const deviceId = device(chain.spec.chainId);
  const at = optional(blockRef, LATEST);
  return {
    gnomon_device: method([deviceId, at], resolve),
    gnomon_precompiles: method([], precompiles),
    gnomon_supply: method([], supply),
  };
}
