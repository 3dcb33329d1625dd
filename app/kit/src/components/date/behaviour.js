// @ts-check
// The second day of a range cannot be before the first; the browser's own calendar then offers only what is possible.
{
  /** @type {(range: Element) => void} */
  const bound = (range) => {
    const [from, to] = range.querySelectorAll('input');
    if (!from || !to) return;
    // The first day of all, as the page set it.
    to.dataset.pkMin ??= to.min;
    to.min = from.value || to.dataset.pkMin;
  };

  for (const kind of ['focusin', 'input']) {
    document.addEventListener(kind, (event) => {
      const range = event.target instanceof Element && event.target.closest('[data-pk-range]');
      if (range) bound(range);
    }, true);
  }
}
