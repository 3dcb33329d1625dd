// @ts-check
// Has a page drawn again whenever something happens to what it shows. The server alone draws; here it is only put in place.
{
  /** The shortest time between two drawings, in milliseconds. */
  const PAUSE = 400;
  const LIVE = 'Live: this page follows what happens.';
  /** @type {{ source: EventSource, address: string, stream: string, stop: () => void } | undefined} */
  let open;

  /** Where events come from, wherever they begin. @type {(events: string) => string} */
  const stream = (events) => events.split('?')[0] ?? '';

  /** A log whose end is in view stays at its end. @type {(change: () => void) => void} */
  const follow = (change) => {
    const log = document.querySelector('[data-pk-log]');
    const atEnd = log ? log.scrollHeight - log.scrollTop - log.clientHeight < 24 : false;
    const top = log?.scrollTop ?? 0;
    change();
    const now = document.querySelector('[data-pk-log]');
    if (now) now.scrollTop = atEnd ? now.scrollHeight : top;
  };

  /** @type {(mark: Element) => void} */
  const say = (mark) => {
    const text = mark.querySelector('[data-pk-live-text]');
    // Saying it again would be a change, which is looked at.
    if (!text || text.textContent === LIVE) return;
    text.textContent = LIVE;
    mark.classList.add('pk-live--on');
    mark.querySelector('[data-pk-live-again]')?.setAttribute('hidden', '');
  };

  /** Draws the page anew where it is still the one that is shown. @type {(address: string, drawer: string) => Promise<void>} */
  const draw = async (address, drawer) => {
    const answer = await fetch(drawer, { method: 'POST', headers: { 'content-type': 'application/json', accept: 'application/json' }, body: JSON.stringify({ address }) });
    if (!answer.ok) return;
    const { html, title } = await answer.json();
    const place = document.getElementById('page');
    if (!place || location.pathname + location.search !== address) return;
    document.title = document.title.replace(/^[^·]*/, `${title} `);
    follow(() => place.dispatchEvent(new CustomEvent('portico-page', { bubbles: true, cancelable: true, detail: `${address}\n${html}` })));
  };

  /** @type {(mark: HTMLElement) => void} */
  const listen = (mark) => {
    const events = mark.dataset.pkLive ?? '';
    const drawer = mark.dataset.pkPage ?? '';
    const address = location.pathname + location.search;
    const source = new EventSource(events);
    let [drawing, again] = [false, false];
    const redraw = async () => {
      again = true;
      if (drawing) return;
      drawing = true;
      while (again && open?.source === source) {
        again = false;
        await draw(address, drawer).catch(() => undefined);
        await new Promise((later) => setTimeout(later, PAUSE));
      }
      drawing = false;
    };
    open = { source, address, stream: stream(events), stop: () => source.close() };
    for (const kind of (mark.dataset.pkKinds ?? '').split(' ')) source.addEventListener(kind, () => void redraw());
    source.addEventListener('open', () => {
      const now = document.querySelector('[data-pk-live]');
      if (now) say(now);
    });
    // The server has no more to say: what was last is shown.
    source.addEventListener('error', () => {
      if (source.readyState === EventSource.CLOSED) void redraw();
    });
  };

  const look = () => {
    const mark = document.querySelector('[data-pk-live]');
    const address = location.pathname + location.search;
    // The page may be about another thing by now: what runs at the moment.
    const elsewhere = mark instanceof HTMLElement && open && stream(mark.dataset.pkLive ?? '') !== open.stream;
    if (open && (open.address !== address || !mark || elsewhere)) {
      open.stop();
      open = undefined;
    }
    if (!(mark instanceof HTMLElement) || !mark.dataset.pkLive) return;
    if (open) say(mark);
    else listen(mark);
  };
  new MutationObserver(look).observe(document.documentElement, { childList: true, subtree: true });
  look();
}
