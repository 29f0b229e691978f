import type { ReactNode } from 'react';

export function Spinner({ label }: { readonly label: string }): ReactNode {
  return (
    <p className="spinner" role="status">
      <span className="spinner-dot" aria-hidden="true" />
      {label}
    </p>
  );
}
