/** The parts of circomlibjs that tests compare with; the package ships no types. */
declare module 'circomlibjs' {
  interface MontgomeryField {
    e(x: bigint): Uint8Array;
    toObject(x: Uint8Array): bigint;
  }
  interface PoseidonFunction {
    (inputs: readonly bigint[]): Uint8Array;
    readonly F: MontgomeryField;
  }
  interface EddsaSignature {
    readonly R8: readonly [Uint8Array, Uint8Array];
    readonly S: bigint;
  }
  export function buildPoseidonReference(): Promise<PoseidonFunction>;
  export function buildEddsa(): Promise<{
    readonly F: MontgomeryField;
    prv2pub(seed: Uint8Array): readonly [Uint8Array, Uint8Array];
    signPoseidon(seed: Uint8Array, message: Uint8Array): EddsaSignature;
    verifyPoseidon(message: Uint8Array, signature: EddsaSignature, pub: readonly [Uint8Array, Uint8Array]): boolean;
  }>;
}
