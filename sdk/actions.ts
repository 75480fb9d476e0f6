// All of DeviceDID on one client.
import { type GnomonPublicActions, gnomonPublicActions } from './publicActions.ts';
import type { GnomonClient } from './signingContext.ts';
import { type GnomonWalletActions, gnomonWalletActions } from './walletActions.ts';

/** Reads, signing helpers and changes. */
export type GnomonActions = GnomonPublicActions & GnomonWalletActions;

/**
 * Adds everything to a client: `createWalletClient(…).extend(gnomonActions())`. On a client without an account the changes
 * need an `account` each, and reads need none. `gnomonPublicActions` and `gnomonWalletActions` are its halves.
 */
export function gnomonActions() {
  return (client: GnomonClient): GnomonActions => ({
    ...gnomonPublicActions()(client),
    ...gnomonWalletActions()(client),
  });
}
