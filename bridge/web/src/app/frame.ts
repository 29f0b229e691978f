/**
 * Whether another page shows this one inside of it, where it could lay something over the buttons. The policy's `frame-ancestors` forbids
 * that by a header; files on a server that sends none have this.
 */
export function isFramed(view: Pick<Window, 'top' | 'self'>): boolean {
  return view.top !== view.self;
}

/** A way out of the frame, and nothing else that could be clicked. */
export function showWayOut(place: HTMLElement): void {
  const link = document.createElement('a');
  link.href = document.location.href;
  link.target = '_top';
  link.rel = 'noopener';
  link.textContent = document.title;
  place.replaceChildren(link);
}
