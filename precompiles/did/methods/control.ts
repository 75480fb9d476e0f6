// Who controls an identity, whether it is in use, and the end of it.
import { equalBytes, ZERO_ADDRESS, ZERO_HASH } from '../../../primitives/bytes.ts';
import { authorise, requireConsent } from '../authorise.ts';
import { METHOD_GAS } from '../gas.ts';
import { isZero, OpenIdentity } from '../identity.ts';
import { IdentityWriter } from '../storage.ts';
import { AUTH_LIMITS, BOND_DISPUTE_WINDOW_SECONDS, type DidMethods, STATUS } from '../types.ts';

type ControlMethod = 'proposeController' | 'acceptController' | 'suspend' | 'resume' | 'deactivate' | 'withdrawBond';

export const controlMethods: DidMethods<ControlMethod> = {
  /** First step of a transfer; proposing the zero address takes a proposal back. */
  proposeController: {
    gas: METHOD_GAS,
    limits: AUTH_LIMITS,
    run: (context, { id, next, a }) => {
      const identity = authorise(context, id, a, (nonce, deadline) => ({
        name: 'ProposeController',
        values: () => ({ identity: id, next, nonce, deadline }),
      }));
      if (equalBytes(next, identity.owner.controller)) context.fail('InvalidController', { controller: next });
      identity.slots.setPending(next, 0n);
      identity.save();
      context.emit('ControllerProposed', { identity: id, next });
    },
  },

  /** Second step, by the one proposed. Grants and delegates of the former controller end, and future pay goes to the new one. */
  acceptController: {
    gas: METHOD_GAS,
    limits: AUTH_LIMITS,
    run: (context, { id, a }) => {
      const identity = new OpenIdentity(context, id);
      const { controller } = identity.slots.pending();
      if (isZero(controller)) context.fail('NoPendingController', { identity: id });
      const { nonce } = identity;
      requireConsent(context, id, controller, a, {
        name: 'AcceptController',
        values: () => ({ identity: id, controller, nonce, deadline: a.deadline }),
      });
      identity.transferTo(controller);
      identity.slots.setPayee(controller);
      identity.save();
      context.emit('PayeeChanged', { identity: id, payee: controller });
    },
  },

  /** Has no signed form: it is the emergency stop, and its caller is there. */
  suspend: {
    gas: METHOD_GAS,
    limits: {},
    run: (context, { id, reason }) => {
      const identity = new OpenIdentity(context, id);
      const { caller } = context;
      if (!equalBytes(caller, identity.owner.controller)) {
        context.fail('Unauthorized', { identity: id, account: caller });
      }
      identity.materialise();
      const { status } = identity.head;
      if (status !== STATUS.ACTIVE) context.fail('WrongStatus', { identity: id, status });
      identity.head = { ...identity.head, status: STATUS.SUSPENDED };
      identity.save();
      context.emit('StatusChanged', { identity: id, status: STATUS.SUSPENDED, reason });
    },
  },

  resume: {
    gas: METHOD_GAS,
    limits: AUTH_LIMITS,
    run: (context, { id, a }) => {
      const identity = authorise(context, id, a, (nonce, deadline) => ({
        name: 'Resume',
        values: () => ({ identity: id, nonce, deadline }),
      }));
      const { status } = identity.head;
      if (status !== STATUS.SUSPENDED) context.fail('WrongStatus', { identity: id, status });
      identity.head = { ...identity.head, status: STATUS.ACTIVE };
      identity.save();
      context.emit('StatusChanged', { identity: id, status: STATUS.ACTIVE, reason: ZERO_HASH });
    },
  },

  /** For good: no key validates again, nothing can be changed, and the identity cannot be registered anew. */
  deactivate: {
    gas: METHOD_GAS,
    limits: AUTH_LIMITS,
    run: (context, { id, a }) => {
      const identity = authorise(context, id, a, (nonce, deadline) => ({
        name: 'Deactivate',
        values: () => ({ identity: id, nonce, deadline }),
      }));
      identity.head = { ...identity.head, status: STATUS.DEACTIVATED };
      identity.slots.setPending(ZERO_ADDRESS, context.block.timestampSeconds);
      identity.save();
      context.emit('StatusChanged', { identity: id, status: STATUS.DEACTIVATED, reason: ZERO_HASH });
    },
  },

  /** Anyone may call: the money only goes to the payee that the controller chose. */
  withdrawBond: {
    gas: METHOD_GAS,
    limits: {},
    run: (context, { id }) => {
      const slots = new IdentityWriter(context.storage, id);
      if (slots.head().status !== STATUS.DEACTIVATED) context.fail('IdentityNotDeactivated', { identity: id });
      const withdrawableAt = slots.pending().deactivatedAt + BOND_DISPUTE_WINDOW_SECONDS;
      if (context.block.timestampSeconds < withdrawableAt) context.fail('BondLocked', { withdrawableAt });
      const amount = slots.bondWei();
      if (amount === 0n) context.fail('NoBond', { identity: id });
      const { payee } = slots.payee();
      slots.setBondWei(0n);
      context.pay(payee, amount);
      context.emit('BondWithdrawn', { identity: id, payee, amount });
    },
  },
};
