import {
  Contract,
  ContractFactory,
  type ContractTransactionResponse,
  type InterfaceAbi,
  JsonRpcProvider,
  type NonceManager,
  type TransactionReceipt,
  type TransactionRequest,
  Wallet,
  WebSocketProvider,
} from 'ethers';
import type { Hex } from '../../../bridge/client/types.ts';
import { present, same } from '../check.ts';
import { type Network, person } from '../network.ts';
import { abiText, type SuiteCode, type SuiteContract } from '../suiteContracts.ts';

/** ethers' providers and signer as a program would make them, and what the features share. */
export class EthersWorld {
  readonly network: Network;
  readonly code: SuiteCode;
  readonly provider: JsonRpcProvider;
  readonly socket: WebSocketProvider;
  readonly me: Wallet;
  readonly #deployed = new Map<SuiteContract, Promise<Hex>>();

  constructor(network: Network, code: SuiteCode) {
    this.network = network;
    this.code = code;
    this.provider = new JsonRpcProvider(network.url, undefined, { pollingInterval: 50, cacheTimeout: -1 });
    this.socket = new WebSocketProvider(network.wsUrl);
    this.me = new Wallet(person('ethers').key, this.provider);
  }

  abi(name: SuiteContract): InterfaceAbi {
    return [...abiText[name]];
  }

  contract(name: SuiteContract, address: Hex): Contract {
    return new Contract(address, this.abi(name), this.me);
  }

  async deploy(name: SuiteContract, args: readonly unknown[] = []): Promise<Hex> {
    const factory = new ContractFactory(this.abi(name), this.code[name], this.me);
    const contract = await factory.deploy(...args);
    await contract.waitForDeployment();
    return (await contract.getAddress()) as Hex; // ethers gives strings
  }

  /** One of the kind for all features. */
  shared(name: 'VoteToken' | 'Failures' | 'Wallet7702' | 'Multicall' | 'Stress'): Promise<Hex> {
    const known = this.#deployed.get(name) ?? this.deploy(name, name === 'VoteToken' ? [10n ** 24n] : []);
    this.#deployed.set(name, known);
    return known;
  }

  /** Calls a function by its name and waits for the receipt. */
  async call(
    name: SuiteContract,
    address: Hex,
    functionName: string,
    args: readonly unknown[],
  ): Promise<TransactionReceipt> {
    const method = this.contract(name, address).getFunction(functionName);
    const sent: ContractTransactionResponse = await method.send(...args);
    return present(await sent.wait(), `receipt of ${functionName}`);
  }

  async send(request: TransactionRequest, from: Wallet | NonceManager = this.me): Promise<TransactionReceipt> {
    const receipt = present(await (await from.sendTransaction(request)).wait(), 'a receipt');
    same(receipt.status, 1, 'status');
    return receipt;
  }

  anotherBlock(): Promise<TransactionReceipt> {
    return this.send({ to: this.me.address, value: 0 });
  }

  async stop(): Promise<void> {
    this.provider.destroy();
    await this.socket.destroy();
  }
}
