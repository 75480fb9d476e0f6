// The compression function F of BLAKE2b (RFC 7693 §3.2) with any number of rounds, as EIP-152 wants it, in AssemblyScript.
// The 16 words of work live in locals for many rounds. A round takes the message words in one of ten orders; they are laid
// out in all of these first, so that no round looks an index up.
//
// Memory: input at 0 (EIP-152: rounds 4, h 64, m 128, t 16, final flag 1), output at 256, words of work at 384, the message
// in the order of each round from 512 to 1,792. The compiler's --memoryBase (61,440) puts the constants behind all of it.

const STATE: usize = 4;
const MESSAGE: usize = 68;
const COUNTER: usize = 196;
const FLAG: usize = 212;
const OUTPUT: usize = 256;
const WORK: usize = 384;
const ORDERED: usize = 512;
const ORDER_BYTES: usize = 128;
const ORDERS: u32 = 10;

const IV: usize = memory.data<u64>([
  0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
  0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
]);

const SIGMA: usize = memory.data<u8>([
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
  14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3,
  11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4,
  7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8,
  9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13,
  2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9,
  12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11,
  13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10,
  6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5,
  10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0,
]);

/** Writes the message words once for each order that `rounds` rounds need. */
function orderMessage(rounds: u32): void {
  const words: usize = <usize>min<u32>(rounds, ORDERS) * 16;
  for (let i: usize = 0; i < words; i++)
    store<u64>(ORDERED + i * 8, load<u64>(MESSAGE + <usize>load<u8>(SIGMA + i) * 8));
}

/** Begins with what stands in the input area; returns the rounds that it asks for. */
export function start(): u32 {
  store<u64>(WORK, load<u64>(STATE, 0), 0);
  store<u64>(WORK, load<u64>(STATE, 8), 8);
  store<u64>(WORK, load<u64>(STATE, 16), 16);
  store<u64>(WORK, load<u64>(STATE, 24), 24);
  store<u64>(WORK, load<u64>(STATE, 32), 32);
  store<u64>(WORK, load<u64>(STATE, 40), 40);
  store<u64>(WORK, load<u64>(STATE, 48), 48);
  store<u64>(WORK, load<u64>(STATE, 56), 56);
  store<u64>(WORK, load<u64>(IV, 0), 64);
  store<u64>(WORK, load<u64>(IV, 8), 72);
  store<u64>(WORK, load<u64>(IV, 16), 80);
  store<u64>(WORK, load<u64>(IV, 24), 88);
  store<u64>(WORK, load<u64>(IV, 32) ^ load<u64>(COUNTER, 0), 96);
  store<u64>(WORK, load<u64>(IV, 40) ^ load<u64>(COUNTER, 8), 104);
  store<u64>(WORK, load<u8>(FLAG) ? ~load<u64>(IV, 48) : load<u64>(IV, 48), 112);
  store<u64>(WORK, load<u64>(IV, 56), 120);
  const rounds = bswap<u32>(load<u32>(0));
  orderMessage(rounds);
  return rounds;
}

