/**
 * In a page that is shown in the workbench, before its own scripts: answers what the workbench asks, and says which theme and which motion is
 * wanted where a script asks. The page's own scripts share this world, so that what is said here is a hint.
 */
(ux, options, wanted) => {
  const { parent } = window;
  if (parent === window) return;
  const say = parent.postMessage.bind(parent);
  const tell = (message) => say({ portico: 'preview', page: location.pathname, ...message }, '*');

  // The style sheets were served so that they follow what is wanted; scripts ask here.
  const asked = window.matchMedia.bind(window);
  const truth = (is) => (is ? '(min-width: 0px)' : '(max-width: 0px)');
  window.matchMedia = (query) => {
    let said = String(query).replace(/\(\s*prefers-color-scheme\s*:\s*(light|dark)\s*\)/gi, (_, theme) => truth(theme.toLowerCase() === wanted.theme));
    if (wanted.still) said = said.replace(/\(\s*prefers-reduced-motion\s*(?::\s*([\w-]+)\s*)?\)/gi, (_, motion) => truth((motion ?? 'reduce').toLowerCase() === 'reduce'));
    return asked(said);
  };

  /** The element that is outlined, with how it was before. */
  let shown = null;
  const show = (selector) => {
    if (shown) shown.el.style.cssText = shown.before;
    shown = null;
    const el = selector ? ux.find(selector) : null;
    if (el?.style) {
      shown = { el, before: el.style.cssText };
      for (const [name, value] of [['outline', '3px solid #d6006c'], ['outline-offset', '2px']]) el.style.setProperty(name, value, 'important');
      el.scrollIntoView({ block: 'center', inline: 'nearest' });
    }
    tell({ said: 'shown', found: Boolean(el) });
  };

  const check = () => {
    show('');
    try {
      tell({ said: 'checked', findings: ux.validate({ ...options, width: innerWidth, theme: wanted.theme, state: 'rest' }).slice(0, 500) });
    } catch (error) {
      tell({ said: 'checked', findings: [], error: String(error).slice(0, 300) });
    }
  };

  addEventListener('message', (event) => {
    if (event.source !== parent || event.data?.portico !== 'workbench') return;
    event.stopImmediatePropagation();
    if (event.data.ask === 'show') show(String(event.data.selector ?? ''));
    if (event.data.ask === 'check') check();
  });

  addEventListener('DOMContentLoaded', () => ux.wear(options.switches ?? [], wanted.theme));
  addEventListener('load', () => tell({ said: 'ready' }));
}
