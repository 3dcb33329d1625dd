// @ts-check
// The tab that gets the focus shows its panel, and the address names it; `roving` moves the focus.
{
  /** @param {Element} tab */
  function show(tab) {
    for (const other of tab.closest('[role=tablist]')?.querySelectorAll('[role=tab]') ?? []) {
      const chosen = other === tab;
      other.ariaSelected = String(chosen);
      other.setAttribute('tabindex', chosen ? '0' : '-1');
      document.getElementById(other.getAttribute('aria-controls') ?? '')?.toggleAttribute('hidden', !chosen);
    }
  }

  for (const how of ['focusin', 'click']) {
    document.addEventListener(how, (event) => {
      const tab = /** @type {Element} */ (event.target).closest('[role=tab]');
      if (!tab || tab.ariaSelected === 'true') return;
      show(tab);
      history.replaceState(history.state, '', `#${tab.getAttribute('aria-controls')}`);
    });
  }

  const named = location.hash.length > 1 && document.querySelector(`[role=tab][aria-controls="${CSS.escape(location.hash.slice(1))}"]`);
  if (named) show(named);
}
