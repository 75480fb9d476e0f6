import { describe, expect, it } from 'vitest';
import { InvariantError } from '../../primitives/errors.ts';
import { lazyModule } from '../../primitives/lazyModule.ts';

describe('lazyModule', () => {
  it('gives the module that an import gives', async () => {
    const required = lazyModule<typeof import('@noble/curves/ed25519.js')>('@noble/curves/ed25519.js')();
    const imported = await import('@noble/curves/ed25519.js');
    expect(required.ed25519).toBe(imported.ed25519);
  });

  it('fails as the machine when a library is not there, again and again', () => {
    const load = lazyModule<unknown>('a-library-that-nobody-installed');
    for (let i = 0; i < 2; i++) expect(load).toThrow(InvariantError);
    expect(load).toThrow('cannot load a-library-that-nobody-installed');
  });
});
