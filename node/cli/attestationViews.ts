/** Attestations for people. Pure. */
import type { AttestationView, Wire } from '../../sdk/rpcTypes.ts';
import { columns } from './columns.ts';
import { date, money, share } from './units.ts';

type Attestation = Wire<AttestationView>;

export function attestationView(attestation: Attestation): string {
  const { index, kind, owner, parent, royaltyBps, artefact, provenance, token, balance, created } = attestation;
  return columns([
    ['attestation', `${index} (${kind})`],
    ['owner', String(owner)],
    ['made from', parent === 0 ? 'nothing attested' : String(parent)],
    ['royalty', royaltyBps === 0 ? 'none' : `${share(royaltyBps)} of each claim`],
    ['holds', money(balance, token)],
    ['artefact', artefact],
    ['provenance', provenance === '0' ? 'none' : provenance],
    ['attested', date(created.timestamp)],
    ['by', `block ${created.block}, batch ${created.batch}, ${created.transaction}`],
  ]);
}

export function attestationList(attestations: readonly Attestation[]): string {
  const rows = attestations.map(({ index, kind, owner, parent, royaltyBps, token, balance, created }) => [
    ...[String(index), kind, String(owner), parent === 0 ? '–' : String(parent), share(royaltyBps)],
    ...[money(balance, token), date(created.timestamp)],
  ]);
  return columns([['index', 'kind', 'owner', 'made from', 'royalty', 'holds', 'attested'], ...rows]);
}
