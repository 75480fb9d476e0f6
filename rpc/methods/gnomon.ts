// gnomon_*: what only this chain has.
import { bytesToHex } from '../../primitives/bytes.ts';
import type { RpcContext } from '../context.ts';
import { type Methods, method } from '../method.ts';
import { quantityToRpc } from '../serialize/values.ts';

export function gnomonMethods({ node }: RpcContext): Methods {
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
  return {
    gnomon_precompiles: method([], precompiles),
    gnomon_supply: method([], supply),
  };
}
