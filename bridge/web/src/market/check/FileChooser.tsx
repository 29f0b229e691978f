import { type DragEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { goTo } from '../../app/router.ts';
import { fill, useLanguage, useTexts } from '../../texts/index.tsx';
import { Button } from '../../ui/Button.tsx';
import { ErrorNotice } from '../../ui/ErrorNotice.tsx';
import { safeText } from '../../ui/safeText.ts';
import { marketHref } from '../places.ts';
import { hashFile } from './hashFile.ts';

type Work =
  | { readonly state: 'idle' }
  | { readonly state: 'hashing'; readonly name: string; readonly done: number; readonly all: number }
  | { readonly state: 'failed'; readonly error: unknown };

/** Takes a file, chosen or dropped, and goes to the place of its hash. A second file ends the work on the first. */
export function FileChooser(): ReactNode {
  const { market } = useTexts();
  const { language } = useLanguage();
  const id = useId();
  const [work, setWork] = useState<Work>({ state: 'idle' });
  const [isOver, setOver] = useState(false);
  const running = useRef<AbortController>(undefined);
  useEffect(() => () => running.current?.abort(), []);

  const take = (file: File | undefined): void => {
    if (file === undefined) return;
    running.current?.abort();
    const control = new AbortController();
    running.current = control;
    const name = safeText(file.name, 60);
    const progress = (done: number) => setWork({ state: 'hashing', name, done, all: file.size });
    progress(0);
    hashFile(file, { onProgress: progress, signal: control.signal }).then(
      (sha256) => {
        setWork({ state: 'idle' });
        goTo(marketHref(['check'], { sha256 }));
      },
      (error: unknown) => {
        if (!control.signal.aborted) setWork({ state: 'failed', error });
      },
    );
  };
  const stop = (): void => {
    running.current?.abort();
    setWork({ state: 'idle' });
  };
  const over = (event: DragEvent): void => {
    event.preventDefault();
    setOver(true);
  };
  return (
    <>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: dropping is a plus; the input takes the same file */}
      <div
        className={`drop ${isOver ? 'is-over' : ''}`}
        onDragEnter={over}
        onDragOver={over}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          take(event.dataTransfer.files[0]);
        }}
      >
        <input
          type="file"
          id={id}
          className="visually-hidden"
          onChange={(event) => {
            take(event.target.files?.[0]);
            event.target.value = ''; // the same file can be chosen again
          }}
        />
        <label htmlFor={id} className="button button-primary">
          {market.check.choose}
        </label>
        <span className="quiet">{market.check.drop}</span>
        <p className="quiet">{market.check.privacy}</p>
      </div>
      {work.state === 'hashing' && (
        <div className="hashing">
          <p role="status">{fill(market.check.hashing, { name: work.name })}</p>
          <progress
            className="progress"
            value={work.done}
            max={Math.max(1, work.all)}
            aria-label={fill(market.check.hashing, { name: work.name })}
          />
          <span className="quiet">
            {fill(market.check.progress, { done: size(work.done, language), all: size(work.all, language) })}
          </span>
          <Button onClick={stop}>{market.check.stop}</Button>
        </div>
      )}
      {work.state === 'failed' && <ErrorNotice error={work.error} />}
    </>
  );
}

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;

/** Bytes as people read them. */
export function size(bytes: number, language: string): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return new Intl.NumberFormat(language, {
    style: 'unit',
    unit: UNITS[power] ?? 'byte',
    maximumSignificantDigits: 3,
  }).format(bytes / 1000 ** power);
}
