// The vocabulary of the chain. A brand costs nothing at run time; it only stops one kind of bytes or number from being
// passed for another. Branded values are made by the parse functions of bytes.ts and by trusted decoders.

declare const brand: unique symbol;
type Branded<Base, Name extends string> = Base & { readonly [brand]: Name };

/** 20 bytes. */
export type Address = Branded<Uint8Array, 'Address'>;
/** 32 bytes: a Keccak-256 hash, a root, or an identifier of the same width. */
export type Hash = Branded<Uint8Array, 'Hash'>;
/** An amount of the native coin in wei, never negative. */
export type Wei = bigint;
/** An amount of gas, never negative. */
export type Gas = bigint;

/** A hex string as JSON-RPC carries it: lower-case, `0x`-prefixed. */
export type Hex = `0x${string}`;
