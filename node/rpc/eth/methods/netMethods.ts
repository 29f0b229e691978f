import { keccakHex } from '../../../../chain/evm/crypto.ts';
import { readArgs, required } from '../args.ts';
import type { EvmBackend } from '../backend.ts';
import type { EthHandlers } from '../ethContext.ts';
import { quantity } from '../quantity.ts';
import { bytesValue } from '../values.ts';

/** The network and the program. */
export function netMethods(backend: EvmBackend): EthHandlers {
  const { info } = backend;
  const constant =
    (answer: unknown) =>
    async (params: readonly unknown[]): Promise<unknown> => {
      readArgs(params, []);
      return answer;
    };
  return {
    net_version: constant(info.chainId.toString()),
    net_listening: constant(true),
    net_peerCount: async (params) => {
      readArgs(params, []);
      return quantity(backend.peerCount());
    },
    web3_clientVersion: constant(info.clientVersion),
    web3_sha3: async (params) => keccakHex(...readArgs(params, [required(bytesValue)])),
  };
}
