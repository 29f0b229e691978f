import { createHash } from 'node:crypto';
import { R_BN254 } from './r1cs.ts';

/** The trapdoor of a Groth16 key pair. Whoever knows it can forge proofs. */
export interface Trapdoor {
  readonly tau: bigint;
  readonly alpha: bigint;
  readonly beta: bigint;
  readonly gamma: bigint;
  readonly delta: bigint;
}

/** Public on purpose: a key made from it is fast to build and worthless as security. */
export const DEV_KEY_SEED = 'engram dev key: the trapdoor is published, never secure anything with it';

/** Element `name` of the published trapdoor: sha512 of seed and name, modulo the group order (bias below 2^-250). */
function element(name: keyof Trapdoor): bigint {
  const digest = createHash('sha512').update(`${DEV_KEY_SEED}/${name}`).digest('hex');
  return BigInt(`0x${digest}`) % R_BN254;
}

export const DEV_TRAPDOOR: Trapdoor = {
  tau: element('tau'),
  alpha: element('alpha'),
  beta: element('beta'),
  gamma: element('gamma'),
  delta: element('delta'),
};

/** First coordinates of the dev key's points, the same for every circuit: what gives a dev key away. */
export const DEV_POINTS = {
  alpha1X: '16741924633995350982159367823602872611993740452118607115429966593823355118102',
  beta2X0: '9543572937174988621763327440681278848079351027415063723295002858531861264412',
  gamma2X0: '13598856397961898953756981806001086910074401427469493192038705723467284793216',
  delta2X0: '7833923645066415022473461876849421136938096407609580103532645504781802390438',
};
