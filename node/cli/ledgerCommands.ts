import type { Command } from 'commander';
import type { AccountIndex, Field, Point } from '../../protocol/types.ts';
import { exit, register, transfer } from '../../sdk/ops.ts';
import type { Hex } from '../../sdk/rpcTypes.ts';
import { guarded } from './output.ts';
import { address, amount, index, key, memo } from './parsers.ts';
import { indexOf, type SendOptions, send, withFrom, withSending } from './send.ts';

interface PayOptions extends SendOptions {
  readonly amount: bigint;
}

/** `engram transfer`, `register`, `exit`: sign with a ledger key and send. */
export function registerLedgerCommands(program: Command): void {
  paying(program.command('transfer'))
    .description('pay another account of the same token')
    .requiredOption('--to <index>', 'account that is paid', index)
    .option('--memo <words>', 'up to three numbers, comma-separated', memo)
    .option('--of <attestation>', 'pay from this attestation of the signer instead of its own account', index)
    .action((options: PayOptions & { to: AccountIndex; memo?: Field[]; of?: AccountIndex }) =>
      guarded(options, () =>
        send(options, ({ fee }) => ({
          op: transfer({ ...options, from: options.of ?? options.from, fee, memo: options.memo ?? [] }),
        })),
      ),
    );
  paying(program.command('register'))
    .description('create an account on the ledger and pay into it')
    .requiredOption('--new-key <packed>', 'its ledger key (engram account show)', key)
    .requiredOption('--owner <address>', 'its Ethereum address, the way out on L1', address)
    .action((options: PayOptions & { newKey: Point; owner: Hex }) =>
      guarded(options, () =>
        send(
          options,
          ({ fee }) => ({ op: register({ ...options, fee, key: options.newKey, address: BigInt(options.owner) }) }),
          (sent) => ({ ...sent, ...indexOf(sent) }),
        ),
      ),
    );
  paying(program.command('exit'))
    .description('move funds to L1; withdraw them there once the batch is proven')
    .requiredOption('--recipient <address>', 'who may withdraw on L1', address)
    .option('--of <attestation>', 'take from this attestation of the signer instead of its own account', index)
    .action((options: PayOptions & { recipient: Hex; of?: AccountIndex }) =>
      guarded(options, () =>
        send(options, ({ fee }) => ({
          op: exit({ ...options, from: options.of ?? options.from, fee, recipient: BigInt(options.recipient) }),
        })),
      ),
    );
}

function paying(command: Command): Command {
  return withFrom(withSending(command)).requiredOption(
    '--amount <amount>',
    'base units, or with wei, gwei, ether',
    amount,
  );
}
