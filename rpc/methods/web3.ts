// web3_*: who answers, and a hash.
import { bytesToHex } from '../../primitives/bytes.ts';
import { keccak256 } from '../../primitives/crypto/keccak.ts';
import type { RpcContext } from '../context.ts';
import { type Methods, method } from '../method.ts';
import { bytes } from '../params/values.ts';

export function web3Methods({ node }: RpcContext): Methods {
  return {
    web3_clientVersion: method([], () => node.clientVersion),
    web3_sha3: method([bytes], (data) => bytesToHex(keccak256(data))),
  };
}