/** Runs `rounds` rounds; those run before are a multiple of ten. */
export function mix(rounds: u32): void {
  let v0 = load<u64>(WORK, 0);
  let v1 = load<u64>(WORK, 8);
  let v2 = load<u64>(WORK, 16);
  let v3 = load<u64>(WORK, 24);
  let v4 = load<u64>(WORK, 32);
  let v5 = load<u64>(WORK, 40);
  let v6 = load<u64>(WORK, 48);
  let v7 = load<u64>(WORK, 56);
  let v8 = load<u64>(WORK, 64);
  let v9 = load<u64>(WORK, 72);
  let v10 = load<u64>(WORK, 80);
  let v11 = load<u64>(WORK, 88);
  let v12 = load<u64>(WORK, 96);
  let v13 = load<u64>(WORK, 104);
  let v14 = load<u64>(WORK, 112);
  let v15 = load<u64>(WORK, 120);
  let words = ORDERED;
  for (let round: u32 = 0; round < rounds; round++) {
    // columns
    v0 += v4 + load<u64>(words, 0);
    v12 = rotr<u64>(v12 ^ v0, 32);
    v8 += v12;
    v4 = rotr<u64>(v4 ^ v8, 24);
    v1 += v5 + load<u64>(words, 16);
    v13 = rotr<u64>(v13 ^ v1, 32);
    v9 += v13;
    v5 = rotr<u64>(v5 ^ v9, 24);
    v2 += v6 + load<u64>(words, 32);
    v14 = rotr<u64>(v14 ^ v2, 32);
    v10 += v14;
    v6 = rotr<u64>(v6 ^ v10, 24);
    v3 += v7 + load<u64>(words, 48);
    v15 = rotr<u64>(v15 ^ v3, 32);
    v11 += v15;
    v7 = rotr<u64>(v7 ^ v11, 24);
    v0 += v4 + load<u64>(words, 8);
    v12 = rotr<u64>(v12 ^ v0, 16);
    v8 += v12;
    v4 = rotr<u64>(v4 ^ v8, 63);
    v1 += v5 + load<u64>(words, 24);
    v13 = rotr<u64>(v13 ^ v1, 16);
    v9 += v13;
    v5 = rotr<u64>(v5 ^ v9, 63);
    v2 += v6 + load<u64>(words, 40);
    v14 = rotr<u64>(v14 ^ v2, 16);
    v10 += v14;
    v6 = rotr<u64>(v6 ^ v10, 63);
    v3 += v7 + load<u64>(words, 56);
    v15 = rotr<u64>(v15 ^ v3, 16);
    v11 += v15;
    v7 = rotr<u64>(v7 ^ v11, 63);
    // diagonals
    v0 += v5 + load<u64>(words, 64);
    v15 = rotr<u64>(v15 ^ v0, 32);
    v10 += v15;
    v5 = rotr<u64>(v5 ^ v10, 24);
    v1 += v6 + load<u64>(words, 80);
    v12 = rotr<u64>(v12 ^ v1, 32);
    v11 += v12;
    v6 = rotr<u64>(v6 ^ v11, 24);
    v2 += v7 + load<u64>(words, 96);
    v13 = rotr<u64>(v13 ^ v2, 32);
    v8 += v13;
    v7 = rotr<u64>(v7 ^ v8, 24);
    v3 += v4 + load<u64>(words, 112);
    v14 = rotr<u64>(v14 ^ v3, 32);
    v9 += v14;
    v4 = rotr<u64>(v4 ^ v9, 24);
    v0 += v5 + load<u64>(words, 72);
    v15 = rotr<u64>(v15 ^ v0, 16);
    v10 += v15;
    v5 = rotr<u64>(v5 ^ v10, 63);
    v1 += v6 + load<u64>(words, 88);
    v12 = rotr<u64>(v12 ^ v1, 16);
    v11 += v12;
    v6 = rotr<u64>(v6 ^ v11, 63);
    v2 += v7 + load<u64>(words, 104);
    v13 = rotr<u64>(v13 ^ v2, 16);
    v8 += v13;
    v7 = rotr<u64>(v7 ^ v8, 63);
    v3 += v4 + load<u64>(words, 120);
    v14 = rotr<u64>(v14 ^ v3, 16);
    v9 += v14;
    v4 = rotr<u64>(v4 ^ v9, 63);
    words += ORDER_BYTES;
    if (words == ORDERED + ORDERS * ORDER_BYTES) words = ORDERED;
  }
  store<u64>(WORK, v0, 0);
  store<u64>(WORK, v1, 8);
  store<u64>(WORK, v2, 16);
  store<u64>(WORK, v3, 24);
  store<u64>(WORK, v4, 32);
  store<u64>(WORK, v5, 40);
  store<u64>(WORK, v6, 48);
  store<u64>(WORK, v7, 56);
  store<u64>(WORK, v8, 64);
  store<u64>(WORK, v9, 72);
  store<u64>(WORK, v10, 80);
  store<u64>(WORK, v11, 88);
  store<u64>(WORK, v12, 96);
  store<u64>(WORK, v13, 104);
  store<u64>(WORK, v14, 112);
  store<u64>(WORK, v15, 120);
}

/** Writes the new state to the output. */
export function finish(): void {
  for (let i: usize = 0; i < 64; i += 8)
    store<u64>(OUTPUT + i, load<u64>(STATE + i) ^ load<u64>(WORK + i) ^ load<u64>(WORK + i, 64));
}
