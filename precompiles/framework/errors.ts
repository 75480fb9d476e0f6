// The refusals that every precompile shares. They stand in each ABI, so that callers decode them like its own.
export const FRAMEWORK_ERRORS = [
  /** Called by DELEGATECALL or CALLCODE: the code would run as another account (chain-peers S8–S10). */
  { type: 'error', name: 'DelegateCallNotAllowed', inputs: [] },
  /** A method that writes was called in a static context. */
  { type: 'error', name: 'WriteInStaticCall', inputs: [] },
  /** Value was sent to a method that is not payable. */
  { type: 'error', name: 'ValueNotAccepted', inputs: [{ name: 'value', type: 'uint256' }] },
  /** The first four bytes name no method; missing bytes read as zero. */
  { type: 'error', name: 'UnknownSelector', inputs: [{ name: 'selector', type: 'bytes4' }] },
  /** Calldata is not the one canonical encoding; `offset` is the byte where it stops being so, counted after the selector. */
  { type: 'error', name: 'InvalidCalldata', inputs: [{ name: 'offset', type: 'uint256' }] },
  /** A length in calldata is above what the method takes. */
  {
    type: 'error',
    name: 'LengthOverLimit',
    inputs: [
      { name: 'offset', type: 'uint256' },
      { name: 'length', type: 'uint256' },
      { name: 'limit', type: 'uint256' },
    ],
  },
] as const;

/** Ends a call as a revert with ABI-encoded error data. Thrown by `context.fail` and the codec, caught by the framework. */
export class PrecompileRevert extends Error {
  override readonly name = 'PrecompileRevert';
  readonly output: Uint8Array;

  constructor(errorName: string, output: Uint8Array) {
    super(errorName);
    this.output = output;
  }
}
