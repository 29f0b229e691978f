import type { ReactNode } from 'react';
import type { Hex } from 'viem';
import { getTransactionReceipt } from 'viem/actions';
import { useNode } from '../../app/useNode.ts';
import { fill, useLanguage, useTexts } from '../../texts/index.tsx';
import { Amount } from '../../ui/Amount.tsx';
import { Card } from '../../ui/Card.tsx';
import { Facts } from '../../ui/Facts.tsx';
import { Hash } from '../../ui/Hash.tsx';
import { Notice } from '../../ui/Notice.tsx';
import { Pill } from '../../ui/Pill.tsx';
import { decodeCall, isSystem, purposeOf } from '../evm/knownContracts.ts';
import { LongHex } from '../parts/LongHex.tsx';
import { AddressLink, BatchLink, BlockLink } from '../parts/links.tsx';
import { Moment } from '../parts/Moment.tsx';
import { GasPrice, Quantity } from '../parts/Quantity.tsx';
import { StatusLine } from '../parts/StatusLine.tsx';
import { EVM_STEPS, L1_PACE_MS, suretyOfEvm } from '../surety.ts';
import { useEvm } from '../useEvm.ts';
import { DecodedView } from './DecodedView.tsx';
import { EvmStories } from './EvmStories.tsx';
import { Logs } from './Logs.tsx';

/** As viem has it. */
export interface EvmTransactionProps {
  readonly transaction: {
    readonly hash: Hex;
    readonly from: Hex;
    readonly to: Hex | null;
    readonly value: bigint;
    readonly input: Hex;
    readonly gas: bigint;
    readonly nonce: number;
    readonly blockNumber: bigint | null;
    readonly type: string;
  };
}

/** A transaction of the EVM lane; what it asked of the protocol's own contracts is named. */
export function EvmTransaction({ transaction: tx }: EvmTransactionProps): ReactNode {
  const { explorer } = useTexts();
  const { language } = useLanguage();
  const { facts, purposes } = explorer;
  const isMined = tx.blockNumber !== null;
  const number = tx.blockNumber ?? 0n;
  const receipt = useEvm('receipt', tx.hash, (node) => getTransactionReceipt(node, { hash: tx.hash }), {
    enabled: isMined,
  }).data;
  const block = useNode('engram_getBlock', [number.toString()], { enabled: isMined }).data;
  const info = useNode('engram_chainInfo', []).data;
  const lane = useNode('engram_getLane', [], { every: L1_PACE_MS }).data;
  const call = decodeCall(tx.to, tx.input);
  const purpose = purposeOf(tx);
  const place = { block: isMined ? number : undefined, batch: block?.batch };
  const surety = suretyOfEvm(place, info?.heads, lane?.heads.finalized);
  const timestamp = block?.timestamp;
  return (
    <>
      <h1>{explorer.titles.evmTransaction}</h1>
      {receipt?.status === 'reverted' && (
        <Notice tone="warning" title={explorer.reverted}>
          {explorer.revertedNext}
        </Notice>
      )}
      <Card>
        <StatusLine status={surety} steps={EVM_STEPS} />
        {receipt && <EvmStories logs={receipt.logs} />}
        <Facts
          facts={[
            [facts.hash, <Hash key="hash" value={tx.hash} isWhole />],
            [
              facts.result,
              receipt && (
                <Pill key="result" tone={receipt.status === 'success' ? 'success' : 'danger'}>
                  {receipt.status === 'success' ? explorer.success : explorer.failed}
                </Pill>
              ),
            ],
            [
              facts.purpose,
              <span key="purpose" className="row">
                {purposes[purpose]}
                {isSystem(tx.from) && <Pill tone="info">{explorer.system}</Pill>}
              </span>,
            ],
            [facts.block, isMined && <BlockLink key="block" number={number} />],
            [facts.batch, block && <BatchLink key="batch" number={block.batch} />],
            [facts.time, timestamp !== undefined && <Moment key="time" at={timestamp} />],
            [facts.from, <AddressLink key="from" address={tx.from} isWhole />],
            [facts.to, tx.to !== null && <AddressLink key="to" address={tx.to} isWhole />],
            [
              facts.createdContract,
              receipt?.contractAddress != null && (
                <AddressLink key="created" address={receipt.contractAddress} isWhole />
              ),
            ],
            [facts.value, <Amount key="value" value={tx.value} />],
            [
              facts.fee,
              receipt && !isSystem(tx.from) && <Amount key="fee" value={receipt.gasUsed * receipt.effectiveGasPrice} />,
            ],
            [
              facts.gasUsed,
              receipt && (
                <span key="gas">
                  <Quantity value={receipt.gasUsed} unit={explorer.units.gas} />{' '}
                  <span className="quiet">{fill(facts.ofLimit, { limit: tx.gas.toLocaleString(language) })}</span>
                </span>
              ),
            ],
            [facts.gasPrice, receipt && !isSystem(tx.from) && <GasPrice key="price" wei={receipt.effectiveGasPrice} />],
            [facts.nonce, String(tx.nonce)],
          ]}
        />
      </Card>
      <Card title={explorer.titles.input}>
        {tx.input === '0x' ? (
          <p className="quiet">{explorer.noInput}</p>
        ) : (
          <>
            {call !== undefined && <DecodedView decoded={call} />}
            {tx.to !== null && tx.input.length >= 10 && (
              <Facts facts={[[facts.selector, <code key="selector">{tx.input.slice(0, 10)}</code>]]} />
            )}
            <LongHex label={explorer.titles.input} value={tx.input} />
          </>
        )}
      </Card>
      {receipt && (
        <Card title={fill(explorer.titles.logs, { count: receipt.logs.length })}>
          <Logs logs={receipt.logs} />
        </Card>
      )}
    </>
  );
}
