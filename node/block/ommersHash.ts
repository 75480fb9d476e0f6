// What a header says about ommers when there are none: always, from Paris on (EIP-3675).
import { parseHash } from '../../primitives/bytes.ts';
import type { Hash } from '../../primitives/types.ts';

/** keccak256(rlp([])). */
export const EMPTY_OMMERS_HASH: Hash = parseHash('0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347');
