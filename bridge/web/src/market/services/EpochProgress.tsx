import type { ReactNode } from 'react';
import type { ServiceView } from '../../../../../sdk/marketTypes.ts';
import type { Wire } from '../../../../../sdk/rpcTypes.ts';
import { fill, useLanguage, useTexts } from '../../texts/index.tsx';
import { durationText, useNow } from '../../ui/Time.tsx';
import { Bar } from '../Bar.tsx';
import { marketHref } from '../places.ts';
import { epochTime } from './serviceTime.ts';

/** The current epoch of a service: its number, how far it is, what is left of it. */
export function EpochProgress({ service }: { readonly service: Wire<ServiceView> }): ReactNode {
  const { market } = useTexts();
  const { language } = useLanguage();
  const now = useNow();
  const time = epochTime(service, now);
  if (time === undefined) {
    return (
      <span className="quiet">
        {service.terms === undefined ? market.services.noDocument : market.services.noEpoch}
      </span>
    );
  }
  const { epoch, leftSeconds, passed } = time;
  return (
    <span className="stack">
      <a href={marketHref(['services', service.service, epoch])}>{fill(market.epoch.title, { epoch })}</a>
      <Bar share={passed} />
      <span className="small">
        {leftSeconds === 0
          ? market.services.ended
          : fill(market.services.left, { time: durationText(leftSeconds, language) })}
      </span>
    </span>
  );
}
