// Modules that only some work needs, loaded when it is first done, so that a program starts quickly.
import { createRequire } from 'node:module';
import { InvariantError, messageOf } from './errors.ts';

const require = createRequire(import.meta.url);

/**
 * A library that is loaded at the first call, at once and in the same turn: whoever computes cannot wait.
 * The call throws InvariantError when this machine cannot load it. That says nothing about the input at hand, so it must not be
 * made inside anything that takes an exception for "invalid".
 */
export function lazyModule<Module>(name: string): () => Module {
  let loaded: { readonly module: Module } | undefined;
  return () => {
    loaded ??= { module: load(name) as Module };
    return loaded.module;
  };
}

function load(name: string): unknown {
  try {
    return require(name);
  } catch (error) {
    throw new InvariantError(`cannot load ${name}: ${messageOf(error)}; install the dependencies again`, {
      cause: error,
    });
  }
}
