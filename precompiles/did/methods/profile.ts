// What an identity says of itself: services, document, payee.
import { bytesToHex, equalBytes } from '../../../primitives/bytes.ts';
import type { Hash } from '../../../primitives/types.ts';
import { authorise } from '../authorise.ts';
import { METHOD_GAS } from '../gas.ts';
import { isZero, type OpenIdentity } from '../identity.ts';
import {
  AUTH_LIMITS,
  type DidMethods,
  DOC_URI_LENGTH_MAX,
  ENDPOINT_LENGTH_MAX,
  SERVICE_KIND_LENGTH_MAX,
  SERVICES_MAX,
} from '../types.ts';

export const profileMethods: DidMethods<'setService' | 'removeService' | 'setDocument' | 'setPayee'> = {
  setService: {
    gas: METHOD_GAS,
    limits: { ...AUTH_LIMITS, 's.kind': SERVICE_KIND_LENGTH_MAX, 's.endpoint': ENDPOINT_LENGTH_MAX },
    run: (context, { id, s, a }) => {
      const identity = authorise(context, id, a, (nonce, deadline) => ({
        name: 'SetService',
        values: () => ({ identity: id, serviceId: s.id, kind: s.kind, endpoint: s.endpoint, nonce, deadline }),
      }));
      if (isZero(s.id) || s.kind === '' || s.endpoint === '') context.fail('InvalidService', { id: s.id });
      const ids = identity.slots.serviceIds();
      if (indexOfService(ids, s.id) === -1) {
        if (ids.length >= SERVICES_MAX) context.fail('TooManyServices', { limit: BigInt(SERVICES_MAX) });
        identity.slots.addServiceId(s.id);
      }
      identity.slots.setService(s);
      identity.save();
      context.emit('ServiceChanged', { identity: id, id: s.id, kind: s.kind, endpoint: s.endpoint });
    },
  },

  removeService: {
    gas: METHOD_GAS,
    limits: AUTH_LIMITS,
    run: (context, { id, sid, a }) => {
      const identity = authorise(context, id, a, (nonce, deadline) => ({
        name: 'RemoveService',
        values: () => ({ identity: id, serviceId: sid, nonce, deadline }),
      }));
      const index = indexOfService(identity.slots.serviceIds(), sid);
      if (index === -1) context.fail('UnknownService', { identity: id, id: sid });
      removeService(identity, sid, index);
      identity.save();
      context.emit('ServiceRemoved', { identity: id, id: sid });
    },
  },

  setDocument: {
    gas: METHOD_GAS,
    limits: { ...AUTH_LIMITS, uri: DOC_URI_LENGTH_MAX },
    run: (context, { id, hash, uri, a }) => {
      const identity = authorise(context, id, a, (nonce, deadline) => ({
        name: 'SetDocument',
        values: () => ({ identity: id, docHash: hash, docUri: uri, nonce, deadline }),
      }));
      identity.slots.setDocument(hash, uri);
      identity.save();
      context.emit('DocumentChanged', { identity: id, docHash: hash, docUri: uri });
    },
  },

  setPayee: {
    gas: METHOD_GAS,
    limits: AUTH_LIMITS,
    run: (context, { id, payee, a }) => {
      const identity = authorise(context, id, a, (nonce, deadline) => ({
        name: 'SetPayee',
        values: () => ({ identity: id, payee, nonce, deadline }),
      }));
      if (isZero(payee) || equalBytes(payee, context.self)) context.fail('InvalidPayee', { payee });
      identity.slots.setPayee(payee);
      identity.save();
      context.emit('PayeeChanged', { identity: id, payee });
    },
  },
};

function indexOfService(ids: readonly Hash[], serviceId: Hash): number {
  const wanted = bytesToHex(serviceId);
  return ids.findIndex((id) => bytesToHex(id) === wanted);
}

function removeService(identity: OpenIdentity, serviceId: Hash, index: number): void {
  identity.slots.removeServiceId(index);
  identity.slots.setService({ id: serviceId, kind: '', endpoint: '' });
}
