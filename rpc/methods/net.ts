// net_*: the network as other nodes see it.
import type { RpcContext } from '../context.ts';
import { type Methods, method } from '../method.ts';
import { quantityToRpc } from '../serialize/values.ts';

export function netMethods({ node }: RpcContext): Methods {
  return {
    net_version: method([], () => node.chain.spec.chainId.toString()),
    net_listening: method([], () => true),
    net_peerCount: method([], async () => quantityToRpc(await node.peerCount())),
  };
}
