import { randomBytes } from 'node:crypto';
import { growTogether } from '../checks.ts';
import { CheckError } from '../errors.ts';
import { RawPeer } from '../liar/rawPeer.ts';
import { attestationBy } from '../liar/statements.ts';
import type { Scenario } from '../scenario.ts';
import { until } from '../until.ts';

/** Somebody with a validator's key signs another outcome of a batch: its peers bring both signatures to L1, and the stake is gone. */
export const equivocation: Scenario = {
  name: 'equivocation',
  seat: 'account',
  isQuick: false,
  run: async (world, fault) => {
    await fault('a validator signs two outcomes of one batch', async () => {
      const offender = world.validators.at(-1)?.operator;
      if (offender === undefined) throw new CheckError('NOT_DONE', 'no validator runs');
      const signer = offender.l1.address;
      const before = await world.registry.validator(signer);
      if (before === undefined || before.stake === 0n) throw new CheckError('NOT_DONE', 'it has no stake');
      const liar = await RawPeer.start({ chainId: world.networkId });
      try {
        for (const { p2pAddress } of world.validators) await liar.connect(p2pAddress);
        await until('it is slashed on L1', async () => {
          // of a batch that is proven and not attested yet: both signatures are for the same one, whoever hears which first
          const { proven } = await world.rollup.state();
          for (const batch of [proven.batch, proven.batch + 1]) {
            for (const commitment of [randomWord(), randomWord()]) {
              await liar.publish('attestation', await attestationBy(world, offender.l1Key, { batch, commitment }));
            }
          }
          return (await world.registry.validator(signer))?.isSlashed === true ? true : undefined;
        });
      } finally {
        await liar.stop();
      }
      const after = await world.registry.validator(signer);
      if (after?.stake !== 0n || after.weight !== 0n) throw new CheckError('DIFFERS', 'it was slashed and has a stake');
      await growTogether(world.nodes);
      const attested = await world.lane.attestedBatch();
      await until('the others go on attesting', async () =>
        (await world.lane.attestedBatch()) > attested ? true : undefined,
      );
    });
  },
};

function randomWord(): bigint {
  return BigInt(`0x${randomBytes(32).toString('hex')}`);
}
