import type { ReactNode } from 'react';
import { goTo } from '../../app/router.ts';
import { useNode } from '../../app/useNode.ts';
import { fill, useTexts } from '../../texts/index.tsx';
import { Asked } from '../../ui/Asked.tsx';
import { Card } from '../../ui/Card.tsx';
import { SelectField } from '../../ui/Field.tsx';
import { useTokens } from '../../ui/useTokens.ts';
import { accountIn, marketHref } from '../places.ts';
import { SourceLegend } from '../SourceTag.tsx';
import { ProviderTable } from './ProviderTable.tsx';
import { modelsOf, ORDERS, sortProviders, tokensOf } from './sortProviders.ts';

/** Who provides, in the order the reader wants; the choice is part of the place. */
export function ProvidersPage({ query }: { readonly query: URLSearchParams }): ReactNode {
  const { market } = useTexts();
  const tokenOf = useTokens();
  const order = ORDERS.find((known) => known === query.get('sort')) ?? 'earned';
  const model = accountIn(query.get('model') ?? undefined);
  const all = useNode('engram_getProviders', []);
  const { providers: texts } = market;
  const go = (changed: Readonly<Record<string, string | undefined>>): void =>
    goTo(
      marketHref(['providers'], {
        sort: order,
        model: model?.toString(),
        token: query.get('token') ?? undefined,
        ...changed,
      }),
    );
  return (
    <>
      <div className="head">
        <h1>{texts.title}</h1>
        <p className="quiet">{texts.lead}</p>
      </div>
      <Card>
        <Asked query={all} lines={12}>
          {(list) => {
            const tokens = tokensOf(list);
            const asked = accountIn(query.get('token') ?? undefined);
            const token = tokens.find((known) => known === asked) ?? tokens[0] ?? 0;
            const models = [...new Set([...modelsOf(list), ...(model === undefined ? [] : [model])])];
            const offering =
              model === undefined ? list : list.filter((one) => one.models.some((offer) => offer.model === model));
            return (
              <>
                <div className="fields">
                  <SelectField
                    label={texts.sort}
                    value={order}
                    options={ORDERS.map((value) => ({ value, label: texts.by[value] }))}
                    onChange={(sort) => go({ sort })}
                  />
                  <SelectField
                    label={texts.model}
                    value={model?.toString() ?? ''}
                    options={[
                      { value: '', label: texts.anyModel },
                      ...models.map((index) => ({
                        value: index.toString(),
                        label: fill(market.artefact, { kind: market.kinds.model, index }),
                      })),
                    ]}
                    onChange={(value) => go({ model: value === '' ? undefined : value })}
                  />
                  {tokens.length > 1 && (
                    <SelectField
                      label={texts.token}
                      value={token.toString()}
                      options={tokens.map((id) => ({ value: id.toString(), label: tokenOf(id).symbol }))}
                      onChange={(value) => go({ token: value })}
                    />
                  )}
                </div>
                <ProviderTable
                  providers={sortProviders(offering, { order, token, model })}
                  {...{ model, token }}
                  empty={texts.empty}
                />
              </>
            );
          }}
        </Asked>
      </Card>
      <p className="quiet">{texts.note}</p>
      <SourceLegend sources={['settled', 'announced', 'computed']} />
    </>
  );
}
