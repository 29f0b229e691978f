import { useQueryClient } from '@tanstack/react-query';
import { Component, type ReactNode } from 'react';
import { useTexts } from '../../texts/index.tsx';
import { Notice } from '../../ui/Notice.tsx';

interface CatchProps {
  readonly children: ReactNode;
  readonly instead: (retry: () => void) => ReactNode;
}

class Catch extends Component<CatchProps, { readonly hasFailed: boolean }> {
  override state = { hasFailed: false };

  static getDerivedStateFromError(): { hasFailed: boolean } {
    return { hasFailed: true };
  }

  override render(): ReactNode {
    return this.state.hasFailed ? this.props.instead(() => this.setState({ hasFailed: false })) : this.props.children;
  }
}

interface BoundaryProps {
  readonly children: ReactNode;
  /** What stands above, where the page's own heading fails with the rest. */
  readonly heading?: ReactNode;
}

/** An answer that cannot be shown (a node may say anything) takes its own place down, never the page. */
export function Boundary({ children, heading }: BoundaryProps): ReactNode {
  const { explorer } = useTexts();
  const queries = useQueryClient();
  return (
    <Catch
      instead={(retry) => (
        <>
          {heading}
          <Notice
            tone="danger"
            title={explorer.badAnswer}
            onRetry={() => {
              // what was answered is forgotten, or it would fail the same way
              void queries.resetQueries({ queryKey: ['node'] });
              retry();
            }}
          >
            {explorer.badAnswerNext}
          </Notice>
        </>
      )}
    >
      {children}
    </Catch>
  );
}
