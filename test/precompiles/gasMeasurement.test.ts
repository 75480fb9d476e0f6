// What native work costs on this machine, next to what it is charged: the figures of the READMEs. Run it alone on a quiet
// machine: MEASURE_GAS=1 npx vitest run test/precompiles/gasMeasurement.test.ts
import { describe, it } from 'vitest';
import { KEY_CHECK_GAS, SIGNATURE_GAS } from '../../precompiles/did/gas.ts';
import { isPublicKey, signedAction, signedDigest, verifySignature } from '../../precompiles/did/signatures.ts';
import type { DidReadContext, KeyType } from '../../precompiles/did/types.ts';
import { decodeParameters } from '../../precompiles/framework/abi.ts';
import { compileInputs } from '../../precompiles/framework/abiNode.ts';
import { bytesToHex } from '../../primitives/bytes.ts';
import { createMclBackend } from '../../primitives/crypto/secp256k1/mclBackend.ts';
import type { Hash } from '../../primitives/types.ts';
import { KEY_KINDS, type KeyKind } from './support/deviceKeys.ts';
import { DidChain, didData, keyArgs, keyedSignature, OWNER } from './support/didChain.ts';

/** CPU microseconds of one run: the least of five rounds after a warm-up. */
function microseconds(work: () => void, runs: number): number {
  for (let i = 0; i < runs; i++) work();
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round++) {
    const start = process.cpuUsage();
    for (let i = 0; i < runs; i++) work();
    const { user, system } = process.cpuUsage(start);
    least = Math.min(least, (user + system) / runs);
  }
  return least;
}

function report(name: string, measured: number, gas?: bigint): void {
  const charged = gas === undefined ? '' : `charged ${Number(gas) / 10} µs`;
  console.log(`${name.padEnd(52)} ${measured.toFixed(1).padStart(9)} µs   ${charged}`);
}

const chain = new DidChain();
const context = {
  chain: chain.host,
  self: chain.precompile.address,
  charge: () => undefined,
} as unknown as DidReadContext;

