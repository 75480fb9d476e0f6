// A chain reader over an imported chain's head, as far as calls need one.
import type { CallApi, CallRequest } from '../../../../node/api.ts';
import type { ChainReader } from '../../../../node/chain/chainReader.ts';
import { type CallDependencies, createCallApi } from '../../../../node/execution/calls.ts';
import { hexToBytes, parseAddress, toHash } from '../../../../primitives/bytes.ts';
import type { ImportedChain } from './foreignChain.ts';

export function readerOf(chain: ImportedChain): ChainReader {
  const sealed = (number: bigint) => {
    const header = chain.headers[Number(number)];
    return header && { header, hash: chain.hashes[Number(number)]! };
  };
  const reader: Pick<ChainReader, 'spec' | 'genesisHash' | 'head' | 'headerByNumber' | 'stateAt'> = {
    spec: chain.spec,
    genesisHash: chain.hashes[0]!,
    get head() {
      return sealed(BigInt(chain.headers.length - 1))!;
    },
    headerByNumber: sealed,
    stateAt: () => chain.state.reader,
  };
  return reader as ChainReader;
}

export function callsOf(chain: ImportedChain, dependencies: Partial<CallDependencies> = {}): CallApi {
  return createCallApi({
    chain: readerOf(chain),
    precompilesAt: () => [],
    alarm: () => undefined,
    nowMs: () => performance.now(),
    ...dependencies,
  });
}

type JsonCall = Readonly<Record<string, string>> & {
  readonly blobVersionedHashes?: readonly string[];
  readonly authorizationList?: readonly Readonly<Record<string, string>>[];
};

/** A JSON-RPC call object as the API takes it. */
export function requestOf(json: JsonCall): CallRequest {
  const integer = (value: string | undefined) => (value === undefined ? undefined : BigInt(value));
  const data = json.input ?? json.data;
  return {
    from: json.from === undefined ? undefined : parseAddress(json.from),
    to: json.to === undefined ? undefined : parseAddress(json.to),
    gas: integer(json.gas),
    gasPrice: integer(json.gasPrice),
    maxFeePerGas: integer(json.maxFeePerGas),
    maxPriorityFeePerGas: integer(json.maxPriorityFeePerGas),
    maxFeePerBlobGas: integer(json.maxFeePerBlobGas),
    value: integer(json.value),
    data: data === undefined ? undefined : hexToBytes(data),
    blobVersionedHashes: json.blobVersionedHashes?.map((hash) => toHash(hexToBytes(hash))),
    authorizationList: json.authorizationList?.map((tuple) => ({
      chainId: BigInt(tuple.chainId!),
      address: parseAddress(tuple.address!),
      nonce: BigInt(tuple.nonce!),
      yParity: BigInt(tuple.yParity!),
      r: BigInt(tuple.r!),
      s: BigInt(tuple.s!),
    })),
  };
}
