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

/** An answer that cannot be shown (a node may say anything) takes its own place down, never the page. */
export function Boundary({ children }: { readonly children: ReactNode }): ReactNode {
  const { explorer } = useTexts();
  return (
    <Catch
      instead={(retry) => (
        <Notice tone="danger" title={explorer.badAnswer} onRetry={retry}>
          {explorer.badAnswerNext}
        </Notice>
      )}
    >
      {children}
    </Catch>
  );
}
