import { type ReactNode, useEffect, useState } from 'react';
import { useTexts } from '../texts/index.tsx';

interface HashProps {
  readonly value: string;
  /** Where it leads. */
  readonly to?: string | undefined;
  /** All of it, where there is room. */
  readonly isWhole?: boolean;
}

/** A hash or an address: shortened, whole for who listens or points at it, copied with a click. */
export function Hash({ value, to, isWhole = false }: HashProps): ReactNode {
  const text = isWhole ? value : shortHash(value);
  const isOutside = to?.startsWith('http') === true;
  return (
    <span className="hash">
      {to === undefined ? (
        <code title={value}>{text}</code>
      ) : (
        <a href={to} title={value} {...(isOutside && { target: '_blank', rel: 'noreferrer noopener' })}>
          <code>{text}</code>
        </a>
      )}
      <CopyButton value={value} />
    </span>
  );
}

/** Its beginning and its end: enough to tell it from others one knows, not from what somebody made to look like it. */
export function shortHash(value: string): string {
  return value.length <= 16 ? value : `${value.slice(0, 8)}…${value.slice(-6)}`;
}

/** @param name what it is called, where the value itself is too long to be read aloud */
export function CopyButton({ value, name = value }: { readonly value: string; readonly name?: string }): ReactNode {
  const { common } = useTexts();
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), 1_500);
    return () => clearTimeout(timer);
  }, [isCopied]);
  return (
    <button
      type="button"
      className="copy"
      aria-label={`${isCopied ? common.copied : common.copy} ${name}`}
      onClick={() => {
        navigator.clipboard?.writeText(value).then(
          () => setCopied(true),
          () => undefined, // not allowed: the text can still be selected
        );
      }}
    >
      <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
        {isCopied ? (
          <path d="M3 8.5 6.5 12 13 4.5" fill="none" stroke="currentColor" strokeWidth="1.8" />
        ) : (
          <path d="M5.5 5.5h7v8h-7zM3.5 10.5v-8h7" fill="none" stroke="currentColor" strokeWidth="1.4" />
        )}
      </svg>
    </button>
  );
}
