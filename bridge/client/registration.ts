import type { TypedDataDomain } from 'viem';
import type { Address } from './types.ts';

const TYPES = { Register: [{ name: 'owner', type: 'address' }] } as const;

/** Where a registration counts. */
export interface RegistrationDomain {
  readonly l1ChainId: bigint;
  readonly registry: Address;
}

/** What a signer signs to become this owner's validator, as EIP-712 has it (docs/protocol.md section 14). Pure. */
export function registrationTypedData({ l1ChainId, registry }: RegistrationDomain, owner: Address) {
  return {
    domain: {
      name: 'Engram validators',
      version: '1',
      chainId: l1ChainId,
      verifyingContract: registry,
    } satisfies TypedDataDomain,
    types: TYPES,
    primaryType: 'Register',
    message: { owner },
  } as const;
}
