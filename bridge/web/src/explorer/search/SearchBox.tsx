import { type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { goTo } from '../../app/router.ts';
import { useTexts } from '../../texts/index.tsx';
import { Button } from '../../ui/Button.tsx';
import { links } from '../places.ts';

/** Search by anything, on every page of the explorer; `/` leads to it. */
export function SearchBox({ initial = '' }: { readonly initial?: string }): ReactNode {
  const { explorer } = useTexts();
  const [text, setText] = useState(initial);
  const input = useRef<HTMLInputElement>(null);
  const id = useId();
  useEffect(() => setText(initial), [initial]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      event.preventDefault();
      input.current?.focus();
      input.current?.select();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
  return (
    <search className="search">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (text.trim() !== '') goTo(links.search(text.trim().slice(0, 500)));
        }}
      >
        <label htmlFor={id} className="visually-hidden">
          {explorer.search.label}
        </label>
        <input
          ref={input}
          id={id}
          type="text"
          inputMode="search"
          enterKeyHint="search"
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          maxLength={2_000}
          placeholder={explorer.search.placeholder}
          aria-keyshortcuts="/"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <Button type="submit" variant="primary">
          {explorer.search.button}
        </Button>
      </form>
    </search>
  );
}

/** Where a slash is a slash. */
function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return target.type !== 'range';
  return target.isContentEditable || target.closest('textarea, select, dialog') !== null;
}
