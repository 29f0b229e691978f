import type { Hex } from '../../../protocol/lane/types.ts';
import { bytesHex, hexBytes, keccak } from '../crypto.ts';
import { FuzzCode } from './fuzzCode.ts';
import { FuzzTxs } from './fuzzTxs.ts';
import type { FuzzTargets } from './fuzzWriter.ts';
import { account, BENEFICIARY, inputOn, type LaneFixture, laneFixture, listSource, WALLETS } from './laneFixture.ts';
import { randomOf } from './random.ts';
import { ReferenceChain, rootsOf } from './referenceChain.ts';

const CONTRACTS = 14;
const SYSTEM: readonly Hex[] = [
  '0x000f3df6d732807ef1319fb7b8bb8522d0beac02',
  '0x0000f90827f1c53a10cb7a02335b175320002935',
  '0x456e6772616d0000000000000000000000000001',
  '0x456e6772616d0000000000000000000000000002',
  '0x456e6772616d0000000000000000000000000010',
];

/** A lane and a chain of EthereumJS's that get the same random blocks. */
export class FuzzRun {
  readonly fixture: LaneFixture;
  readonly reference: ReferenceChain;
  readonly #txs: FuzzTxs;

  private constructor(fixture: LaneFixture, reference: ReferenceChain, txs: FuzzTxs) {
    this.fixture = fixture;
    this.reference = reference;
    this.#txs = txs;
  }

  static async open(seed: number): Promise<FuzzRun> {
    const random = randomOf(seed);
    const addresses = Array.from({ length: CONTRACTS }, (_, i) => keccak(Uint8Array.of(i, 1, 2)).slice(0, 20));
    const fresh = Array.from({ length: 3 }, (_, i) => keccak(Uint8Array.of(i, seed & 255, 3)).slice(0, 20));
    const targets: FuzzTargets = {
      addresses: [
        ...[...addresses, ...addresses, ...fresh],
        ...[...WALLETS.map(({ address }) => address), ...SYSTEM, BENEFICIARY].map(hexBytes),
      ],
    };
    const accounts = addresses.map((address, i) =>
      account(bytesHex(address), {
        nonce: i === 0 ? 2n ** 64n - 2n : 1n,
        balance: BigInt(random(3)) * 10n ** 9n,
        code: new FuzzCode(random, targets).program(3 + random(25)),
        storage: [0, 1, 2]
          .filter(() => random(2) === 0)
          .map((slot) => [`0x${slot.toString(16).padStart(64, '0')}`, `0x${'00'.repeat(31)}0${1 + random(2)}`]),
      }),
    );
    // A cache that holds nearly nothing in half of the runs: reads go to the trie.
    const cache = seed % 2 === 0 ? { cache: { nodes: 4, accounts: 4, slots: 4, codes: 4 } } : {};
    const fixture = await laneFixture({ accounts, ...cache });
    const reference = await ReferenceChain.open(fixture.options.genesis);
    return new FuzzRun(fixture, reference, new FuzzTxs(random, fixture.lane, targets));
  }

  /** One block of both. What the lane refuses the reference has to refuse at the same place. */
  async block(size: number) {
    const { lane, db } = this.fixture;
    const offered = Array.from({ length: size }, () => {
      const tx = this.#txs.next();
      this.#txs.nonces.set(tx.sender, tx.tx.nonce + 1n);
      return tx;
    });
    const source = listSource(offered);
    const isFirst = lane.head.number === 0n;
    const block = await lane.build(inputOn(lane.head), source);
    await db.write([...(isFirst ? await lane.genesisWrites() : []), ...block.writes]);
    block.commit();
    const refused = new Set(source.rejected.map(([hash]) => hash));
    const theirs = await this.reference.run(block, offered, refused);
    for (const { address } of WALLETS) {
      const found = await lane.stateAt(block.header.stateRoot).account(address);
      this.#txs.nonces.set(address, found?.nonce ?? 0n);
    }
    const reasons = source.rejected.filter(([, code]) => code === 'EXECUTION_FAILED');
    return {
      mine: { ...rootsOf(block), failures: reasons },
      theirs: { ...theirs, failures: [] },
      gasUsed: block.header.gasUsed,
      count: block.txs.length,
      block,
      offered,
    };
  }
}
