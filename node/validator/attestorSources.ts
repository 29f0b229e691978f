import type { EvmLaneReader } from '../../bridge/client/evmLaneReader.ts';
import type { RegistryReader } from '../../bridge/client/registryReader.ts';
import type { Hex } from '../../protocol/lane/types.ts';
import { epochAt } from '../../protocol/network/leadership.ts';
import type { AttestorReading, AttestorSource } from './attestorSet.ts';

/** A `SignerSet`: it never changes. */
export function signerSetSource(lane: Pick<EvmLaneReader, 'attestors' | 'totalWeight'>): AttestorSource {
  let reading: AttestorReading | undefined;
  return {
    read: async () => {
      if (reading === undefined) {
        const [members, total] = await Promise.all([lane.attestors(), lane.totalWeight()]);
        reading = { epoch: 0, total, members: members.map(({ address, weight }) => ({ signer: address, weight })) };
      }
      return reading;
    },
  };
}

/**
 * A `ValidatorRegistry`, as of L1's newest block. Those of the epochs before and after are members too, without weight: what they sign around the
 * turn of an epoch is no stranger's.
 */
export function registrySource(
  registry: Pick<RegistryReader, 'parameters' | 'schedule' | 'totalWeight'>,
  l1: { getBlock(): Promise<{ readonly number: bigint | null; readonly timestamp: bigint }> },
): AttestorSource {
  return {
    read: async () => {
      const { number, timestamp } = await l1.getBlock();
      const at = number === null ? {} : { blockNumber: number };
      const epoch = epochAt(await registry.parameters(), Number(timestamp));
      const [now, total, ...others] = await Promise.all([
        registry.schedule(epoch, at),
        registry.totalWeight(at),
        ...[epoch - 1, epoch + 1].filter((one) => one >= 0).map((one) => registry.schedule(one, at)),
      ]);
      const members = new Map<Hex, bigint>();
      for (const seat of now.seats) if (seat !== undefined) members.set(seat.signer, seat.weight);
      for (const seat of others.flatMap(({ seats }) => seats)) {
        if (seat !== undefined && !members.has(seat.signer)) members.set(seat.signer, 0n);
      }
      return { epoch, total, members: [...members].map(([signer, weight]) => ({ signer, weight })) };
    },
  };
}
