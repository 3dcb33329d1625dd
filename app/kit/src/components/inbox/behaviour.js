// @ts-check
// Keeps the number of unread messages true. One window listens for all of the browser's, since a browser opens only a few connections.
{
  /** @param {number} number */
  const show = (number) => {
    for (const badge of document.querySelectorAll('[data-pk-unread]')) {
      badge.toggleAttribute('hidden', number === 0);
      const text = badge.querySelector('.pk-unread__number');
      if (text) text.textContent = number > 99 ? '99+' : String(number);
    }
  };
  if (document.querySelector('[data-pk-unread]')) {
    const others = new BroadcastChannel('portico-unread');
    others.onmessage = ({ data }) => show(Number(data));
    /** Listens until the server has no more to say to this browser, as when its session is over. @returns {Promise<void>} */
    const listen = () =>
      new Promise((over) => {
        const events = new EventSource('/api/inbox/events');
        events.addEventListener('unread', ({ data }) => {
          show(Number(data));
          others.postMessage(Number(data));
        });
        events.addEventListener('error', () => {
          if (events.readyState === EventSource.CLOSED) over();
        });
      });
    // Without a secure connection there are no locks, and each window listens for itself.
    if (navigator.locks) void navigator.locks.request('portico-unread', listen);
    else void listen();
  }
}
