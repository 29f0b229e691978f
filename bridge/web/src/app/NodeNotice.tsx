import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { request } from '../../../../sdk/request.ts';
import { useTexts } from '../texts/index.tsx';
import { Notice } from '../ui/Notice.tsx';
import { useDeployment } from './context.ts';

/** Whether the node answers, asked every few seconds; undefined: not known yet, or there is none. */
export function useNodeAnswers(): boolean | undefined {
  const { node } = useDeployment();
  const { isSuccess, isError } = useQuery({
    queryKey: ['health'],
    queryFn: ({ signal }) => (node === undefined ? null : request(node, 'engram_chainInfo', [], { signal })),
    enabled: node !== undefined,
    refetchInterval: 4_000,
    retry: false,
  });
  return isError ? false : isSuccess ? true : undefined;
}

/** Says when the node does not answer, on every page. */
export function NodeNotice(): ReactNode {
  const texts = useTexts();
  if (useNodeAnswers() !== false) return null;
  return (
    <Notice tone="warning" title={texts.common.nodeAway}>
      {texts.common.nodeAwayNext}
    </Notice>
  );
}