describe.skipIf(process.env.MEASURE_GAS === undefined)('measured', () => {
  it('signatures and keys', () => {
    for (const kind of Object.keys(KEY_KINDS) as KeyKind[]) {
      const key = KEY_KINDS[kind]('measured');
      const digest = new Uint8Array(32).fill(0x5a) as Hash;
      const content = signedDigest(digest);
      const signature = key.signDigest(digest);
      const runs = key.keyType > 2 ? 20 : 200;
      const verify = () => verifySignature(context, key.keyType, key.publicKey, content, signature);
      if (!verify()) throw new Error(`${kind} does not verify`);
      report(`${kind}: verify over a digest`, microseconds(verify, runs), SIGNATURE_GAS[key.keyType]);
      const wrong = signature.slice();
      wrong[5] = (wrong[5] as number) ^ 1;
      const reject = () => verifySignature(context, key.keyType, key.publicKey, content, wrong);
      report(`${kind}: refuse an altered signature`, microseconds(reject, runs), SIGNATURE_GAS[key.keyType]);
      const other = signedDigest(new Uint8Array(32).fill(0x5b) as Hash);
      const refuse = () => verifySignature(context, key.keyType, key.publicKey, other, signature);
      report(`${kind}: refuse another digest`, microseconds(refuse, runs), SIGNATURE_GAS[key.keyType]);
      const check = () => isPublicKey(context, key.keyType, key.publicKey);
      report(`${kind}: check the key`, microseconds(check, runs), KEY_CHECK_GAS[key.keyType as KeyType]);
    }
    const p256 = KEY_KINDS.p256('measured');
    const payload = chain.actionPayload('Resume', bytesToHex(OWNER.address), () => ({}), {});
    const action = {
      name: 'Resume',
      values: () => ({ identity: OWNER.address, nonce: 0n, deadline: chain.now + 3600n }),
    } as const;
    const signature = p256.sign(payload);
    const verify = () => verifySignature(context, 2, p256.publicKey, signedAction(context, action), signature);
    if (!verify()) throw new Error('p256 message does not verify');
    report('p256: typed data, message, key import', microseconds(verify, 200), SIGNATURE_GAS[2]);
    const mcl = createMclBackend();
    const account = KEY_KINDS.secp256k1('measured');
    const digest = new Uint8Array(32).fill(3);
    const signed = account.signDigest(digest);
    const recovery = signed[64] === 28 ? 1 : 0;
    report(
      'secp256k1: recover on the portable backend',
      microseconds(() => mcl.recover(digest, signed.subarray(0, 64), recovery), 100),
      SIGNATURE_GAS[1],
    );
    report(
      'typed data of one action, Keccak-256',
      microseconds(() => signedAction(context, action), 500),
    );
  });

  it('decoding', () => {
    const fields = compileInputs(
      [
        { name: 'b', type: 'bytes' },
        { name: 'w', type: 'uint64[]' },
      ],
      { b: 4096, w: 256 },
    );
    const word = (value: number): string => value.toString(16).padStart(64, '0');
    const bytes = Buffer.from(word(64) + word(96) + word(0) + word(128) + word(7).repeat(128), 'hex');
    report(
      `decode 128 words (${bytes.length} bytes)`,
      microseconds(() => decodeParameters(fields, bytes), 200),
    );
    const long = Buffer.from(word(64) + word(96 + 4096) + word(4096) + 'ab'.repeat(4096) + word(0), 'hex');
    report(
      `decode 4096 bytes`,
      microseconds(() => decodeParameters(fields, long), 200),
    );
  });

  it('methods, their slots in memory', () => {
    const measure = (name: string, prepare: (chain: DidChain) => { data: Uint8Array; valueWei?: bigint }): void => {
      const own = new DidChain();
      const { data, valueWei = 0n } = prepare(own);
      const mark = own.host.mark();
      let gas = 0n;
      let work = 0;
      const run = () => {
        const result = own.raw(data, { valueWei });
        if (result.outcome !== 'success') throw new Error(`${name}: ${result.outcome}`);
        gas = result.gasUsed;
        work = result.workMicroseconds;
        own.host.revertTo(mark);
      };
      const measured = microseconds(run, 400);
      report(`${name} (gas ${gas})`, measured, BigInt(work) * 10n);
      console.log(`${''.padEnd(52)} gas ${gas}, work charged ${work} µs`);
    };
    measure('register, P-256, direct', (c) => ({ data: didData('register', c.registerArgs(KEY_KINDS.p256('d'))) }));
    measure('register, P-256, long document', (c) => ({
      data: didData(
        'register',
        c.registerArgs(KEY_KINDS.p256('d'), { docUri: 'u'.repeat(256), docHash: `0x${'11'.repeat(32)}` }),
      ),
    }));
    measure('setPayee, direct', (c) => ({
      data: didData('setPayee', [
        c.register(KEY_KINDS.p256('d')),
        bytesToHex(OWNER.address).replace(/.$/, '1'),
        c.direct(),
      ]),
    }));
    measure('setService, 512 bytes', (c) => ({
      data: didData('setService', [
        c.register(KEY_KINDS.p256('d')),
        { id: `0x${'01'.repeat(32)}`, kind: 'k'.repeat(64), endpoint: 'e'.repeat(512) },
        c.direct(),
      ]),
    }));
    measure('resolve, one key', (c) => ({ data: didData('resolve', [c.register(KEY_KINDS.p256('d'))]) }));
    measure('nonces', (c) => ({ data: didData('nonces', [c.register(KEY_KINDS.p256('d'))]) }));
    measure('identityOf, P-256', () => ({
      data: didData('identityOf', [2, bytesToHex(KEY_KINDS.p256('d').publicKey)]),
    }));
    measure('isValidSignature, P-256', (c) => {
      const key = KEY_KINDS.p256('d');
      const digest = new Uint8Array(32).fill(9);
      const sig = keyedSignature(1, key.signDigest(digest));
      return { data: didData('isValidSignature', [c.register(key), 1, bytesToHex(digest), bytesToHex(sig)]) };
    });
    measure('addKey, P-256', (c) => {
      const id = c.register(KEY_KINDS.p256('d'));
      const key = KEY_KINDS.p256('e');
      const k = keyArgs(key);
      return { data: didData('addKey', [id, k, c.keyProof(key, k, 'AddKey', id), c.direct()]) };
    });
    measure('resolve, full', (c) => {
      const id = c.register(KEY_KINDS.p256('d'), { docUri: 'u'.repeat(256), docHash: `0x${'11'.repeat(32)}` });
      for (let i = 0; i < 15; i++) c.addKey(id, KEY_KINDS.p256(`k${i}`));
      for (let i = 1; i <= 8; i++) {
        const service = { id: `0x${`0${i}`.repeat(32)}`, kind: 'k'.repeat(64), endpoint: 'e'.repeat(512) };
        c.call('setService', [id, service, c.direct()]);
      }
      return { data: didData('resolve', [id]) };
    });
  });
});
