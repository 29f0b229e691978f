import { invalidParams } from './ethError.ts';
import type { Reader } from './values.ts';

interface Argument<T> {
  readonly read: Reader<T>;
  readonly isRequired: boolean;
}

export function required<T>(read: Reader<T>): Argument<T> {
  return { read, isRequired: true };
}

export function optional<T>(read: Reader<T>): Argument<T | undefined> {
  return { read, isRequired: false };
}

type Values<A extends readonly Argument<unknown>[]> = { [K in keyof A]: A[K] extends Argument<infer T> ? T : never };

/** Positional parameters as go-ethereum takes them: null stands for an absent one. @throws EthRpcError INVALID_PARAMS */
export function readArgs<const A extends readonly Argument<unknown>[]>(params: readonly unknown[], args: A): Values<A> {
  if (params.length > args.length) throw invalidParams(`too many arguments, want at most ${args.length}`);
  const values = args.map(({ read, isRequired }, arg) => {
    const value = params[arg];
    if (value !== undefined && value !== null) return read(value, { arg });
    if (isRequired) throw invalidParams(`missing value for required argument ${arg}`);
    return undefined;
  });
  return values as unknown as Values<A>; // each by the reader of its place
}
