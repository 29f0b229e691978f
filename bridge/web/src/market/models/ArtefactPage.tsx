import type { ReactNode } from 'react';
import type { AttestationView, LineageView, Wire } from '../../../../../sdk/rpcTypes.ts';
import { useNode } from '../../app/useNode.ts';
import { fill, useLanguage, useTexts } from '../../texts/index.tsx';
import { Asked } from '../../ui/Asked.tsx';
import { Card } from '../../ui/Card.tsx';
import { Facts } from '../../ui/Facts.tsx';
import { Hash } from '../../ui/Hash.tsx';
import { Notice } from '../../ui/Notice.tsx';
import { Time } from '../../ui/Time.tsx';
import { TokenAmount } from '../../ui/TokenAmount.tsx';
import { Command } from '../Command.tsx';
import { KindIcon } from '../KindIcon.tsx';
import { AccountLink, ArtefactLink, BlockLink } from '../Links.tsx';
import { LineageCard } from '../lineage/LineageCard.tsx';
import { counted, percent } from '../numbers.ts';
import { marketHref } from '../places.ts';
import { ProviderTable } from '../providers/ProviderTable.tsx';
import { SourceLegend, SourceTag } from '../SourceTag.tsx';

/** Of the owner's artefacts of the same kind, those among which its use is looked for. */
const LISTED = 100;

interface ArtefactPageProps {
  readonly index: number;
  readonly query: URLSearchParams;
}

/** One attested artefact: what the ledger says of it, what it descends from, what was paid for it. */
export function ArtefactPage({ index, query }: ArtefactPageProps): ReactNode {
  const { market } = useTexts();
  const lineage = useNode('engram_getLineage', [index]);
  const { artefactPage } = market;
  return (
    <>
      <Title kind={lineage.data?.attestation.kind} index={index} />
      <Asked
        query={lineage}
        lines={12}
        absent={<Notice title={fill(artefactPage.missing, { index })}>{artefactPage.missingNext}</Notice>}
      >
        {(data) => <Found lineage={data} query={query} />}
      </Asked>
    </>
  );
}

function Title({
  kind,
  index,
}: {
  readonly kind: AttestationView['kind'] | undefined;
  readonly index: number;
}): ReactNode {
  const { market } = useTexts();
  return (
    <h1 className="with-icon">
      {kind !== undefined && <KindIcon kind={kind} />}
      {fill(market.artefact, { kind: market.kinds[kind ?? 'other'], index })}
    </h1>
  );
}

function Found({
  lineage,
  query,
}: {
  readonly lineage: Wire<LineageView>;
  readonly query: URLSearchParams;
}): ReactNode {
  const { market } = useTexts();
  const { attestation } = lineage;
  const { index, kind } = attestation;
  const { artefactPage } = market;
  return (
    <>
      <Card title={artefactPage.facts}>
        <ArtefactFacts attestation={attestation} from={lineage.ancestors[0]} />
      </Card>
      <LineageCard lineage={lineage} query={query} />
      {kind === 'model' && <ModelProviders model={index} />}
      <Card title={artefactPage.proof}>
        <p>{artefactPage.proofText}</p>
        <Command text={`engram model verify-l1 ${index} --file <file>`} />
      </Card>
      <SourceLegend sources={kind === 'model' ? ['settled', 'announced'] : ['settled']} />
    </>
  );
}

interface ArtefactFactsProps {
  readonly attestation: Wire<AttestationView>;
  /** What it was made from; absent: nothing, or the node does not list it. */
  readonly from: Wire<AttestationView> | undefined;
}

function ArtefactFacts({ attestation, from }: ArtefactFactsProps): ReactNode {
  const { market } = useTexts();
  const { language } = useLanguage();
  const { artefactPage, models } = market;
  const { index, kind, owner, parent, royaltyBps, artefact, provenance, token, balance } = attestation;
  // a node that began with a snapshot does not know when older ones were made
  const created: Wire<AttestationView>['created'] | undefined = attestation.created;
  return (
    <Facts
      facts={[
        [models.owner, <AccountLink key="owner" index={owner} />],
        [models.madeFrom, parent === 0 ? models.original : <MadeFrom key="parent" parent={parent} from={from} />],
        [artefactPage.commitment, <Hash key="artefact" value={commitmentHex(artefact)} isWhole />],
        [
          artefactPage.provenance,
          provenance === '0' ? (
            artefactPage.noProvenance
          ) : (
            <Hash key="provenance" value={commitmentHex(provenance)} isWhole />
          ),
        ],
        [
          artefactPage.royalty,
          royaltyBps === 0
            ? artefactPage.noRoyalty
            : fill(artefactPage.royaltyText, { share: percent(royaltyBps / 10_000, language) }),
        ],
        [
          kind === 'service' ? artefactPage.pool : artefactPage.balance,
          <TokenAmount key="balance" token={token} value={balance} />,
        ],
        [models.when, created === undefined ? models.older : <Time key="when" at={created.timestamp} />],
        [artefactPage.block, created !== undefined && <BlockLink block={created.block} />],
        [artefactPage.use, kind !== 'service' && kind !== 'agent' && <Use attestation={attestation} />],
        [
          market.kinds.service,
          kind === 'service' && <a href={marketHref(['services', index])}>{artefactPage.toService}</a>,
        ],
      ]}
    />
  );
}

function MadeFrom({ parent, from }: { readonly parent: number; readonly from: ArtefactFactsProps['from'] }): ReactNode {
  if (from?.index === parent) return <ArtefactLink index={parent} kind={from.kind} />;
  return <a href={marketHref(['models', parent])}>{parent}</a>;
}

/** The ledger's own record of its use; it comes with lists only. */
function Use({
  attestation: { index, owner, kind, token },
}: {
  readonly attestation: Wire<AttestationView>;
}): ReactNode {
  const { market, common } = useTexts();
  const { language } = useLanguage();
  const { data } = useNode('engram_getAttestations', [{ owner, kind, limit: LISTED }]);
  const listed = data?.items.find((item) => item.index === index);
  if (listed === undefined) return data === undefined ? common.loading : common.unknown;
  const { settled, channels } = listed;
  const text = fill(market.artefactPage.useText, {
    claims: counted(settled.claims, market.counts.claims, language),
    channels: counted(channels, market.counts.channels, language),
  });
  return (
    <>
      <SourceTag source="settled" /> {text} · {market.artefactPage.usePaid}{' '}
      <TokenAmount token={token} value={settled.paid} /> · {market.artefactPage.useRoyalties}{' '}
      <TokenAmount token={token} value={settled.royalties} />
    </>
  );
}

function ModelProviders({ model }: { readonly model: number }): ReactNode {
  const { market } = useTexts();
  const providers = useNode('engram_getProviders', [{ model }]);
  return (
    <Card title={market.artefactPage.providers}>
      <Asked query={providers}>
        {(list) => <ProviderTable providers={list} model={model} empty={market.artefactPage.noProviders} />}
      </Asked>
    </Card>
  );
}

/** A commitment as the command line writes it. */
export function commitmentHex(value: string): string {
  return `0x${BigInt(value).toString(16).padStart(64, '0')}`;
}
