// DeviceDID at 0x…0D01: identities of devices, their keys, their controllers, and what they allow to whom. The rules of each
// method stand in methods/; what they share in authorise.ts, keys.ts and signatures.ts.
import { parseAddress } from '../../primitives/bytes.ts';
import { definePrecompile } from '../framework/definePrecompile.ts';
import { deviceDidAbi } from './abi.ts';
import { accessMethods } from './methods/access.ts';
import { controlMethods } from './methods/control.ts';
import { keyMethods } from './methods/keys.ts';
import { profileMethods } from './methods/profile.ts';
import { registrationMethods } from './methods/registration.ts';
import { viewMethods } from './methods/views.ts';

export const DEVICE_DID_ADDRESS = parseAddress('0x0000000000000000000000000000000000000d01');

export const deviceDid = definePrecompile({
  name: 'DeviceDID',
  address: DEVICE_DID_ADDRESS,
  version: 1,
  isStateful: true,
  abi: deviceDidAbi,
  methods: {
    ...registrationMethods,
    ...keyMethods,
    ...profileMethods,
    ...controlMethods,
    ...accessMethods,
    ...viewMethods,
  },
});
