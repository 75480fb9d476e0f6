// Who else may speak for an identity (delegates) and who may use its data (grants). Both end with their ownership epoch.
import { equalBytes, ZERO_HASH } from '../../../primitives/bytes.ts';
import { authorise } from '../authorise.ts';
import { METHOD_GAS } from '../gas.ts';
import { isZero } from '../identity.ts';
import { AUTH_LIMITS, DELEGATES_MAX, type DidMethods, PURPOSES_ALL } from '../types.ts';

const NOBODY = { purposes: 0, until: 0n, ownershipEpoch: 0n } as const;

export const accessMethods: DidMethods<'addDelegate' | 'revokeDelegate' | 'grantAccess'> = {
  addDelegate: {
    gas: METHOD_GAS,
    limits: AUTH_LIMITS,
    run: (context, { id, who, purposes, until, a }) => {
      const identity = authorise(context, id, a, (nonce, deadline) => ({
        name: 'AddDelegate',
        values: () => ({ identity: id, delegate: who, purposes, until, nonce, deadline }),
      }));
      if (isZero(who) || equalBytes(who, id)) context.fail('InvalidDelegate', { who });
      if (purposes === 0 || purposes > PURPOSES_ALL) context.fail('InvalidPurposes', { keyType: 0, purposes });
      if (until <= context.block.timestampSeconds) context.fail('InvalidExpiry', { until });
      const { ownershipEpoch } = identity.owner;
      const former = identity.slots.delegate(who);
      const isNew = former.purposes === 0 || former.ownershipEpoch !== ownershipEpoch;
      const delegateCount = identity.head.delegateCount + (isNew ? 1 : 0);
      if (delegateCount > DELEGATES_MAX) context.fail('TooManyDelegates', { limit: BigInt(DELEGATES_MAX) });
      identity.slots.setDelegate(who, { purposes, until, ownershipEpoch });
      identity.head = { ...identity.head, delegateCount };
      identity.save();
      context.emit('DelegateAdded', { identity: id, who, purposes, until, ownershipEpoch });
    },
  },

  revokeDelegate: {
    gas: METHOD_GAS,
    limits: AUTH_LIMITS,
    run: (context, { id, who, a }) => {
      const identity = authorise(context, id, a, (nonce, deadline) => ({
        name: 'RevokeDelegate',
        values: () => ({ identity: id, delegate: who, nonce, deadline }),
      }));
      const { purposes, ownershipEpoch } = identity.slots.delegate(who);
      if (purposes === 0 || ownershipEpoch !== identity.owner.ownershipEpoch) {
        context.fail('UnknownDelegate', { identity: id, who });
      }
      identity.slots.setDelegate(who, NOBODY);
      identity.head = { ...identity.head, delegateCount: identity.head.delegateCount - 1 };
      identity.save();
      context.emit('DelegateRevoked', { identity: id, who });
    },
  },

  /** Replaces what the grantee had; scopes 0 takes it away. */
  grantAccess: {
    gas: METHOD_GAS,
    limits: AUTH_LIMITS,
    run: (context, { id, who, scopes, until, termsHash, a }) => {
      const identity = authorise(context, id, a, (nonce, deadline) => ({
        name: 'GrantAccess',
        values: () => ({ identity: id, grantee: who, scopes, until, termsHash, nonce, deadline }),
      }));
      if (isZero(who)) context.fail('InvalidGrantee', { who });
      const isRevocation = scopes === 0n;
      if (!isRevocation && until <= context.block.timestampSeconds) context.fail('InvalidExpiry', { until });
      const { ownershipEpoch } = identity.owner;
      const grant = isRevocation
        ? { scopes: 0n, until: 0n, termsHash: ZERO_HASH, ownershipEpoch: 0n }
        : { scopes, until, termsHash, ownershipEpoch };
      identity.slots.setGrant(who, grant);
      identity.save();
      context.emit('AccessGranted', { identity: id, who, ownershipEpoch, ...grantOf(grant) });
    },
  },
};

function grantOf<Terms>({ scopes, until, termsHash }: { scopes: bigint; until: bigint; termsHash: Terms }) {
  return { scopes, until, termsHash };
}
