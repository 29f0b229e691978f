import { useSyncExternalStore } from 'react';

/** Where the page is: what follows `#/`. In the fragment, so that static files need no server that knows of it. */
export interface Place {
  readonly section: Section;
  /** What comes after the section, decoded. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
}

export const SECTIONS = ['bridge', 'explorer', 'market', 'settings'] as const;
export type Section = (typeof SECTIONS)[number];

export function parsePlace(hash: string): Place {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const [first = '', ...rest] = path.split('/').filter((part) => part !== '');
  const section = SECTIONS.find((name) => name === first) ?? 'bridge';
  return { section, path: rest.map(decoded), query: new URLSearchParams(query) };
}

/** The link to a place: `href('explorer', 'block', 12)`. */
export function href(section: Section, ...path: readonly (string | number | bigint)[]): string {
  return `#/${[section, ...path.map((part) => encodeURIComponent(String(part)))].join('/')}`;
}

export function usePlace(): Place {
  return parsePlace(useSyncExternalStore(subscribe, () => window.location.hash));
}

export function goTo(link: string): void {
  window.location.hash = link;
}

function subscribe(onChange: () => void): () => void {
  window.addEventListener('hashchange', onChange);
  return () => window.removeEventListener('hashchange', onChange);
}

/** A fragment somebody made up may be no URI component. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
