// @ts-check
// The nodes of a graph are one stop of the Tab key; the arrow keys go from node to node. The server wrote where each key leads.
{
  /** @type {Record<string, string>} */
  const keys = { ArrowUp: 'up', ArrowDown: 'down', ArrowLeft: 'left', ArrowRight: 'right' };

  /** @param {EventTarget | null} target */
  const linkOf = (target) =>
    target instanceof Element ? /** @type {HTMLElement | null} */ (target.closest('.pk-graph__link')) : null;

  /** Makes a node the one that Tab stops at, with the link beside it. @param {Element} graph @param {HTMLElement} link */
  const stopAt = (graph, link) => {
    for (const other of graph.querySelectorAll('.pk-graph__link, .pk-graph__around')) {
      if (other instanceof HTMLElement) other.tabIndex = other.parentElement === link.parentElement ? 0 : -1;
    }
    graph.setAttribute('data-stop', link.id);
  };

  document.addEventListener('focusin', (event) => {
    const link = linkOf(event.target);
    const graph = link?.closest('.pk-graph__drawing');
    if (!link || !graph) return;
    const first = !graph.hasAttribute('data-stop');
    stopAt(graph, link);
    // The reader's way through the drawing begins where it says "You are here".
    const centre = graph.querySelector('.pk-graph__node--centre > .pk-graph__link');
    if (first && centre instanceof HTMLElement && centre !== link && link.matches(':focus-visible')) centre.focus();
  });

  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const link = linkOf(event.target);
    const graph = link?.closest('.pk-graph__drawing');
    if (!link || !graph) return;
    const all = graph.querySelectorAll('.pk-graph__link');
    const next =
      event.key === 'Home'
        ? all[0]
        : event.key === 'End'
          ? all[all.length - 1]
          : document.getElementById(link.dataset[keys[event.key] ?? ''] ?? '');
    if (!keys[event.key] && event.key !== 'Home' && event.key !== 'End') return;
    event.preventDefault();
    if (next instanceof HTMLElement) next.focus();
  });

  /** A drawing that is wider than its place begins so far to the right that "You are here" is in it. */
  const begin = () => {
    for (const scroll of document.querySelectorAll('.pk-graph__scroll:not([data-begun])')) {
      scroll.setAttribute('data-begun', '');
      const centre = scroll.querySelector('.pk-graph__node--centre');
      const hidden = centre ? centre.getBoundingClientRect().right + 24 - scroll.getBoundingClientRect().right : 0;
      if (hidden > 0) scroll.scrollLeft += hidden;
    }
  };
  new MutationObserver(begin).observe(document, { childList: true, subtree: true });
  begin();
}
