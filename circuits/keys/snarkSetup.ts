import * as snarkjs from 'snarkjs';

/** snarkjs's log sink; its messages are in English prose and carry the reason of a refusal. */
export interface SnarkLogger {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** The set-up half of snarkjs 0.7.6 as it really is: @types/snarkjs has other arguments and `any` throughout. */
interface SnarkSetup {
  readonly powersOfTau: {
    verify(ptau: string, logger: SnarkLogger): Promise<boolean>;
    preparePhase2(oldPtau: string, newPtau: string, logger: SnarkLogger): Promise<void>;
  };
  readonly zKey: {
    /** The circuit hash, or −1. */
    newZKey(r1cs: string, ptau: string, zkey: string, logger: SnarkLogger): Promise<Uint8Array | -1>;
    contribute(
      oldZkey: string,
      newZkey: string,
      name: string,
      entropy: string,
      logger: SnarkLogger,
    ): Promise<Uint8Array>;
    /** False if the arguments were refused. */
    beacon(
      oldZkey: string,
      newZkey: string,
      name: string,
      hashHex: string,
      iterationsExp: number,
      logger: SnarkLogger,
    ): Promise<Uint8Array | false>;
    verifyFromR1cs(r1cs: string, ptau: string, zkey: string, logger: SnarkLogger): Promise<boolean>;
  };
}

export const snarkSetup = snarkjs as unknown as SnarkSetup;
