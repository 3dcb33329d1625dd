// Compares what a page looks like with a bank's design tokens, and what it is made of with what people need of it.
//
// It only reads. It runs in a world of its own, where a page's scripts cannot reach it; and since a form or an image with a
// name takes the place of a property of its document (`<input name="parentNode">`), what it reads of nodes it reads by the
// getters of their prototypes.
(() => {
  'use strict';

  // ---------------------------------------------------------------- the DOM, safely

  const getter = (prototype, name) => {
    const get = Object.getOwnPropertyDescriptor(prototype, name).get;
    return (node) => get.call(node);
  };
  const method = (prototype, name) => {
    const call = prototype[name];
    return (node, ...rest) => call.apply(node, rest);
  };
  const parentNode = getter(Node.prototype, 'parentNode');
  const childNodes = getter(Node.prototype, 'childNodes');
  const textContent = getter(Node.prototype, 'textContent');
  const firstChild = getter(Element.prototype, 'firstElementChild');
  const nextSibling = getter(Element.prototype, 'nextElementSibling');
  const previousSibling = getter(Element.prototype, 'previousElementSibling');
  const shadowOf = getter(Element.prototype, 'shadowRoot');
  const slotOf = getter(Element.prototype, 'assignedSlot');
  const assignedTo = method(HTMLSlotElement.prototype, 'assignedNodes');
  const tagName = getter(Element.prototype, 'localName');
  const classList = getter(Element.prototype, 'classList');
  const scrollWidth = getter(Element.prototype, 'scrollWidth');
  const scrollHeight = getter(Element.prototype, 'scrollHeight');
  const clientWidth = getter(Element.prototype, 'clientWidth');
  const clientHeight = getter(Element.prototype, 'clientHeight');
  const attribute = method(Element.prototype, 'getAttribute');
  const hasAttribute = method(Element.prototype, 'hasAttribute');
  const setAttribute = method(Element.prototype, 'setAttribute');
  const removeAttribute = method(Element.prototype, 'removeAttribute');
  const matches = method(Element.prototype, 'matches');
  const closest = method(Element.prototype, 'closest');
  const contains = method(Node.prototype, 'contains');
  const rootOf = method(Node.prototype, 'getRootNode');
  const rectOf = method(Element.prototype, 'getBoundingClientRect');
  const isShown = method(Element.prototype, 'checkVisibility');
  const queryAll = (root, selector) =>
    root instanceof Document
      ? Document.prototype.querySelectorAll.call(root, selector)
      : root instanceof Element
        ? Element.prototype.querySelectorAll.call(root, selector)
        : DocumentFragment.prototype.querySelectorAll.call(root, selector);
  const rootElement = () => getter(Document.prototype, 'documentElement')(document);
  const bodyElement = () => getter(Document.prototype, 'body')(document);
  const ofDocument = { sheets: getter(Document.prototype, 'styleSheets'), adopted: getter(Document.prototype, 'adoptedStyleSheets') };
  const sheetsOf = (root) => (root instanceof Document ? ofDocument.sheets(root) : root.styleSheets);
  const adoptedBy = (root) => (root instanceof Document ? ofDocument.adopted(root) : root.adoptedStyleSheets);
  const htmlStyle = getter(HTMLElement.prototype, 'style');
  const svgStyle = getter(SVGElement.prototype, 'style');
  const inlineStyle = (el) =>
    el instanceof HTMLElement ? htmlStyle(el) : el instanceof SVGElement ? svgStyle(el) : null;
  const computed = (el, pseudo) => window.getComputedStyle(el, pseudo ?? null);
  /** The parent that an element is drawn in, across the border of a shadow tree. */
  const parentOf = (el) => {
    const parent = parentNode(el);
    if (parent instanceof ShadowRoot) return parent.host;
    return parent instanceof Element ? parent : null;
  };
  const isMatch = (el, selector) => {
    try {
      return matches(el, selector);
    } catch {
      return false;
    }
  };

  // ---------------------------------------------------------------- selectors

  const escape = (text) => CSS.escape(text);

  /** Whether a selector finds one element alone within its tree. */
  const finds = (root, selector, el) => {
    const found = queryAll(root, selector);
    return found.length === 1 && found[0] === el;
  };

  /** A selector that finds the element, the same one in every run: by its id, or by its place below one that has one. */
  const selectorOf = (el) => {
    const root = rootOf(el);
    if (root instanceof ShadowRoot) return `${selectorOf(root.host)} >>> ${within(root, el)}`;
    return within(root, el);
  };
  const within = (root, el) => {
    const steps = [];
    for (let at = el; at; at = parentNode(at)) {
      if (!(at instanceof Element)) break;
      const id = attribute(at, 'id');
      if (id && finds(root, `#${escape(id)}`, at)) {
        steps.unshift(`#${escape(id)}`);
        break;
      }
      const tag = escape(tagName(at));
      if (tag === 'html' || tag === 'body' || tag === 'main') {
        if (finds(root, tag, at)) {
          steps.unshift(tag);
          break;
        }
      }
      let place = 1;
      let alone = true;
      for (let other = previousSibling(at); other; other = previousSibling(other)) {
        if (tagName(other) === tagName(at)) place += 1;
      }
      for (let other = nextSibling(at); other && alone; other = nextSibling(other)) {
        if (tagName(other) === tagName(at)) alone = false;
      }
      steps.unshift(place === 1 && alone ? tag : `${tag}:nth-of-type(${place})`);
    }
    return steps.join(' > ');
  };

  // ---------------------------------------------------------------- colours

  const painted = new Map();
  let brush = null;
  /** Red, green, blue of 0 to 255 and alpha of 0 to 1, of any colour that CSS can write. */
  const colorOf = (text) => {
    if (!text) return null;
    let color = painted.get(text);
    if (color !== undefined) return color;
    color = null;
    const rgb = /^rgba?\(\s*([\d.]+)[,\s]+([\d.]+)[,\s]+([\d.]+)(?:\s*[,/]\s*([\d.]+)(%?))?\s*\)$/.exec(text);
    const srgb = /^color\(srgb\s+([-\d.e]+)\s+([-\d.e]+)\s+([-\d.e]+)(?:\s*\/\s*([-\d.e]+))?\)$/.exec(text);
    if (rgb) {
      const alpha = rgb[4] === undefined ? 1 : Number(rgb[4]) / (rgb[5] ? 100 : 1);
      color = [Number(rgb[1]), Number(rgb[2]), Number(rgb[3]), alpha];
    } else if (srgb) {
      const channel = (value) => Math.min(255, Math.max(0, Number(value) * 255));
      color = [channel(srgb[1]), channel(srgb[2]), channel(srgb[3]), srgb[4] === undefined ? 1 : Number(srgb[4])];
    } else if (CSS.supports('color', text) && !/var\(/.test(text)) {
      brush ??= new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
      brush.clearRect(0, 0, 1, 1);
      brush.fillStyle = text;
      brush.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = brush.getImageData(0, 0, 1, 1).data;
      color = [r, g, b, a / 255];
    }
    painted.set(text, color);
    return color;
  };
  const hex = ([r, g, b, a]) => {
    const two = (value) => Math.round(value).toString(16).padStart(2, '0');
    return `#${two(r)}${two(g)}${two(b)}${a < 1 ? two(a * 255) : ''}`;
  };
  const linear = (channel) => {
    const value = channel / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  const luminance = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const ratioOf = (a, b) => {
    const [one, other] = [luminance(a), luminance(b)];
    return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  };
  /** A colour as it is seen over an opaque one. */
  const over = ([r, g, b, a], [x, y, z]) => [r * a + x * (1 - a), g * a + y * (1 - a), b * a + z * (1 - a), 1];
  const oklab = ([r, g, b]) => {
    const [x, y, z] = [linear(r), linear(g), linear(b)];
    const l = Math.cbrt(0.4122214708 * x + 0.5363325363 * y + 0.0514459929 * z);
    const m = Math.cbrt(0.2119034982 * x + 0.6806995451 * y + 0.1073969566 * z);
    const s = Math.cbrt(0.0883024619 * x + 0.2817188376 * y + 0.6299787005 * z);
    return [
      0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
      1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
      0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
    ];
  };
  const distance = (a, b) => {
    const [x, y] = [oklab(a), oklab(b)];
    return Math.hypot(x[0] - y[0], x[1] - y[1], x[2] - y[2]) + Math.abs(a[3] - b[3]);
  };
  const sameColor = (a, b) =>
    Math.abs(a[0] - b[0]) <= 1.01 && Math.abs(a[1] - b[1]) <= 1.01 && Math.abs(a[2] - b[2]) <= 1.01 && Math.abs(a[3] - b[3]) <= 0.01;

  // ---------------------------------------------------------------- style sheets

  /** A list of selectors at its outer commas. */
  const split = (text, at = ',') => {
    const parts = [];
    let depth = 0;
    let quote = '';
    let part = '';
    for (const letter of text) {
      if (quote) {
        if (letter === quote) quote = '';
      } else if (letter === '"' || letter === "'") quote = letter;
      else if (letter === '(' || letter === '[') depth += 1;
      else if (letter === ')' || letter === ']') depth -= 1;
      if (letter === at && depth === 0 && !quote) {
        parts.push(part.trim());
        part = '';
      } else part += letter;
    }
    parts.push(part.trim());
    return parts.filter((each) => each !== '');
  };

  /** How specific a selector is, as one number. */
  const specificity = (selector) => {
    let text = selector.replace(/:where\((?:[^()]|\([^()]*\))*\)/g, '');
    let inner = 0;
    text = text.replace(/:(?:is|not|has|host|nth-child|nth-last-child)\(((?:[^()]|\([^()]*\))*)\)/g, (whole, list) => {
      if (/^:nth/.test(whole)) {
        inner += 1000;
        return '';
      }
      inner += Math.max(0, ...split(list).map(specificity));
      return '';
    });
    text = text.replace(/"[^"]*"|'[^']*'/g, '');
    const ids = (text.match(/#[\w\\-]+/g) ?? []).length;
    text = text.replace(/#[\w\\-]+/g, '');
    const classes = (text.match(/\.[\w\\-]+|\[[^\]]*\]|(?<!:):(?!:)[\w-]+/g) ?? []).length;
    const tags = (text.replace(/\.[\w\\-]+|\[[^\]]*\]|(?<!:):(?!:)[\w-]+/g, '').match(/[a-z][\w-]*|::[\w-]+/gi) ?? []).length;
    return ids * 1000000 + classes * 1000 + tags + inner;
  };

  const STATES = {
    hover: /:hover(?![\w-])/g,
    focus: /:(?:focus-visible|focus-within|focus)(?![\w-])/g,
    active: /:active(?![\w-])/g,
  };

  /** The rules of the published style sheets, which are the same for every look at a page. */
  const understood = new WeakMap();

  /** The rules of a page that hold at this width and in this theme. */
  class Sheets {
    constructor(options) {
      this.texts = options.sheets ?? {};
      this.published = understood.get(options.published) ?? new Set();
      this.order = 0;
      this.byRoot = new Map();
      this.unread = [];
      if (this.published.size > 0) return;
      for (const text of options.published) {
        const sheet = parsed(text);
        if (sheet) this.visit(sheet.cssRules, { trust: this.published });
      }
      understood.set(options.published, this.published);
    }

    /** The index of the rules that reach into a tree: longhand → rules. */
    of(root) {
      let index = this.byRoot.get(root);
      if (!index) {
        index = new Map();
        this.byRoot.set(root, index);
        const sheets = [...sheetsOf(root), ...adoptedBy(root)];
        for (const sheet of sheets) if (!sheet.disabled) this.read(sheet, { index, host: root instanceof ShadowRoot });
      }
      return index;
    }

    read(sheet, into) {
      if (sheet.media?.mediaText && !window.matchMedia(sheet.media.mediaText).matches) return;
      let rules = null;
      try {
        rules = sheet.cssRules;
      } catch {
        // A sandboxed page may not read its own style sheets; whoever serves them hands their texts over.
      }
      if (rules) this.visit(rules, into);
      else this.readText(sheet.href, into, 0);
    }

    readText(address, into, depth) {
      const path = pathOf(address);
      const text = path === null ? undefined : this.texts[path];
      if (text === undefined || depth > 5) {
        this.unread.push(String(address));
        return;
      }
      const free = text.replace(/\/\*[^]*?\*\//g, '');
      for (const [, quoted, plain] of free.matchAll(/@import\s+(?:url\(\s*)?(?:["']([^"']+)["']|([^\s"')]+))/g)) {
        try {
          this.readText(new URL(quoted ?? plain, address).href, into, depth + 1);
        } catch {
          this.unread.push(String(address));
        }
      }
      const sheet = parsed(text);
      if (sheet) this.visit(sheet.cssRules, into);
    }

    visit(rules, into, above = null, layered = false) {
      for (const rule of rules) {
        const kind = rule.constructor.name;
        if (kind === 'CSSStyleRule') this.take(rule, into, above, layered);
        else if (kind === 'CSSNestedDeclarations') {
          if (above !== null) this.take({ selectorText: '&', style: rule.style, cssText: rule.cssText, cssRules: [] }, into, above, layered);
        } else if (kind === 'CSSMediaRule') {
          if (into.trust || window.matchMedia(rule.media.mediaText).matches) this.visit(rule.cssRules, into, above, layered);
        } else if (kind === 'CSSSupportsRule') {
          if (into.trust || CSS.supports(rule.conditionText)) this.visit(rule.cssRules, into, above, layered);
        } else if (kind === 'CSSImportRule') {
          if (rule.styleSheet && (!rule.media.mediaText || window.matchMedia(rule.media.mediaText).matches)) this.read(rule.styleSheet, into);
        } else if (kind === 'CSSLayerBlockRule') this.visit(rule.cssRules, into, above, true);
        else if (rule.cssRules && kind !== 'CSSKeyframesRule') this.visit(rule.cssRules, into, above, layered);
      }
    }

    take(rule, into, above, layered) {
      let selector = rule.selectorText;
      if (above !== null) {
        selector = split(selector)
          .map((each) => (each.includes('&') ? each.replaceAll('&', `:is(${above})`) : `:is(${above}) ${each}`))
          .join(',');
      }
      if (rule.cssRules?.length) this.visit(rule.cssRules, into, selector, layered);
      if (rule.style.length === 0) return;
      const text = `${selector}{${rule.style.cssText}}`;
      if (into.trust) {
        into.trust.add(text);
        return;
      }
      this.order += 1;
      const made = { parts: partsOf(selector), style: rule.style, order: this.order, layered, trusted: this.published.has(text), host: into.host };
      for (let i = 0; i < rule.style.length; i += 1) {
        const name = rule.style[i];
        const list = into.index.get(name);
        if (list) list.push(made);
        else into.index.set(name, [made]);
      }
    }

    /** What the page itself says of a property of an element: the declaration that wins, or nothing. */
    declared(el, names, pseudo = '', state = null) {
      let best = null;
      const better = (candidate) => {
        if (!best) return true;
        for (const key of ['important', 'inline', 'unlayered', 'weight', 'order']) {
          if (candidate[key] !== best[key]) return candidate[key] > best[key];
        }
        return true;
      };
      const offer = (style, name, rest) => {
        const value = valueOf(style, name);
        if (value === '') return;
        const candidate = { ...rest, name, value, important: style.getPropertyPriority(name) === 'important' ? 1 : 0 };
        if (better(candidate)) best = candidate;
      };
      if (!pseudo) {
        const own = inlineStyle(el);
        if (own?.length) {
          for (const name of names) {
            for (let i = 0; i < own.length; i += 1) {
              if (own[i] === name) offer(own, name, { inline: 1, unlayered: 1, weight: 0, order: 0, trusted: false });
            }
          }
        }
      }
      const root = rootOf(el);
      const trees = shadowOf(el) ? [root, shadowOf(el)] : [root];
      for (const tree of trees) {
        const index = this.of(tree);
        for (const name of names) {
          for (const rule of index.get(name) ?? []) {
            for (const part of rule.parts) {
              if (part.pseudo !== pseudo) continue;
              let selector = part.selector;
              if (state) selector = selector.replace(STATES[state], ':is(*)');
              const hit = tree === root ? isMatch(el, selector) : /^:host/.test(selector);
              if (hit) {
                offer(rule.style, name, {
                  inline: 0, unlayered: rule.layered ? 0 : 1, weight: part.weight, order: rule.order, trusted: rule.trusted,
                });
              }
            }
          }
        }
      }
      return best;
    }
  }

  /** What was worked out of a text, kept for when it is asked again. */
  const once = (work) => {
    const known = new Map();
    return (text) => {
      if (!known.has(text)) known.set(text, work(text));
      return known.get(text);
    };
  };
  const parsed = once((text) => {
    try {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(text);
      return sheet;
    } catch {
      return null;
    }
  });
  /** The selectors of a list, each with its pseudo-element apart and how specific it is. */
  const partsOf = once((list) =>
    split(list).map((each) => {
      const pseudo = /::?(before|after|placeholder|marker|selection|first-line|first-letter|backdrop|file-selector-button)$/.exec(each);
      return {
        selector: pseudo ? each.slice(0, pseudo.index) || '*' : each,
        pseudo: pseudo ? `::${pseudo[1]}` : /::/.test(each) ? '::other' : '',
        weight: specificity(each),
      };
    }),
  );
  const pathOf = (address) => {
    try {
      return decodeURIComponent(new URL(address).pathname);
    } catch {
      return null;
    }
  };

  const SHORTHANDS = [
    [/^padding-(?:top|bottom|block)/, ['padding-block', 'padding']],
    [/^padding-(?:left|right|inline)/, ['padding-inline', 'padding']],
    [/^margin-(?:top|bottom|block)/, ['margin-block', 'margin']],
    [/^margin-(?:left|right|inline)/, ['margin-inline', 'margin']],
    [/^(?:row|column)-gap$/, ['gap', 'grid-gap']],
    [/^border-(?:top|right|bottom|left|block|inline).*-color$/, ['border-color', 'border-block-color', 'border-inline-color']],
    [/^border-(?:top|right|bottom|left|block|inline).*-width$/, ['border-width', 'border-block-width', 'border-inline-width']],
    [/^border-(?:top)-(?:color|width)$/, ['border-top']],
    [/^border-(?:right)-(?:color|width)$/, ['border-right']],
    [/^border-(?:bottom)-(?:color|width)$/, ['border-bottom']],
    [/^border-(?:left)-(?:color|width)$/, ['border-left']],
    [/^border-block-start-(?:color|width)$/, ['border-block-start', 'border-block']],
    [/^border-block-end-(?:color|width)$/, ['border-block-end', 'border-block']],
    [/^border-inline-start-(?:color|width)$/, ['border-inline-start', 'border-inline']],
    [/^border-inline-end-(?:color|width)$/, ['border-inline-end', 'border-inline']],
    [/^border-(?:top|right|bottom|left|block|inline).*-(?:color|width)$/, ['border']],
    [/-radius$/, ['border-radius']],
    [/^background-/, ['background']],
    [/^font-|^line-height$/, ['font']],
    [/^outline-/, ['outline']],
    [/^text-decoration-/, ['text-decoration']],
  ];
  /** A longhand of a declaration; of one that was written with `var()` in a shorthand, that shorthand. */
  const valueOf = (style, name) => {
    const value = style.getPropertyValue(name);
    if (value !== '') return value;
    for (const [pattern, names] of SHORTHANDS) {
      if (!pattern.test(name)) continue;
      for (const shorthand of names) {
        const text = style.getPropertyValue(shorthand);
        if (text !== '') return text;
      }
    }
    return '';
  };
  /** The physical property and the logical ones that are the same thing in this direction. */
  const aliases = (name, rtl) => {
    const [start, end] = rtl ? ['right', 'left'] : ['left', 'right'];
    const radius = /^border-(top|bottom)-(left|right)-radius$/.exec(name);
    if (radius) {
      const block = radius[1] === 'top' ? 'start' : 'end';
      const inline = radius[2] === start ? 'start' : 'end';
      return [name, `border-${block}-${inline}-radius`];
    }
    const side = /^(margin|padding|border)-(top|right|bottom|left)(-\w+)?$/.exec(name);
    if (!side) return [name];
    const [, base, where, rest = ''] = side;
    const logical = where === 'top' ? 'block-start' : where === 'bottom' ? 'block-end' : where === start ? 'inline-start' : where === end ? 'inline-end' : '';
    return [name, `${base}-${logical}${rest}`];
  };

  // ---------------------------------------------------------------- tokens

  const ROLES = [
    ['radius', /radius|radii|corner|rounded|curve/],
    ['line', /line-?height|leading|(^|[-_.])lines?([-_.]|$)/],
    ['weight', /weight/],
    ['family', /font-?famil|(^|[-_.])famil|typeface|(^|[-_.])font(-mono|-sans|-serif|-code|-body|-heading|-base|-display)?$/],
    ['font-size', /font-?size|text-?size|type-?(size|scale)|(^|[-_.])(type|text|h[1-6]|body|code|small|read|count|caption|label|display|heading|title|headline)[-_.]?size|(^|[-_.])type([-_.]|$)|text-\w*-?font-?size/],
    ['letter', /letter|tracking/],
    ['stroke', /stroke|border-?width|outline-?width|(^|[-_.])border-?(thin|thick|strong|size)|hairline|ring-?width|indicator/],
    ['space', /spac|gap|padding|margin|inset|gutter|indent/],
    ['shadow', /shadow|elevation/],
    ['opacity', /opacity|alpha/],
    ['z', /z-?index|(^|[-_.])z([-_.]|$)|layer/],
    ['time', /duration|delay|easing|ease|motion|transition|animation/],
    ['size', /size|height|width|row|rail|control|icon|measure|break|content/],
  ];
  const roleOf = (name) => ROLES.find(([, pattern]) => pattern.test(name))?.[0] ?? null;

  const THEMED = /(^|[^a-z])(light|dark)([^a-z]|$)/i;
  const otherTheme = (theme) => (theme === 'light' ? 'dark' : 'light');
  /** Which theme a selector or a condition speaks of, or none. */
  const themeIn = (text) => {
    const found = THEMED.exec(text.replace(/:not\([^)]*\)/g, ''));
    return found ? found[2].toLowerCase() : null;
  };

  /** Walks the rules of a token file that hold in a theme: `take(selector, style)`. */
  const eachTokenRule = (rules, theme, take) => {
    for (const rule of rules) {
      if (rule.constructor.name === 'CSSStyleRule') {
        if (rule.cssRules.length) eachTokenRule(rule.cssRules, theme, take);
        for (const selector of split(rule.selectorText)) {
          const spoken = themeIn(selector);
          if (spoken === null || spoken === theme) take(selector, rule.style, spoken);
        }
      } else if (rule.constructor.name === 'CSSMediaRule') {
        const spoken = /prefers-color-scheme/.test(rule.media.mediaText) ? themeIn(rule.media.mediaText) : null;
        if (/\bprint\b/.test(rule.media.mediaText)) continue;
        if (spoken === null || spoken === theme) eachTokenRule(rule.cssRules, theme, take);
      } else if (rule.cssRules && rule.constructor.name !== 'CSSKeyframesRule') eachTokenRule(rule.cssRules, theme, take);
    }
  };

  /** What tells the themes apart on an element of a page: attributes and classes that the token file speaks of. */
  const switchesOf = (sheet) => {
    const found = new Map();
    for (const theme of ['light', 'dark']) {
      eachTokenRule(sheet.cssRules, theme, (selector, _, spoken) => {
        if (!spoken) return;
        for (const [, name, value] of selector.matchAll(/\[([\w-]+)[~|^$*]?=["']?([\w-]+)["']?/g)) {
          if (themeIn(value)) found.set(`[${name}`, { attribute: name, ...(found.get(`[${name}`) ?? {}), [theme]: value });
        }
        for (const [, name] of selector.matchAll(/\.([\w-]+)/g)) {
          if (themeIn(name)) {
            const key = name.replace(THEMED, '$1$3');
            found.set(`.${key}`, { ...(found.get(`.${key}`) ?? {}), [theme]: name });
          }
        }
      });
    }
    return [...found.values()].filter((each) => each.light && each.dark);
  };

  /** An element that a compound selector describes. */
  const described = (selector, tag = 'div') => {
    const el = Document.prototype.createElement.call(document, tag);
    for (const [, name] of selector.matchAll(/\.((?:[\w-]|\\.)+)/g)) classList(el).add(name.replaceAll('\\', ''));
    for (const [, name, value] of selector.matchAll(/\[([\w-]+)(?:[~|^$*]?=["']?([^"'\]]*)["']?)?\]/g)) setAttribute(el, name, value ?? '');
    return el;
  };

  /**
   * The tokens of a CSS file as they come out in a theme. It has to be asked in an empty page: the file is put in it, with an
   * element for each of its selectors, and the browser itself says what each custom property comes to. A name that has
   * several values (a density, a scale of the bank's) has all of them.
   */
  const tokens = (css, theme, roles = {}) => {
    const sheet = parsed(css);
    if (!sheet) return { error: 'it is no style sheet', tokens: [], switches: [] };
    const root = rootElement();
    const body = bodyElement();
    const style = Document.prototype.createElement.call(document, 'style');
    style.textContent = css;
    getter(Document.prototype, 'head')(document).append(style);
    root.style.colorScheme = theme;
    const selectors = new Map();
    const names = [];
    const seen = new Set();
    eachTokenRule(sheet.cssRules, theme, (selector, declarations) => {
      let holds = false;
      for (let i = 0; i < declarations.length; i += 1) {
        const name = declarations[i];
        if (!name.startsWith('--')) continue;
        holds = true;
        if (!seen.has(name)) {
          seen.add(name);
          names.push(name);
        }
        // The longhand's own text, since what it follows may differ from place to place.
        if (/var\(/.test(declarations.getPropertyValue(name))) selectors.set(selector, (selectors.get(selector) ?? new Set()).add(name));
      }
      if (holds && !selectors.has(selector)) selectors.set(selector, new Set());
    });
    // All selectors of the theme on the elements above, and each alone below: what one says and what follows from it.
    const places = [];
    let inner = body;
    for (const selector of selectors.keys()) {
      const above = described(selector);
      inner.append(above);
      inner = above;
    }
    places.push([inner, names]);
    for (const [selector, follows] of selectors) {
      const own = described(selector);
      inner.append(own);
      places.push([own, names]);
      // A density and a theme on one element: what the one says follows from the other.
      if (follows.size === 0 || selectors.size > 40) continue;
      for (const other of selectors.keys()) {
        if (other === selector) continue;
        const both = described(`${selector}${other}`);
        inner.append(both);
        places.push([both, [...follows]]);
      }
    }
    // The themes of the file on the root too, since `:root[data-theme=dark]` is no other element.
    for (const selector of selectors.keys()) {
      if (/^(:root|html|body)/.test(selector)) {
        for (const each of described(selector).attributes) setAttribute(root, each.name, each.value);
        const marks = /^body/.test(selector) ? body : root;
        for (const each of classList(described(selector))) classList(marks).add(each);
      }
    }
    places.push([root, names]);
    const found = new Map();
    for (const [place, asked] of places) {
      const said = computed(place);
      const probe = Document.prototype.createElement.call(document, 'div');
      place.append(probe);
      for (const name of asked) {
        const raw = said.getPropertyValue(name).trim();
        if (raw === '') continue;
        const key = `${name} ${raw}`;
        if (!found.has(key)) {
          const token = classified(name, raw, probe, roles[name]);
          found.set(key, token ? { ...token, raw } : { name, kind: 'other', role: null, raw, value: raw });
        }
      }
      probe.remove();
    }
    style.remove();
    for (let at = body.firstElementChild; at; at = body.firstElementChild) at.remove();
    const order = new Map(names.map((name, at) => [name, at]));
    const list = [...found.values()].sort((a, b) => order.get(a.name) - order.get(b.name) || (a.raw < b.raw ? -1 : 1));
    return { tokens: list, switches: switchesOf(sheet) };
  };

  /** What kind of value a token has, and what it comes to. */
  const classified = (name, raw, probe, told) => {
    const said = name.replace(/([a-z])([A-Z])/g, '$1-$2').toLowerCase();
    const role = told ?? roleOf(said);
    const style = probe.style;
    const come = (property, value) => {
      style.cssText = '';
      style.setProperty(property, value);
      return computed(probe).getPropertyValue(property);
    };
    if (/^[-+]?[\d.]+$/.test(raw) || (/^calc\(/.test(raw) && CSS.supports('line-height', raw) && !CSS.supports('width', raw))) {
      const number = /^calc/.test(raw) ? Number.parseFloat(come('opacity', raw)) : Number(raw);
      return { name, kind: 'number', role: role ?? 'number', value: number };
    }
    if (CSS.supports('color', raw) && !/^(inherit|initial|unset|revert)/.test(raw)) {
      const value = colorOf(come('color', raw));
      return value && { name, kind: 'color', role: 'color', value };
    }
    if (CSS.supports('width', raw) && /\d/.test(raw)) {
      // A share of something is no size.
      if (/%/.test(raw)) return null;
      style.cssText = 'position:absolute;box-sizing:content-box;';
      style.setProperty('margin-left', raw);
      const value = Number.parseFloat(computed(probe).marginLeft);
      return Number.isFinite(value) ? { name, kind: 'length', role: role ?? 'length', value } : null;
    }
    if (role === 'weight' && /^(normal|bold)$/.test(raw)) return { name, kind: 'number', role, value: raw === 'bold' ? 700 : 400 };
    if (/\d/.test(raw) && CSS.supports('box-shadow', raw)) {
      return { name, kind: 'shadow', role: 'shadow', value: shadows(come('box-shadow', raw)) };
    }
    if (role === 'family' || (/,/.test(raw) && CSS.supports('font-family', raw) && !/\d+m?s\b/.test(raw))) {
      return CSS.supports('font-family', raw) ? { name, kind: 'family', role: 'family', value: families(raw) } : null;
    }
    return null;
  };

  const families = once((text) => split(text).map((name) => name.replace(/^["']|["']$/g, '').toLowerCase()));

  /** The parts of a `box-shadow` as computed: colour, four lengths, inset. */
  const shadows = (text) => {
    if (!text || text === 'none') return [];
    return split(text).map((part) => {
      const inset = /\binset\b/.test(part);
      const lengths = [...part.replace(/[\w-]+\([^)]*\)|#\w+/g, '').matchAll(/(-?[\d.]+)px/g)].map((found) => Number(found[1]));
      const paint = /[\w-]+\([^)]*\)|#\w+/.exec(part)?.[0] ?? '';
      return { inset, lengths, color: colorOf(paint) };
    });
  };
  const sameShadow = (a, b) =>
    a.length === b.length &&
    a.every(
      (part, at) =>
        part.inset === b[at].inset &&
        part.lengths.every((length, i) => Math.abs(length - b[at].lengths[i]) < 0.51) &&
        part.color && b[at].color && sameColor(part.color, b[at].color),
    );

  /** The tokens of a theme, for asking. */
  class Scale {
    constructor(list) {
      this.names = new Map();
      this.colors = list.filter((token) => token.kind === 'color');
      this.families = list.filter((token) => token.kind === 'family');
      this.shadows = list.filter((token) => token.kind === 'shadow');
      this.lengths = list.filter((token) => token.kind === 'length');
      this.numbers = list.filter((token) => token.kind === 'number');
      this.raw = new Map();
      for (const token of list) {
        this.names.set(token.name, token);
        this.raw.set(token.name, (this.raw.get(token.name) ?? new Set()).add(token.raw));
      }
      this.byColor = new Map();
      this.firstFamilies = new Set(this.families.map((token) => token.value[0]));
      const ofRole = (tokens, role) => tokens.filter((token) => token.role === role);
      this.weights = ofRole(this.numbers, 'weight');
      this.strokes = ofRole(this.lengths, 'stroke');
      this.lines = ofRole(this.lengths, 'line');
      this.ratios = ofRole(this.numbers, 'line').filter((token) => token.value < 5);
      /** The sizes for something: those whose names say so, or else all that are no more than sizes. */
      this.sizes = once((role) => {
        const own = ofRole(this.lengths, role);
        if (own.length) return own;
        const plain = this.lengths.filter((token) => token.role === 'length' || token.role === 'size');
        return plain.length ? plain : this.lengths;
      });
    }

    hasColor(color) {
      const key = hex(color);
      let known = this.byColor.get(key);
      if (known === undefined) {
        known = this.colors.some((token) => sameColor(token.value, color));
        this.byColor.set(key, known);
      }
      return known;
    }

    /**
     * The token nearest to a colour among those that are for the same thing. A value that was written down is near to what a
     * token is in one of the themes, and the token is the same in both.
     */
    nearestColor(color, use, good = () => true, other = null) {
      const fit = USES[use];
      // A grey is mended by the colour of text, not by one that means something.
      const grey = use === 'text' && Math.max(...color.slice(0, 3)) - Math.min(...color.slice(0, 3)) < 24;
      let best = null;
      for (const token of this.colors) {
        if (token.value[3] === 0 || !good(token.value)) continue;
        const twin = other?.names.get(token.name);
        const near = Math.min(distance(color, token.value), twin?.kind === 'color' ? distance(color, twin.value) + 0.05 : 9);
        const far = near + (fit.test(token.name) ? 0 : 1) + (grey && !/text|fore|-on-/i.test(token.name) ? 0.2 : 0);
        if (!best || far < best.far - 1e-9) best = { far, token };
      }
      return best?.token ?? null;
    }
  }
  const USES = {
    text: /^(?!.*(?:border|surface|background|button-primary)).*(?:text|fore|-fg|content-|-on-|accent$|accent-strong$|link|neutral$|fine$|attention$|wrong$|waiting$|danger|error|success|warning|info)/i,
    background: /^(?!.*(?:text|border|code)).*(?:surface|raised|overlay|back|-bg|container|fill|quiet$|canvas|accent$|accent-strong$|primary|head$|hover$|chosen$)/i,
    border: /border|divider|separator|outline|stroke|accent$|wrong$|fine$|waiting$|attention$/i,
    ring: /focus/i,
  };

  // ---------------------------------------------------------------- what a declaration is made of

  const KEYWORD = /^(?:auto|inherit|initial|unset|revert|revert-layer|normal|none|currentcolor|transparent|0|0px|min-content|max-content|fit-content)$/i;
  const SYSTEM = /^(?:canvas|canvastext|linktext|visitedtext|activetext|buttonface|buttontext|buttonborder|field|fieldtext|highlight|highlighttext|mark|marktext|graytext|accentcolor|accentcolortext|selecteditem|selecteditemtext)$/i;

  class Origin {
    constructor(sheets, scaleOf, state) {
      this.sheets = sheets;
      this.scaleOf = scaleOf;
      this.state = state;
    }

    /** Where the value of a property of an element comes from: nothing of the page's, the published style sheet, tokens, a keyword, or a value of its own. */
    of(el, name, role, pseudo = '') {
      const rtl = computed(el).direction === 'rtl';
      const found = this.sheets.declared(el, aliases(name, rtl), pseudo, this.state);
      if (!found) {
        const mark = pseudo ? null : { color: 'color', 'background-color': 'bgcolor', 'font-family': 'face' }[name];
        if (mark && hasAttribute(el, mark) && (tagName(el) === 'font' || mark === 'bgcolor')) return { from: 'own', value: attribute(el, mark) };
        return { from: 'browser' };
      }
      if (found.trusted) return { from: 'published', value: found.value };
      const value = found.value.trim();
      if (KEYWORD.test(value)) return { from: /^(?:inherit|unset)$/i.test(value) ? 'inherit' : 'keyword', value };
      if (SYSTEM.test(value)) return { from: 'keyword', value };
      const made = this.made(el, value, role, 0);
      if (made.good && made.tokens > 0) return { from: 'tokens', value };
      if (made.good && made.shares > 0) return { from: 'layout', value };
      return { from: 'own', value };
    }

    /** Whether a text of CSS is made of tokens and of what needs none, and of how many. */
    made(el, text, role, depth) {
      const scale = this.scaleOf(el);
      let tokens = 0;
      let good = true;
      let rest = text;
      for (let turn = 0; turn < 40 && /var\(/.test(rest); turn += 1) {
        const at = rest.lastIndexOf('var(');
        let depthOf = 0;
        let end = at + 3;
        for (; end < rest.length; end += 1) {
          if (rest[end] === '(') depthOf += 1;
          if (rest[end] === ')') {
            depthOf -= 1;
            if (depthOf === 0) break;
          }
        }
        const inside = rest.slice(at + 4, end);
        const comma = inside.indexOf(',');
        const name = (comma < 0 ? inside : inside.slice(0, comma)).trim();
        const fallback = comma < 0 ? '' : inside.slice(comma + 1).trim();
        let becomes = ' ';
        const raw = computed(el).getPropertyValue(name).trim();
        if (raw === '' || raw === 'initial') {
          becomes = ` ${fallback} `;
        } else if (scale.raw.has(name)) {
          if (scale.raw.get(name).has(raw)) tokens += 1;
          else good = false;
        } else if (depth < 8) {
          const local = this.local(el, name);
          if (local === null) becomes = ` ${raw} `;
          else if (!local.trusted) {
            const inner = this.made(local.el, local.value, role, depth + 1);
            good = good && inner.good;
            tokens += inner.tokens;
          } else tokens += 1;
        }
        rest = rest.slice(0, at) + becomes + rest.slice(end + 1);
      }
      const left = this.literals(el, rest, role, scale);
      return { good: good && left.good, tokens: tokens + left.tokens, shares: left.shares };
    }

    /** Where a custom property of the page's own is declared, from an element upwards. */
    local(el, name) {
      for (let at = el; at; at = parentOf(at)) {
        const found = this.sheets.declared(at, [name], '', this.state);
        if (found && !/^(inherit|unset)$/.test(found.value.trim())) return { el: at, value: found.value, trusted: found.trusted };
      }
      return null;
    }

    literals(el, text, role, scale) {
      let good = true;
      let tokens = 0;
      let shares = 0;
      const colors = text.match(/#[\da-f]{3,8}\b|\b(?:rgba?|hsla?|hwb|lab|lch|oklab|oklch|color)\((?:[^()]|\([^()]*\))*\)/gi) ?? [];
      let rest = text;
      for (const each of colors) {
        rest = rest.replace(each, ' ');
        // What is left of `rgb(from var(--token) r g b / 50%)` when the token is out of it.
        if (/\bfrom\b/.test(each)) continue;
        const color = colorOf(each);
        if (!color || (color[3] > 0 && !scale.hasColor(color))) good = false;
        else tokens += 1;
      }
      for (const [, number, unit] of rest.matchAll(/(-?[\d.]+)(px|rem|em|pt|pc|cm|mm|in|q|ex|cap|ic|%|v[wh]|[sld]v[wh]|vmin|vmax|cq\w+|fr|ch|lh|rlh)?/gi)) {
        const size = Number(number);
        if (!unit || size === 0 || !Number.isFinite(size)) continue;
        if (/^(?:%|v|[sld]v|cq|fr|ch|lh|rlh)/i.test(unit)) {
          shares += 1;
          continue;
        }
        const font = Number.parseFloat(computed(unit === 'rem' ? rootElement() : el).fontSize);
        const px = { px: 1, rem: font, em: font, pt: 4 / 3, pc: 16, in: 96, cm: 96 / 2.54, mm: 9.6 / 2.54 }[unit.toLowerCase()];
        const value = Math.abs(size * (px ?? Number.NaN));
        if (value <= 2) continue;
        if (scale.sizes(role).some((token) => Math.abs(token.value - value) <= 0.26)) tokens += 1;
        else good = false;
      }
      for (const word of rest.match(/[a-z][\w-]*/gi) ?? []) {
        if (NAMED.has(word.toLowerCase())) {
          const color = colorOf(word.toLowerCase());
          if (!color || !scale.hasColor(color)) good = false;
        }
      }
      return { good, tokens, shares };
    }
  }
  const NAMED = new Set(
    'aliceblue antiquewhite aqua aquamarine azure beige bisque black blanchedalmond blue blueviolet brown burlywood cadetblue chartreuse chocolate coral cornflowerblue cornsilk crimson cyan darkblue darkcyan darkgoldenrod darkgray darkgreen darkgrey darkkhaki darkmagenta darkolivegreen darkorange darkorchid darkred darksalmon darkseagreen darkslateblue darkslategray darkturquoise darkviolet deeppink deepskyblue dimgray dimgrey dodgerblue firebrick floralwhite forestgreen fuchsia gainsboro ghostwhite gold goldenrod gray green greenyellow grey honeydew hotpink indianred indigo ivory khaki lavender lavenderblush lawngreen lemonchiffon lightblue lightcoral lightcyan lightgray lightgreen lightgrey lightpink lightsalmon lightseagreen lightskyblue lightsteelblue lightyellow lime limegreen linen magenta maroon mediumaquamarine mediumblue mediumorchid mediumpurple mediumseagreen mediumslateblue mediumspringgreen mediumturquoise mediumvioletred midnightblue mintcream mistyrose moccasin navajowhite navy oldlace olive olivedrab orange orangered orchid palegoldenrod palegreen paleturquoise palevioletred papayawhip peachpuff peru pink plum powderblue purple rebeccapurple red rosybrown royalblue saddlebrown salmon sandybrown seagreen seashell sienna silver skyblue slateblue slategray snow springgreen steelblue tan teal thistle tomato turquoise violet wheat white whitesmoke yellow yellowgreen'.split(' '),
  );

  // ---------------------------------------------------------------- what is on the page

  const NOT_DRAWN = new Set(['script', 'style', 'link', 'meta', 'head', 'title', 'base', 'template', 'noscript', 'br', 'wbr', 'source', 'track', 'option', 'optgroup', 'datalist', 'param', 'area', 'map', 'col', 'colgroup', 'rp']);
  const REPLACED = new Set(['img', 'picture', 'video', 'audio', 'canvas', 'iframe', 'object', 'embed', 'svg', 'math', 'meter', 'progress']);
  const NATIVE = 'a[href],area[href],button,input:not([type=hidden]),select,textarea,summary,audio[controls],video[controls],[contenteditable]:not([contenteditable=false]),iframe,object,embed';
  const CONTROL = 'button,input:not([type=hidden]),select,textarea';
  /** The largest drawing that is an icon, in pixels. */
  const ICON = 48;
  /** The most shapes of a drawing that are looked at. */
  const SHAPES = 200;
  /** The most dialogs of a page that are opened. */
  const DIALOGS = 10;
  const FOCUSABLE = `${NATIVE},[tabindex]`;
  const LANDMARK = 'main,header,nav,footer,aside,dialog,form,section,search,[role=main],[role=banner],[role=navigation],[role=contentinfo],[role=complementary],[role=region],[role=search],[role=form],[role=dialog],[role=alertdialog],[role=alert],[role=status],[role=log]';

  /** What is drawn inside an element or a shadow tree, as the slots have it. */
  const drawnIn = (node) => {
    if (node instanceof HTMLSlotElement) {
      const assigned = assignedTo(node, { flatten: true });
      if (assigned.length > 0) return assigned;
    }
    return childNodes((node instanceof Element && shadowOf(node)) || node);
  };
  const hasOwnText = (el) => {
    for (const node of drawnIn(el)) if (node.nodeType === 3 && /\S/.test(node.data)) return true;
    return false;
  };
  const isTyped = (el, tag) => tag === 'textarea' || tag === 'select' || (tag === 'input' && !/^(?:checkbox|radio|range|color|file|image|hidden)$/.test(attribute(el, 'type') ?? 'text'));

  /** Everything that is drawn, from the outside in. */
  const gather = (options) => {
    const records = [];
    const byElement = new Map();
    const { scrollX, scrollY } = window;
    const themeOf = (el, parent) => {
      for (const each of options.switches) {
        for (const theme of ['light', 'dark']) {
          const on = each.attribute ? attribute(el, each.attribute) === each[theme] : classList(el).contains(each[theme]);
          if (on) return theme;
        }
      }
      return parent?.theme ?? options.theme;
    };
    const visit = (el, parent) => {
      const tag = tagName(el);
      if (NOT_DRAWN.has(tag)) return;
      const style = computed(el);
      const contents = style.display === 'contents';
      if (!contents && !isShown(el, { visibilityProperty: false })) return;
      const rect = rectOf(el);
      const clipped = isClipped(style, rect) || (parent?.unseen ?? false);
      const record = {
        el, tag, style, rect, parent, contents,
        unseen: clipped || style.opacity === '0' || (parent?.faded ?? false),
        faded: style.opacity === '0' || (parent?.faded ?? false),
        disabled: matches(el, ':disabled') || attribute(el, 'aria-disabled') === 'true' || (parent?.disabled ?? false),
        silent: attribute(el, 'aria-hidden') === 'true' || hasAttribute(el, 'inert') || (parent?.silent ?? false),
        hidden: style.visibility !== 'visible',
        theme: themeOf(el, parent),
        text: false, typed: false,
        opacity: (parent?.opacity ?? 1) * Number(style.opacity),
      };
      record.seen = !record.unseen && !record.hidden && !contents && rect.width > 0 && rect.height > 0;
      if (record.seen && !contents && parent && (parent.away || rect.right + scrollX <= 0 || rect.bottom + scrollY <= 0)) {
        // Moved off the page to the left or above, where nobody can scroll.
        record.seen = false;
        record.away = true;
      }
      record.typed = isTyped(el, tag);
      record.text = record.typed || (!REPLACED.has(tag) && hasOwnText(el));
      // A slot has no box: the text that is put into it stands in the box round it.
      if (tag === 'slot' && record.text && parent) Object.assign(record, { rect: parent.rect, seen: parent.seen });
      records.push(record);
      byElement.set(el, record);
      if (records.length > options.most) throw new Error(`the page has more than ${options.most} elements`);
      if (tag === 'svg' || tag === 'math' || tag === 'select') return;
      const shadow = shadowOf(el);
      if (shadow) for (let child = shadow.firstElementChild; child; child = nextSibling(child)) visit(child, record);
      for (let child = firstChild(el); child; child = nextSibling(child)) visit(child, byElement.get(slotOf(child)) ?? record);
    };
    visit(rootElement(), null);
    return { records, byElement };
  };

  /** What is there for those who listen alone: one pixel, or clipped to nothing. */
  const isClipped = (style, rect) => {
    if (style.clipPath !== 'none' && /^inset\((?:50|100)%/.test(style.clipPath)) return true;
    if (style.position === 'absolute' || style.position === 'fixed') {
      const clip = /^rect\(\s*([\d.]+)px[,\s]+([\d.]+)px[,\s]+([\d.]+)px[,\s]+([\d.]+)px/.exec(style.clip);
      if (clip && (Number(clip[2]) - Number(clip[4]) <= 1 || Number(clip[3]) - Number(clip[1]) <= 1)) return true;
    }
    return style.overflowX !== 'visible' && (rect.width <= 1 || rect.height <= 1);
  };

  const SIDES = ['top', 'right', 'bottom', 'left'];
  const CORNERS = ['top-left', 'top-right', 'bottom-right', 'bottom-left'];
  const INHERITED = new Set(['color', 'font-family', 'font-size', 'font-weight', 'line-height']);
  const camel = once((name) => name.replace(/-(\w)/g, (_, letter) => letter.toUpperCase()));
  const px = (value) => `${Math.round(value * 100) / 100}px`;

  class Check {
    constructor(options) {
      this.options = options;
      this.findings = [];
      this.keys = new Set();
      const { records, byElement } = gather(options);
      this.records = records;
      this.byElement = byElement;
      this.scales = { light: new Scale(options.tokens.light), dark: new Scale(options.tokens.dark) };
      this.sheets = new Sheets(options);
      this.origin = new Origin(this.sheets, (el) => this.scaleAt(el), options.state === 'rest' ? null : options.state);
      this.origins = new Map();
      this.selectors = new Map();
      this.rings = new Map();
      // What has a colour that is told of already: what follows from it is no departure of its own.
      this.stained = stained;
    }

    scaleAt(el) {
      for (let at = el; at; at = parentOf(at)) {
        const record = this.byElement.get(at);
        if (record) return this.scales[record.theme];
      }
      return this.scales[this.options.theme];
    }

    add(rule, el, actual, expected, token = null, verdict = null, suffix = '') {
      if (!this.isInside(el)) return;
      let selector = this.selectors.get(el);
      if (selector === undefined) {
        selector = selectorOf(el);
        this.selectors.set(el, selector);
      }
      const state = this.options.state === 'rest' || rule === 'focus-ring' ? '' : ` (${this.options.state})`;
      const finding = { rule, verdict, selector: selector + suffix, actual: actual + state, expected, token: token?.name ?? token };
      const key = JSON.stringify(finding);
      if (this.keys.has(key)) return;
      this.keys.add(key);
      this.findings.push(finding);
    }

    /** Whether an element is in the parts that are asked about, where not all of the page is. */
    isInside(el) {
      const { inside } = this.options;
      if (!inside) return true;
      for (let at = el; at; at = parentOf(at)) if (inside.has(at)) return true;
      return false;
    }

    originAt(record, name, role) {
      const key = `${name} ${role}`;
      let known = this.origins.get(key);
      if (!known) this.origins.set(key, (known = new Map()));
      let origin = known.get(record.el);
      if (!origin) known.set(record.el, (origin = this.origin.of(record.el, name, role)));
      return origin;
    }

    /** The element that a value comes from, and how it is said there. */
    source(record, name, role) {
      const property = camel(name);
      for (let at = record; at; at = at.parent) {
        const origin = this.originAt(at, name, role);
        if (origin.from !== 'browser' && origin.from !== 'inherit') return { ...origin, at };
        if (origin.from === 'browser' && (!INHERITED.has(name) || !at.parent || at.parent.style[property] !== at.style[property])) {
          // A child of a font size of its own says nothing of a line height that is a number.
          const kept = name === 'line-height' && at.parent && at.parent.style.lineHeight !== 'normal' && at.style.lineHeight !== 'normal';
          if (!kept) return { from: 'browser', at };
        }
      }
      return { from: 'browser', at: record };
    }

    run() {
      const { state } = this.options;
      const rest = state === 'rest';
      if (rest) {
        remembered = new WeakMap();
        stained = this.stained = new Map();
      }
      for (const record of this.records) {
        if (rest) {
          remembered.set(record.el, traits(record.style));
          record.same = !this.isInside(record.el);
        } else if (remembered.get(record.el) === traits(record.style)) record.same = true;
      }
      for (const record of this.records) {
        if (!record.seen || record.same) continue;
        this.colors(record);
        if (rest) {
          this.type(record);
          this.space(record);
          this.shape(record);
        }
      }
      for (const record of this.records) {
        if (record.text && record.seen && !(record.same && this.isSameAbove(record))) this.contrast(record);
      }
      if (state === 'focus') for (const record of this.records) this.focus(record);
      if (rest) {
        this.redefined();
        this.controls();
        this.headings();
        this.landmarks();
        this.names();
        this.tabOrder();
        this.reordered();
        this.targets();
        this.overflow();
        this.frames();
        for (const address of new Set(this.sheets.unread)) {
          this.add('unread', rootElement(), `the style sheet ${address} could not be read`, 'a style sheet that the site brings along');
        }
      }
      return this.findings;
    }

    isSameAbove(record) {
      for (let at = record.parent; at; at = at.parent) if (!at.same) return false;
      return true;
    }

    // -------------------------------------------------------------- colours

    colors(record) {
      const { el, style, tag } = record;
      const scale = this.scales[record.theme];
      if (scale.colors.length === 0) return;
      if (record.text) this.textColor(record, scale);
      this.effect(record);
      if (tag === 'svg') this.drawing(record, scale);
      if (REPLACED.has(tag)) return;
      const ground = colorOf(style.backgroundColor);
      if (ground && ground[3] > 0 && !scale.hasColor(ground)) {
        const origin = this.originAt(record, 'background-color', 'color');
        if (origin.from === 'own') this.color('color-background', record, 'background-color', ground, 'background', scale);
      }
      if (/gradient\(/.test(style.backgroundImage)) {
        const origin = this.originAt(record, 'background-image', 'color');
        if (origin.from === 'own') {
          this.add('color-gradient', el, `background-image: ${short(origin.value)}`, 'a plain colour, or a gradient of tokens');
        }
      }
      this.borderColors(record, scale);
      if (style.textDecorationLine !== 'none' && style.textDecorationColor !== style.color) {
        const line = colorOf(style.textDecorationColor);
        if (line && line[3] > 0 && !scale.hasColor(line) && this.originAt(record, 'text-decoration-color', 'color').from === 'own') {
          this.color('color-text', record, 'text-decoration-color', line, 'text', scale);
        }
      }
      if (style.outlineStyle !== 'none' && style.outlineStyle !== 'auto' && Number.parseFloat(style.outlineWidth) > 0 && this.options.state !== 'focus') {
        const ring = colorOf(style.outlineColor);
        if (ring && ring[3] > 0 && !scale.hasColor(ring) && this.originAt(record, 'outline-color', 'color').from === 'own') {
          this.color('color-border', record, 'outline-color', ring, 'border', scale);
        }
      }
      if (style.accentColor !== 'auto' && tag === 'input') {
        const accent = colorOf(style.accentColor);
        if (accent && !scale.hasColor(accent)) {
          const source = this.sourceOf(record, 'accent-color');
          if (source?.from === 'own') this.color('color-background', source.at, 'accent-color', accent, 'text', scale);
        }
      }
      this.pseudo(record, scale);
    }

    /** Of a property that is inherited and not among those that are compared with the parent's. */
    sourceOf(record, name) {
      for (let at = record; at; at = at.parent) {
        const origin = this.originAt(at, name, 'color');
        if (origin.from !== 'browser' && origin.from !== 'inherit') return { ...origin, at };
      }
      return null;
    }

    color(rule, record, property, color, use, scale, verdict = null, suffix = '') {
      const token = scale.nearestColor(color, use, () => true, this.scales[otherTheme(record.theme)]);
      if (verdict === null && suffix === '') this.stained.set(record.el, new Set([...(this.stained.get(record.el) ?? []), use]));
      this.add(rule, record.el, `${property}: ${hex(color)}`, token ? `${hex(token.value)}, the token ${token.name}` : 'a colour of the tokens', token, verdict, suffix);
    }

    textColor(record, scale) {
      const { style } = record;
      const fill = style.webkitTextFillColor;
      const name = fill && fill !== style.color ? '-webkit-text-fill-color' : 'color';
      const color = colorOf(name === 'color' ? style.color : fill);
      if (!color || color[3] === 0 || scale.hasColor(color)) return;
      const source = name === 'color' ? this.source(record, name, 'color') : (this.sourceOf(record, name) ?? { from: 'browser', at: record });
      if (source.from === 'own' || source.from === 'layout') this.color('color-text', source.at, name, color, 'text', scale);
      else if ((source.from === 'browser' || source.from === 'keyword') && !isMatch(record.el, CONTROL) && !closest(record.el, CONTROL)) {
        this.color('color-text', source.at, name, color, 'text', scale, 'look');
      }
    }

    borderColors(record, scale) {
      const { style } = record;
      const wrong = new Map();
      for (const side of SIDES) {
        const drawn = style[camel(`border-${side}-style`)];
        if (drawn === 'none' || drawn === 'hidden' || !(Number.parseFloat(style[camel(`border-${side}-width`)]) > 0)) continue;
        const text = style[camel(`border-${side}-color`)];
        const color = colorOf(text);
        if (!color || color[3] === 0 || text === style.color || scale.hasColor(color)) continue;
        const origin = this.originAt(record, `border-${side}-color`, 'color');
        if (origin.from !== 'own') continue;
        wrong.set(hex(color), { color, sides: [...(wrong.get(hex(color))?.sides ?? []), side] });
      }
      for (const { color, sides } of wrong.values()) {
        const property = sides.length > 1 ? 'border-color' : `border-${sides[0]}-color`;
        this.color('color-border', record, property, color, 'border', scale);
      }
    }

    /** What changes colours after they are made: a script cannot say what comes of it. */
    effect(record) {
      const { el, style } = record;
      if (/(?:hue-rotate|invert|sepia|saturate|brightness|contrast|grayscale)\(/.test(style.filter) && this.originAt(record, 'filter', 'color').from === 'own') {
        this.add('color-effect', el, `filter: ${short(style.filter)}`, 'colours of the tokens as they are');
      }
      if (style.mixBlendMode !== 'normal' && this.originAt(record, 'mix-blend-mode', 'color').from !== 'published') {
        this.add('color-effect', el, `mix-blend-mode: ${style.mixBlendMode}`, 'colours of the tokens as they are');
      }
    }

    /** The colours of an icon; a picture is as it is, and is named as one or larger. */
    drawing(record, scale) {
      if (attribute(record.el, 'role') === 'img' || Math.max(record.rect.width, record.rect.height) > ICON) return;
      const wrong = new Set();
      const shapes = [...queryAll(record.el, 'path,rect,circle,ellipse,line,polyline,polygon,text,stop')].slice(0, SHAPES);
      for (const shape of shapes) {
        const stop = tagName(shape) === 'stop';
        if (!stop && closest(shape, 'defs,clipPath,mask,symbol,pattern,marker')) continue;
        const style = computed(shape);
        const paints = stop ? [style.stopColor] : [tagName(shape) === 'line' ? 'none' : style.fill, style.stroke];
        for (const paint of style.display === 'none' ? [] : paints) {
          const color = /^(?:none|url\(|context-)/.test(paint) ? null : colorOf(paint);
          if (color && color[3] > 0 && !scale.hasColor(color)) wrong.add(hex(color));
        }
      }
      if (wrong.size > 0) this.add('color-drawing', record.el, [...wrong].slice(0, 5).join(', '), 'currentColor, or colours of the tokens');
    }

    /** What stands before and behind an element is drawn too; what is its own alone is for a person to judge. */
    pseudo(record, scale) {
      if (record.style.display === 'list-item' && record.style.listStyleType !== 'none') {
        const color = colorOf(computed(record.el, '::marker').color);
        if (color && color[3] > 0 && !scale.hasColor(color) && this.origin.of(record.el, 'color', 'color', '::marker').from === 'own') {
          this.color('color-pseudo', record, 'color', color, 'text', scale, null, '::marker');
        }
      }
      for (const pseudo of ['::before', '::after']) {
        if (!this.sheets.of(rootOf(record.el)).get('content')?.some((rule) => rule.parts.some((part) => part.pseudo === pseudo))) continue;
        const style = computed(record.el, pseudo);
        if (style.content === 'none' || style.content === 'normal' || style.display === 'none' || style.opacity === '0') continue;
        const ground = colorOf(style.backgroundColor);
        if (ground && ground[3] > 0 && !scale.hasColor(ground)) {
          const origin = this.origin.of(record.el, 'background-color', 'color', pseudo);
          if (origin.from === 'own') this.color('color-pseudo', record, 'background-color', ground, 'background', scale, null, pseudo);
        }
        const color = colorOf(style.color);
        if (/[^\s"']/.test(style.content) && !/^url|^""$/.test(style.content) && color && color[3] > 0 && !scale.hasColor(color)) {
          const origin = this.origin.of(record.el, 'color', 'color', pseudo);
          if (origin.from === 'own') this.color('color-pseudo', record, 'color', color, 'text', scale, null, pseudo);
        }
      }
    }

    // -------------------------------------------------------------- type

    type(record) {
      const { style, el } = record;
      if (!record.text) return;
      const scale = this.scales[record.theme];
      const control = isMatch(el, CONTROL) || closest(el, CONTROL) !== null;

      if (scale.families.length) {
        const stack = families(style.fontFamily);
        if (!scale.firstFamilies.has(stack[0])) {
          const source = this.source(record, 'font-family', 'family');
          const mono = /mono|code|courier|consol/.test(stack.join(' '));
          const token = scale.families.find((each) => mono === /mono|code/.test(each.name)) ?? scale.families[0];
          const known = scale.families.some((each) => each.value.includes(stack[0]));
          const say = (verdict) => this.add('font-family', source.at.el, `font-family: ${short(style.fontFamily)}`, `the token ${token.name}`, token, verdict);
          if (source.from === 'own') say(known ? 'look' : null);
          else if ((source.from === 'browser' || source.from === 'keyword') && !control && source.at.parent === null) say('look');
          else if (source.from === 'keyword') say('look');
        }
      }

      const size = Number.parseFloat(style.fontSize);
      this.length(record, 'font-size', 'font-size', 'font-size', size);

      const { weights } = scale;
      const weight = Number(style.fontWeight);
      if (weights.length && !weights.some((token) => token.value === weight)) {
        const source = this.source(record, 'font-weight', 'weight');
        if (source.from === 'own' || (source.from === 'keyword' && /bold/.test(source.value))) {
          const token = nearest(weights, weight);
          this.add('font-weight', source.at.el, `font-weight: ${weight}`, `${token.value}, the token ${token.name}`, token);
        }
      }

      if (style.lineHeight !== 'normal') this.lineHeight(record, scale, size);
    }

    lineHeight(record, scale, size) {
      const { style, el } = record;
      const height = Number.parseFloat(style.lineHeight);
      const { ratios, lines: lengths } = scale;
      if ((!ratios.length && !lengths.length) || !(size > 0)) return;
      const fits = (tall, of) =>
        ratios.some((token) => Math.abs(token.value * of - tall) < Math.max(0.26, of * 0.006)) || lengths.some((token) => Math.abs(token.value - tall) < 0.51);
      if (fits(height, size)) return;
      const source = this.source(record, 'line-height', 'line');
      if (source.from !== 'own') return;
      const above = Number.parseFloat(source.at.style.lineHeight);
      const aboveSize = Number.parseFloat(source.at.style.fontSize);
      const borrowed = source.at !== record && fits(above, aboveSize);
      // A line as tall as its box, to stand in the middle of it, is one line and no paragraph.
      const single = record === source.at && Math.abs(clientHeight(el) - height) <= 1 && /px|var|calc/.test(source.value);
      if (single && scale.lengths.some((token) => Math.abs(token.value - height) < 0.51)) return;
      const best = [...ratios.map((token) => ({ token, far: Math.abs(token.value * size - height) })), ...lengths.map((token) => ({ token, far: Math.abs(token.value - height) }))]
        .sort((a, b) => a.far - b.far)[0].token;
      const shown = best.kind === 'number' ? String(best.value) : px(best.value);
      const actual = `line-height: ${px(height)} (${Math.round((height / size) * 1000) / 1000})`;
      const verdict = borrowed || Math.abs(height / size - 1) < 0.005 || height === 0 ? 'look' : null;
      this.add('line-height', (borrowed ? record : source.at).el, actual, `${shown}, the token ${best.name}`, best, verdict);
    }

    /** A length that is inherited or an element's own, compared with the tokens of its kind. */
    length(record, rule, name, role, value) {
      const scale = this.scales[record.theme];
      const sizes = scale.sizes(role);
      if (!sizes.length || sizes.some((token) => Math.abs(token.value - value) <= 0.26)) return;
      const source = this.source(record, name, role);
      if (source.from !== 'own') return;
      const token = nearest(sizes, value);
      const verdict = sizes.some((each) => each.role === role) ? null : 'look';
      this.add(rule, source.at.el, `${name}: ${px(value)}`, `${px(token.value)}, the token ${token.name}`, token, verdict);
    }

    // -------------------------------------------------------------- space

    space(record) {
      const { style, tag } = record;
      if (tag === 'html' || /^table-(?:row|column)/.test(style.display) || (REPLACED.has(tag) && tag !== 'img')) return;
      const scale = this.scales[record.theme];
      const sizes = scale.sizes('space');
      if (!sizes.length) return;
      for (const kind of ['margin', 'padding', 'gap']) {
        if (kind === 'gap' && !/flex|grid/.test(style.display) && style.columnCount === 'auto') continue;
        if (kind === 'margin' && style.display === 'table-cell') continue;
        const names = kind === 'gap' ? ['row-gap', 'column-gap'] : SIDES.map((side) => `${kind}-${side}`);
        const wrong = new Map();
        for (const name of names) {
          const value = Number.parseFloat(style[camel(name)]);
          if (!Number.isFinite(value)) continue;
          const size = Math.abs(value);
          if (size <= 2 || sizes.some((token) => Math.abs(token.value - size) <= 0.26)) continue;
          const origin = this.originAt(record, name, 'space');
          if (origin.from !== 'own') continue;
          wrong.set(value, [...(wrong.get(value) ?? []), name]);
        }
        for (const [value, which] of wrong) {
          const token = nearest(sizes, Math.abs(value));
          const said = which.length === names.length ? kind : which.join(', ');
          const verdict = sizes.some((each) => each.role === 'space') ? null : 'look';
          this.add('spacing', record.el, `${said}: ${px(value)}`, `${px(token.value)}, the token ${token.name}`, token, verdict);
        }
      }
    }

    // -------------------------------------------------------------- shape

    shape(record) {
      const { style, rect, el, tag } = record;
      if (tag === 'html') return;
      const scale = this.scales[record.theme];
      const ground = colorOf(style.backgroundColor);
      const bordered = SIDES.some((side) => Number.parseFloat(style[camel(`border-${side}-width`)]) > 0);
      const drawn = (ground && ground[3] > 0) || bordered || style.boxShadow !== 'none' || style.backgroundImage !== 'none' || style.overflowX !== 'visible' || REPLACED.has(tag);
      if (drawn) {
        const sizes = scale.sizes('radius');
        const wrong = new Map();
        for (const corner of CORNERS) {
          const text = style[camel(`border-${corner}-radius`)];
          const value = Number.parseFloat(text);
          if (!(value > 0) || /%/.test(text) || !sizes.length || sizes.some((token) => Math.abs(token.value - value) <= 0.26)) continue;
          if (value >= 40 && value >= Math.min(rect.width, rect.height) / 2 - 0.5 && sizes.some((token) => token.value >= 40)) continue;
          if (this.originAt(record, `border-${corner}-radius`, 'radius').from !== 'own') continue;
          wrong.set(value, [...(wrong.get(value) ?? []), corner]);
        }
        for (const [value, corners] of wrong) {
          const token = nearest(sizes, value);
          const said = corners.length === 4 ? 'border-radius' : corners.map((corner) => `border-${corner}-radius`).join(', ');
          const verdict = sizes.some((each) => each.role === 'radius') ? null : 'look';
          this.add('radius', el, `${said}: ${px(value)}`, `${px(token.value)}, the token ${token.name}`, token, verdict);
        }
      }
      if (style.boxShadow !== 'none') {
        const parts = shadows(style.boxShadow);
        const lines = parts.every((part) => (part.lengths[2] ?? 0) === 0 && part.color && (part.color[3] === 0 || scale.hasColor(part.color)));
        if (!lines && !scale.shadows.some((token) => sameShadow(token.value, parts))) {
          if (this.originAt(record, 'box-shadow', 'shadow').from === 'own') {
            const token = nearestShadow(scale.shadows, parts);
            this.add('shadow', el, `box-shadow: ${short(style.boxShadow)}`, token ? `the token ${token.name}` : 'no shadow', token, token ? null : 'look');
          }
        }
      }
      for (const [name, value] of [['text-shadow', style.textShadow], ['filter', style.filter]]) {
        if ((name === 'filter' ? /drop-shadow/.test(value) : value !== 'none' && record.text) && this.sourceOf(record, name)?.from === 'own') {
          this.add('shadow', el, `${name}: ${short(value)}`, 'no shadow of its own', null, 'look');
        }
      }
      const { strokes } = scale;
      if (strokes.length && !(clientWidth(el) === 0 && clientHeight(el) === 0)) {
        for (const side of SIDES) {
          const width = Number.parseFloat(style[camel(`border-${side}-width`)]);
          const color = colorOf(style[camel(`border-${side}-color`)]);
          if (!(width > 2) || !color || color[3] === 0 || strokes.some((token) => Math.abs(token.value - width) <= 0.26)) continue;
          if (this.originAt(record, `border-${side}-width`, 'stroke').from !== 'own') continue;
          const token = nearest(strokes, width);
          this.add('border-width', el, `border-width: ${px(width)}`, `1px, or ${px(token.value)}, the token ${token.name}`, token);
          break;
        }
      }
    }

    // -------------------------------------------------------------- contrast

    /** What a text stands on: an opaque colour, or nothing where that is an image, a gradient or something else's. */
    ground(record) {
      const layers = [];
      for (let at = record; at; at = at.parent) {
        if (at.contents) continue;
        const { style } = at;
        if (style.backgroundImage !== 'none' && !(at.tag === 'select' || (at.typed && at === record))) return null;
        if (style.backdropFilter && style.backdropFilter !== 'none') return null;
        const color = colorOf(style.backgroundColor);
        if (!color) return null;
        // A faded part lets through what lies behind it.
        const alpha = color[3] * at.opacity;
        if (alpha > 0) layers.push([color[0], color[1], color[2], alpha]);
        if (alpha === 1) break;
        if ((style.position === 'fixed' || style.position === 'absolute') && at !== record && color[3] < 1 && at.parent && this.isOver(at)) return null;
      }
      let ground = this.canvas();
      for (const layer of layers.reverse()) ground = over(layer, ground);
      return ground;
    }

    /** Whether a box that is taken out of the flow lies outside the one it is written in. */
    isOver(record) {
      const parent = record.parent;
      const [a, b] = [record.rect, parent.rect];
      return a.left < b.left - 1 || a.top < b.top - 1 || a.right > b.right + 1 || a.bottom > b.bottom + 1;
    }

    canvas() {
      const scheme = computed(rootElement()).colorScheme;
      const dark = /dark/.test(scheme) && (!/light/.test(scheme) || window.matchMedia('(prefers-color-scheme: dark)').matches);
      return dark ? [18, 18, 18, 1] : [255, 255, 255, 1];
    }

    isDisabled(record) {
      if (record.disabled) return true;
      const label = closest(record.el, 'label');
      const control = label?.control ?? null;
      return control !== null && isMatch(control, ':disabled');
    }

    contrast(record) {
      const { style, el } = record;
      if (this.isDisabled(record)) return;
      const clip = style.webkitBackgroundClip === 'text' || style.backgroundClip === 'text';
      if (clip) return;
      if (record.typed && /^(?:submit|button|reset)$/.test(attribute(el, 'type') ?? '') === false) {
        const value = el.value ?? '';
        const hint = attribute(el, 'placeholder');
        if (value === '' && hint && record.tag !== 'select') {
          const shown = computed(el, '::placeholder');
          this.pair(record, colorOf(shown.color), Number(shown.opacity), 'placeholder', '::placeholder');
          return;
        }
        if (value === '' && record.tag !== 'select') return;
      }
      const fill = style.webkitTextFillColor;
      this.pair(record, colorOf(fill && fill !== style.color ? fill : style.color), 1, 'text', '');
    }

    pair(record, color, strength, what, suffix) {
      if (!color || color[3] === 0) return;
      const ground = this.ground(record);
      if (!ground || this.isStained(record)) return;
      const { style } = record;
      const seen = over([color[0], color[1], color[2], color[3] * strength * record.opacity], ground);
      const size = Number.parseFloat(style.fontSize);
      const needed = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
      const ratio = ratioOf(seen, ground);
      if (ratio >= needed - 0.005) return;
      const scale = this.scales[record.theme];
      const token = scale.nearestColor(color, 'text', (value) => value[3] === 1 && ratioOf(value, ground) >= needed);
      const actual = `${what} ${hex(seen)} on ${hex(ground)}: ${(Math.floor(ratio * 100) / 100).toFixed(2)}:1`;
      const verdict = this.isCovered(record) ? 'look' : null;
      this.add('contrast', record.el, actual, `at least ${needed}:1${token ? `, as ${token.name}` : ''}`, token, verdict, suffix);
    }

    /** Whether the colour of a text, or of what it stands on, is told of already. */
    isStained(record) {
      if (this.stained.size === 0) return false;
      let ground = false;
      let color = false;
      for (let at = record; at; at = at.parent) {
        const uses = this.stained.get(at.el);
        if (!ground && uses?.has('background')) return true;
        if (!color && uses?.has('text') && at.style.color === record.style.color) return true;
        ground ||= colorOf(at.style.backgroundColor)?.[3] === 1;
        color ||= at.style.color !== record.style.color;
      }
      return false;
    }

    /** Whether something that is not round a text may lie behind it or before it. */
    isCovered(record) {
      this.boxes ??= this.records.filter((each) => {
        if (!each.seen || (each.style.position === 'static' && !REPLACED.has(each.tag))) return false;
        const color = colorOf(each.style.backgroundColor);
        return (color && color[3] > 0) || each.style.backgroundImage !== 'none' || REPLACED.has(each.tag);
      });
      const x = record.rect.left + record.rect.width / 2;
      const y = record.rect.top + record.rect.height / 2;
      return this.boxes.some(
        (box) =>
          box !== record && box.rect.left <= x && box.rect.right >= x && box.rect.top <= y && box.rect.bottom >= y && !contains(box.el, record.el) && !contains(record.el, box.el),
      );
    }

    // -------------------------------------------------------------- the focus

    ringAt(el) {
      let ring = this.rings.get(el);
      if (ring === undefined) this.rings.set(el, (ring = ringOf(el)));
      return ring;
    }

    focus(record) {
      const { el } = record;
      if (!record.seen && !record.unseen) return;
      if (!isMatch(el, FOCUSABLE) || Number(attribute(el, 'tabindex') ?? 0) < 0 || isMatch(el, ':disabled') || record.hidden || record.silent) return;
      if (record.tag === 'iframe' || record.tag === 'object' || record.tag === 'embed') return;
      if (isMatch(el, 'main,[role=main]')) return;
      const scale = this.scales[record.theme];
      // All that can have the focus has it here at once: what a neighbour shows of its own focus says nothing of this one's.
      const changed = roundOf(el).filter((each) => (each === el || !isMatch(each, FOCUSABLE)) && this.ringAt(each) !== rings.get(each));
      const style = record.style;
      if (changed.length === 0) {
        // A control that nobody sees shows its focus elsewhere, if anywhere, and a field shows a caret: that is for a person to judge.
        const token = scale.colors.find((each) => USES.ring.test(each.name)) ?? null;
        const expected = token ? `an outline in the token ${token.name}` : 'an outline that shows where the keyboard is';
        this.add('focus-ring', el, 'nothing changes when it gets the focus', expected, token, record.seen && !record.typed ? null : 'look');
        return;
      }
      if (style.outlineStyle === 'none' && changed.length === 1 && changed[0] === el && style.boxShadow === 'none') {
        const gone = this.originAt(record, 'outline-style', 'stroke');
        if (gone.from === 'keyword' && gone.value !== 'inherit') {
          const token = scale.colors.find((each) => USES.ring.test(each.name)) ?? null;
          this.add('focus-ring', el, 'the outline is taken away', token ? `an outline in the token ${token.name}` : 'an outline', token, this.options.components.length ? null : 'look');
        }
      }
      if (style.outlineStyle === 'none' || style.outlineStyle === 'auto' || !(Number.parseFloat(style.outlineWidth) > 0)) return;
      const color = colorOf(style.outlineColor);
      if (!color || color[3] === 0) return;
      const origin = this.originAt(record, 'outline-color', 'color');
      const token = scale.colors.find((each) => USES.ring.test(each.name)) ?? scale.nearestColor(color, 'border');
      if (!scale.hasColor(color) && origin.from === 'own') {
        this.add('focus-ring', el, `outline-color: ${hex(color)}`, token ? `${hex(token.value)}, the token ${token.name}` : 'a colour of the tokens', token);
        return;
      }
      const around = record.parent && !this.isStained(record.parent) ? this.ground(record.parent) : null;
      const other = changed.some((each) => each !== el || style.boxShadow !== 'none');
      if (around && !other && ratioOf(over(color, around), around) < 3 && Number.parseFloat(style.outlineOffset) >= 0) {
        this.add('focus-ring', el, `outline ${hex(color)} on ${hex(around)}: ${ratioOf(over(color, around), around).toFixed(2)}:1`, 'at least 3:1', token);
      }
    }

    // -------------------------------------------------------------- tokens that a page makes its own

    redefined() {
      for (const tree of new Set(this.records.map((record) => rootOf(record.el)))) this.sheets.of(tree);
      const names = new Set();
      for (const index of this.sheets.byRoot.values()) {
        for (const [name, rules] of index) {
          if (name.startsWith('--') && rules.some((rule) => !rule.trusted)) names.add(name);
        }
      }
      const inline = new Map();
      for (const record of this.records) {
        const own = inlineStyle(record.el);
        for (let i = 0; i < (own?.length ?? 0); i += 1) {
          if (own[i].startsWith('--')) {
            names.add(own[i]);
            inline.set(own[i], [...(inline.get(own[i]) ?? []), record]);
          }
        }
      }
      for (const name of names) {
        if (!this.scales.light.names.has(name) && !this.scales.dark.names.has(name)) continue;
        for (const record of this.records) {
          const scale = this.scales[record.theme];
          const raw = record.style.getPropertyValue(name).trim();
          if (raw === '' || scale.raw.get(name)?.has(raw)) continue;
          if (record.parent && record.parent.style.getPropertyValue(name).trim() === raw) continue;
          const found = this.sheets.declared(record.el, [name]);
          if (!found || found.trusted) continue;
          this.add('token-redefined', record.el, `${name}: ${short(raw)}`, `${short([...(scale.raw.get(name) ?? [''])][0])}, as the bank has it`, name);
        }
      }
    }

    // -------------------------------------------------------------- controls

    controls() {
      const { components } = this.options;
      for (const record of this.records) {
        const { el, tag, style } = record;
        if (!record.seen) continue;
        if (tag === 'a' && /^\s*javascript:/i.test(attribute(el, 'href') ?? '')) {
          this.add('fake-control', el, '<a> whose address is a script', '<button>, or the address of a page', components.length ? '.pk-button' : null);
        }
        if (isMatch(el, NATIVE)) {
          if (components.length && record.seen) this.nativeControl(record);
          continue;
        }
        this.fakeControl(record);
        if (record.text && /^(?:div|span|p|b|strong|td)$/.test(tag)) this.fakeHeading(record, style);
      }
    }

    nativeControl(record) {
      const { el } = record;
      const component = this.options.components.find((each) => isMatch(el, each.selector));
      if (!component) return;
      const own = [...classList(el)].some((name) => name.startsWith(this.options.prefix));
      if (own || closest(el, `[class*="${this.options.prefix}"]:is(label, fieldset, summary, details)`)) return;
      this.add('native-control', el, `<${record.tag}> without a published class`, component.expected, component.token);
    }

    fakeControl(record) {
      const { el, tag, style } = record;
      if (/^(?:label|option|details|legend|html|body|main)$/.test(tag) || REPLACED.has(tag) && tag !== 'img' && tag !== 'svg') return;
      if (record.silent || attribute(el, 'aria-disabled') === 'true' || /disabled/.test(attribute(el, 'class') ?? '')) return;
      if (closest(el, 'a[href],button,summary,label,select,[contenteditable]:not([contenteditable=false])')) return;
      const role = (attribute(el, 'role') ?? '').trim().split(/\s+/)[0];
      if (/^(?:tab|menuitem|menuitemcheckbox|menuitemradio|option|treeitem|gridcell|row|columnheader|tooltip|separator|slider|spinbutton|scrollbar|combobox|listbox|tabpanel|grid|tree|menu|application)$/.test(role)) return;
      const holds = queryAll(el, NATIVE).length > 0;
      const expected = this.options.components.length ? '<button class="pk-button"> or <a href>' : '<button> or <a href>';
      const token = this.options.components.length ? '.pk-button' : null;
      const say = (actual, verdict = null) => this.add('fake-control', el, actual, expected, token, verdict);
      const acts = ['onclick', 'onmousedown', 'onpointerdown', 'ontouchstart', 'onkeydown', 'onkeyup'].find((name) => hasAttribute(el, name));
      if (/^(?:button|link|checkbox|radio|switch|textbox|searchbox)$/.test(role)) {
        say(`<${tag} role="${role}">`, holds ? 'look' : null);
        return;
      }
      if (acts) {
        say(`<${tag} ${acts}>`, holds ? 'look' : null);
        return;
      }
      // A listener on what holds much else waits for what is in it.
      if (this.options.listens?.has(el)) {
        const text = textContent(el).trim();
        const one = text.length > 0 && text.length <= 80 && tag !== 'tr' && !holds && queryAll(el, 'p,ul,ol,li,table,section,article,form,h1,h2,h3,h4,h5,h6,div').length === 0;
        if (one || style.cursor === 'pointer') {
          say(`<${tag}> that a script has wait for a click`, one ? null : 'look');
          return;
        }
      }
      const pointed = style.cursor === 'pointer' && record.parent?.style.cursor !== 'pointer';
      const named = /(?:^|[-_\s])(?:btn|button|cta)(?:[-_\s]|$)/i.test(attribute(el, 'class') ?? '') && record.text && textContent(el).trim().length < 60;
      if (pointed) {
        const worded = /\S/.test(textContent(el)) || hasAttribute(el, 'aria-label') || tag === 'svg' || tag === 'img';
        say(tag === 'a' ? '<a> without href that the pointer shows as a link' : `<${tag}> that the pointer shows as a control`, holds || !worded || tag === 'tr' ? 'look' : null);
        return;
      }
      if (named && !holds) {
        say(`<${tag} class="${attribute(el, 'class')}">`);
        return;
      }
      const stop = attribute(el, 'tabindex');
      if (stop !== null && Number(stop) >= 0 && !holds && !/auto|scroll/.test(style.overflowX + style.overflowY) && !/^(?:region|group|dialog|alertdialog|document|img|figure|article|tabpanel|log|status|alert|feed|list|listitem|math|note|table|toolbar|radiogroup|navigation|complementary)$/.test(role)) {
        say(`<${tag} tabindex="${stop}"> without a role`, 'look');
      }
    }

    fakeHeading(record, style) {
      const { el } = record;
      const text = textContent(el).trim();
      if (text.length < 3 || text.length > 80 || /^[\d\s.,:%€$£+-]+$/.test(text) || Number(style.fontWeight) < 600) return;
      const size = Number.parseFloat(style.fontSize);
      const body = Number.parseFloat(computed(bodyElement()).fontSize);
      if (size < body * 1.3 || [...classList(el)].some((name) => name.startsWith(this.options.prefix))) return;
      if (closest(el, 'h1,h2,h3,h4,h5,h6,[role=heading],a,button,label,summary,table,dl,figure,legend,nav,blockquote,[aria-hidden=true]')) return;
      this.add('fake-heading', el, `<${record.tag}> of ${px(size)} and weight ${style.fontWeight}`, 'a heading, <h2> to <h4>', null);
    }

    // -------------------------------------------------------------- structure

    headings() {
      let before = 0;
      let first = null;
      for (const record of this.records) {
        const { el, tag } = record;
        // A dialog has an outline of its own.
        if (record.silent || record.hidden || closest(el, 'dialog')) continue;
        const role = attribute(el, 'role');
        const level = role === 'heading' ? Number(attribute(el, 'aria-level') ?? 2) : /^h[1-6]$/.test(tag) && !role ? Number(tag[1]) : 0;
        if (!level) continue;
        if (before === 0 && level > 1) this.add('headings', el, `the first heading is of level ${level}`, 'a page begins with a heading of level 1', null, 'look');
        if (before > 0 && level > before + 1) this.add('headings', el, `level ${level} after level ${before}`, `level ${before + 1}`, null);
        if (level === 1) {
          if (first) this.add('headings', el, 'a second heading of level 1', 'one heading of level 1', null, 'look');
          first ??= el;
        }
        before = level;
      }
      if (before === 0 && this.records.some((record) => record.text && record.seen)) {
        this.add('headings', bodyElement() ?? rootElement(), 'no heading', 'a heading of level 1 that names the page', null, 'look');
      }
    }

    landmarks() {
      const open = this.records.filter((record) => !record.silent && !record.hidden);
      const mains = open.filter((record) => (record.tag === 'main' && !hasAttribute(record.el, 'role')) || attribute(record.el, 'role') === 'main');
      const body = bodyElement() ?? rootElement();
      if (mains.length === 0) this.add('landmarks', body, 'no main landmark', 'one <main> round what the page is about');
      for (const record of mains.slice(1)) this.add('landmarks', record.el, 'a second main landmark', 'one <main>');
      for (const kind of ['nav', 'aside']) {
        const all = open.filter((record) => record.tag === kind);
        if (all.length < 2) continue;
        const names = new Map();
        for (const record of all) {
          const name = this.given(record.el);
          if (!name || names.has(name)) this.add('landmarks', record.el, name ? `a second <${kind}> named “${name}”` : `one of several <${kind}> without a name`, 'a name of its own: aria-label or aria-labelledby', null, 'look');
          names.set(name, true);
        }
      }
      const outside = open.find((record) => record.text && record.seen && !closest(record.el, `${LANDMARK},body > a[href^="#"]`) && !(rootOf(record.el) instanceof ShadowRoot));
      if (outside && mains.length) this.add('landmarks', outside.el, 'content outside every landmark', 'inside <main>, <header>, <nav>, <aside> or <footer>', null, 'look');
    }

    /** A name that is written for those who listen. */
    given(el) {
      const refs = (attribute(el, 'aria-labelledby') ?? '').split(/\s+/).filter(Boolean);
      const root = rootOf(el);
      const told = refs.map((id) => queryAll(root, `#${escape(id)}`)[0]).filter(Boolean).map((each) => this.words(each)).join(' ').trim();
      return told || (attribute(el, 'aria-label') ?? '').trim();
    }

    /** The words of an element, as they are read aloud. */
    words(el, depth = 0) {
      if (depth > 40) return '';
      let text = '';
      for (const node of drawnIn(el)) {
        if (node.nodeType === 3) text += node.data;
        else if (node instanceof Element && attribute(node, 'aria-hidden') !== 'true') {
          const tag = tagName(node);
          if (NOT_DRAWN.has(tag) && tag !== 'title' && tag !== 'option') continue;
          const own = this.given(node);
          text += ` ${own || (tag === 'img' ? (attribute(node, 'alt') ?? '') : this.words(node, depth + 1))} `;
        }
      }
      return text.replace(/\s+/g, ' ').trim();
    }

    names() {
      for (const record of this.records) {
        const { el, tag } = record;
        if (record.silent || record.hidden || record.rect.width === 0) continue;
        if (tag === 'img') {
          if (!hasAttribute(el, 'alt') && !this.given(el) && !/^(?:presentation|none)$/.test(attribute(el, 'role') ?? '')) {
            this.add('label', el, '<img> without alt', 'alt that says what it shows, or alt="" where it only decorates');
          }
          continue;
        }
        if (!isMatch(el, 'button,a[href],input:not([type=hidden]),select,textarea,[role=button],[role=link],[role=checkbox],[role=switch],[role=radio],[role=textbox],[role=combobox],[contenteditable]:not([contenteditable=false])')) continue;
        const type = tag === 'input' ? (attribute(el, 'type') ?? 'text').toLowerCase() : '';
        if (this.given(el)) continue;
        if (tag === 'input' || tag === 'select' || tag === 'textarea') {
          if (/^(?:submit|reset)$/.test(type) || (type === 'button' && attribute(el, 'value')) || (type === 'image' && attribute(el, 'alt'))) continue;
          const labels = [...(el.labels ?? [])].map((label) => this.words(label)).join('');
          if (labels) continue;
          if ((attribute(el, 'title') ?? '').trim()) continue;
          const hint = attribute(el, 'placeholder');
          this.add('label', el, hint ? `a field that only its placeholder “${short(hint)}” names` : `<${tag}> without a label`, '<label for> with the words that name it');
        } else if (hasAttribute(el, 'contenteditable')) {
          // What is typed into it is its value, and names it for nobody.
          if (!(attribute(el, 'title') ?? '').trim()) this.add('label', el, `<${tag} contenteditable> without a label`, 'aria-label with the words that name it');
        } else if (!this.words(el) && !(attribute(el, 'title') ?? '').trim()) {
          this.add('label', el, `<${tag}> without a name`, 'words, or aria-label');
        }
      }
    }

    tabOrder() {
      const ROVING = '[role=tablist],[role=menu],[role=menubar],[role=toolbar],[role=radiogroup],[role=listbox],[role=tree],[role=treegrid],[role=grid],[role=combobox],[role=group]';
      for (const record of this.records) {
        const { el } = record;
        if (!record.seen || record.silent) continue;
        const text = attribute(el, 'tabindex');
        if (text === null) continue;
        const stop = Number(text);
        if (stop > 0) this.add('tab-order', el, `tabindex="${text}"`, 'tabindex="0", and the order of the page');
        if (stop < 0 && isMatch(el, 'button,a[href],input,select,textarea') && !isMatch(el, ':disabled')) {
          const roved = closest(el, ROVING) || /^(?:tab|menuitem|option|treeitem|gridcell|radio)/.test(attribute(el, 'role') ?? '');
          const part = closest(el, ['combobox', 'date', 'menu', 'tree', 'command', 'toolbar'].map((name) => `[class*="${this.options.prefix}${name}"]`).join(','));
          // A link may lead where another one leads too; a button that is not reached does nothing for nobody.
          const verdict = record.tag === 'a' ? 'look' : null;
          if (!roved && !part) this.add('tab-order', el, `<${record.tag}> with tabindex="${text}"`, 'within reach of the Tab key', null, verdict);
        }
      }
    }

    /** Where a box shows what can be focused in another order than the Tab key goes. */
    reordered() {
      const boxes = new Set();
      for (const { parent, style } of this.records) {
        if (!parent || !/flex|grid/.test(parent.style.display) || parent.style.direction === 'rtl') continue;
        if (style.order !== '0' || (/flex/.test(parent.style.display) && /-reverse/.test(parent.style.flexDirection))) boxes.add(parent);
      }
      for (const box of boxes) {
        const stops = this.records.filter((each) => each.parent === box && each.seen && (isMatch(each.el, FOCUSABLE) || queryAll(each.el, FOCUSABLE).length > 0));
        const before = (a, b) => a.rect.bottom <= b.rect.top + 1 || (a.rect.right <= b.rect.left + 1 && a.rect.top < b.rect.bottom - 1);
        if (stops.some((stop, at) => at > 0 && before(stop, stops[at - 1]))) {
          this.add('tab-order', box.el, 'what is in it is shown in another order than the Tab key goes', 'the order of the document', null, 'look');
        }
      }
    }

    targets() {
      const boxes = [];
      for (const record of this.records) {
        const { el, style } = record;
        if (!isMatch(el, `${NATIVE},[role=button],[role=link],[role=tab],[role=checkbox],[role=radio],[role=switch]`) || record.hidden || isMatch(el, ':disabled')) continue;
        if (isMatch(el, 'iframe,object,embed,audio,video')) continue;
        if (!record.seen && !(record.tag === 'input' && record.rect.width > 0 && record.faded)) continue;
        let { left, top, right, bottom } = record.rect;
        for (const label of el.labels ?? []) {
          const box = rectOf(label);
          left = Math.min(left, box.left);
          top = Math.min(top, box.top);
          right = Math.max(right, box.right);
          bottom = Math.max(bottom, box.bottom);
        }
        // What is drawn over a link to make all of a card of it.
        const after = computed(el, '::after');
        const stretched = after.content !== 'none' && after.position === 'absolute';
        // What is fixed lies over what scrolls beneath it: those are no neighbours.
        let layer = record;
        while (layer && layer.tag !== 'dialog' && !/fixed|sticky/.test(layer.style.position)) layer = layer.parent;
        boxes.push({ record, left, top, right, bottom, inline: style.display === 'inline', stretched, layer });
      }
      for (const box of boxes) {
        const { record } = box;
        const [width, height] = [box.right - box.left, box.bottom - box.top];
        if (box.stretched || (width >= 23.5 && height >= 23.5)) continue;
        const { el } = record;
        // What is as large as the browser makes it is the browser's (WCAG 2.5.8).
        if (isMatch(el, 'button,input,select,textarea,summary') && !this.sheets.declared(el, ['width', 'height', 'min-height', 'block-size', 'padding-top', 'padding-block-start', 'line-height', 'font-size'])) continue;
        // A link in a sentence is as tall as its line, and so is one that stands alone in one.
        const link = isMatch(el, 'a,[role=link]');
        const small = boxes.some((other) => other !== box && this.isNear(box, other));
        if (box.inline && link && (this.isInSentence(record) || !small)) continue;
        if (link && !small) continue;
        // Alone in its place a target may be small (WCAG 2.5.8); a tiny one is for nobody.
        const tiny = !link && !record.faded && !isMatch(el, 'input') && width < 22.5 && height < 22.5;
        const aside = Number(attribute(el, 'tabindex') ?? 0) < 0;
        const verdict = !aside && (tiny || (small && !(link && box.inline))) ? null : 'look';
        this.add('target-size', el, `${Math.round(width)} × ${Math.round(height)} px`, 'at least 24 × 24 px', null, verdict);
      }
    }

    /** Whether circles of 24 px round two targets meet. */
    isNear(a, b) {
      if (a.layer !== b.layer) return false;
      const dx = Math.abs((a.left + a.right) / 2 - (b.left + b.right) / 2);
      const dy = Math.abs((a.top + a.bottom) / 2 - (b.top + b.bottom) / 2);
      return Math.hypot(dx, dy) < 24 && !contains(a.record.el, b.record.el) && !contains(b.record.el, a.record.el);
    }

    isInSentence(record) {
      const parent = parentNode(record.el);
      if (!(parent instanceof Element)) return false;
      return textContent(parent).trim().length > textContent(record.el).trim().length + 1;
    }

    // -------------------------------------------------------------- overflow

    overflow() {
      const root = rootElement();
      const edge = clientWidth(root);
      const wide = scrollWidth(root) > edge + 1;
      const beyond = (record) => record.seen && record.rect.right + window.scrollX > edge + 1 && record.rect.width > 0;
      const free = new Map();
      for (const record of this.records) {
        // What a box inside the page cuts off or scrolls does not widen the page.
        const above = record.parent;
        const held = above ? free.get(above.el) === false || (above.parent && above.tag !== 'body' && above.style.overflowX !== 'visible' && record.style.position !== 'fixed') : false;
        free.set(record.el, !held);
      }
      const reaches = (record) => beyond(record) && free.get(record.el);
      const frame = (record) => record.tag === 'body' || record.tag === 'html';
      const tops = this.records.filter((record) => {
        if (!reaches(record) || frame(record) || (record.parent && beyond(record.parent) && !frame(record.parent))) return false;
        // Put beside the page on purpose, until it is called for.
        return !(record.rect.left + window.scrollX >= edge - 1 && (!wide || record.style.position === 'fixed'));
      });
      const found = tops.map((top) => this.culprits(top, reaches));
      // What stands in one track with something too wide is stretched by it, and is not what makes it so.
      const sized = found.filter((each) => each.sized);
      const culprits = (sized.length > 0 ? sized : found).flatMap((each) => each.records).slice(0, 5);
      for (const culprit of culprits) {
        this.add('overflow', culprit.el, `reaches to ${Math.round(culprit.rect.right + window.scrollX)} px of ${edge} px`, 'no wider than the window');
      }
      if (wide && culprits.length === 0) this.add('overflow', bodyElement() ?? root, `the page is ${scrollWidth(root)} px wide`, `no wider than the window, ${edge} px`);
      for (const record of this.records) {
        const { el, style } = record;
        if (!record.seen || !record.text || record.typed || style.display === 'inline' || /^(?:html|body)$/.test(record.tag)) continue;
        const cut = /hidden|clip/.test(style.overflowX) && style.textOverflow !== 'ellipsis' && scrollWidth(el) > clientWidth(el) + 2;
        const low = /hidden|clip/.test(style.overflowY) && style.webkitLineClamp === 'none' && clientHeight(el) > 0 && scrollHeight(el) > clientHeight(el) + Number.parseFloat(style.fontSize) / 2;
        if (cut || low) this.add('clipped-text', el, 'text is cut off', 'room for the text, or an ellipsis');
      }
    }

    /** What makes a part of the page too wide: what was given a width of its own, or else the innermost that is alone in reaching so far. */
    culprits(top, reaches) {
      const sized = (record) =>
        ['width', 'min-width', 'inline-size', 'min-inline-size', 'left', 'translate', 'transform'].some((name) => {
          const found = this.sheets.declared(record.el, [name]);
          return found && !found.trusted && /\d/.test(found.value) && !/^(?:100%|0(?:px)?)$/.test(found.value.trim());
        });
      const own = this.records.filter((record) => reaches(record) && contains(top.el, record.el) && sized(record));
      const outer = own.filter((record) => !own.some((other) => other !== record && contains(other.el, record.el)));
      if (outer.length > 0) return { sized: true, records: outer };
      let culprit = top;
      for (;;) {
        const children = this.records.filter((each) => each.parent === culprit && reaches(each));
        if (children.length !== 1) return { sized: false, records: [culprit] };
        culprit = children[0];
      }
    }

    /** What cannot be looked into is said, so that nothing hides there. */
    frames() {
      for (const record of this.records) {
        if (/^(?:object|embed)$/.test(record.tag) && record.seen) {
          this.add('unread', record.el, `what is inside <${record.tag}> is not checked`, 'content of the page itself');
        }
      }
    }
  }

  const nearest = (tokens, value) => tokens.reduce((best, token) => (Math.abs(token.value - value) < Math.abs(best.value - value) - 1e-9 ? token : best));
  const nearestShadow = (tokens, parts) => {
    const blur = Math.max(0, ...parts.map((part) => part.lengths[2] ?? 0));
    let best = null;
    for (const token of tokens) {
      const far = Math.abs(Math.max(0, ...token.value.map((part) => part.lengths[2] ?? 0)) - blur);
      if (token.value.length && (!best || far < best.far)) best = { far, token };
    }
    return best?.token ?? null;
  };
  const short = (text) => {
    const one = text.replace(/\s+/g, ' ').trim();
    return one.length > 120 ? `${one.slice(0, 119)}…` : one;
  };

  // What an element looks like, to see what a state changes of it.
  let remembered = new WeakMap();
  let rested = [];
  let rings = new WeakMap();
  let stained = new Map();
  const traits = (style) =>
    [style.color, style.webkitTextFillColor, style.backgroundColor, style.backgroundImage, style.borderTopColor, style.borderRightColor, style.borderBottomColor, style.borderLeftColor, style.outlineColor, style.outlineStyle, style.opacity].join('|');
  const ringOf = (el) => {
    const parts = [null, '::before', '::after'].map((pseudo) => {
      const style = computed(el, pseudo);
      if (pseudo && style.content === 'none') return '';
      const outline = style.outlineStyle === 'none' || Number.parseFloat(style.outlineWidth) === 0 ? '' : `${style.outlineStyle} ${style.outlineWidth} ${style.outlineColor}`;
      return [outline, style.boxShadow, style.borderTopColor, style.borderTopWidth, style.borderBottomColor, style.borderBottomWidth, style.borderLeftColor, style.backgroundColor, style.color, style.textDecorationLine, style.textDecorationColor, style.textDecorationThickness, style.opacity, style.filter].join('|');
    });
    return parts.join('~');
  };

  /** Where the focus of an element may show. */
  const roundOf = (el) =>
    [el, parentNode(el), nextSibling(el), previousSibling(el), parentOf(el) && parentOf(parentOf(el)), closest(el, 'label'), firstChild(el)].filter((each) => each instanceof Element);

  /** Keeps what everything round the focusable elements looks like before they get the focus. */
  const rememberRings = () => {
    rings = new WeakMap();
    for (const el of queryAll(document, FOCUSABLE)) {
      for (const each of roundOf(el)) if (!rings.has(each)) rings.set(each, ringOf(each));
    }
  };

  const filled = (options) => ({
    state: 'rest', most: 20000, switches: [], components: [], prefix: 'pk-', sheets: {}, published: [], ...options,
  });

  /** The findings of the page as it stands. */
  const validate = (options) => {
    const all = filled(options);
    const check = new Check(all);
    if (all.state === 'rest') {
      rememberRings();
      rested = check.records;
    }
    return check.run();
  };

  /** Opens what is closed until somebody opens it, and says what is found inside: all details at one time, each dialog alone. */
  const opened = (options) => {
    const trees = [document, ...rested.map((record) => shadowOf(record.el)).filter(Boolean)];
    const closed = (selector) => trees.flatMap((tree) => [...queryAll(tree, selector)]);
    const look = (parts) => {
      for (const el of parts) {
        // Those of one name are open in turn.
        removeAttribute(el, 'name');
        if (isMatch(el, 'details,dialog')) setAttribute(el, 'open', '');
        removeAttribute(el, 'popover');
        if (isMatch(el, '[hidden=until-found i]')) removeAttribute(el, 'hidden');
      }
      settle();
      return parts.length === 0 ? [] : validate({ ...options, inside: new Set(parts) });
    };
    const found = look(closed('details:not([open]),[hidden=until-found i]'));
    const dialogs = closed('dialog:not([open]),[popover]');
    for (const el of dialogs.slice(0, DIALOGS)) {
      const popover = attribute(el, 'popover');
      found.push(...look([el]));
      removeAttribute(el, 'open');
      if (popover !== null) setAttribute(el, 'popover', popover);
    }
    for (const el of dialogs.slice(DIALOGS)) {
      found.push({ rule: 'unread', verdict: null, selector: selectorOf(el), actual: `one of more than ${DIALOGS} dialogs and popovers`, expected: 'fewer of them in one page', token: null });
    }
    return found;
  };

  /** Puts the page into a theme by what the token file tells its themes apart with; what is inside a part of another theme stays. */
  const wear = (switches, theme) => {
    for (const each of switches) {
      const marked = each.attribute
        ? [...queryAll(document, `[${each.attribute}="${each.light}"],[${each.attribute}="${each.dark}"]`)]
        : [...queryAll(document, `.${escape(each.light)},.${escape(each.dark)}`)];
      for (const el of marked) {
        if (marked.some((other) => other !== el && contains(other, el))) continue;
        if (each.attribute) setAttribute(el, each.attribute, each[theme]);
        else {
          classList(el).remove(each[otherTheme(theme)]);
          classList(el).add(each[theme]);
        }
      }
    }
  };

  /** What is seen, as lines that can be compared later; and the elements behind them. */
  let kept = [];
  const lines = (options) =>
    gather(filled(options)).records.map((record) => ({
      el: record.el,
      seen: record.seen,
      line: `${record.tag} ${record.seen} ${traits(record.style)} ${record.style.fontSize} ${record.style.fontFamily} ${record.style.padding} ${record.style.margin} ${record.style.borderRadius} ${record.style.boxShadow}`,
    }));
  const keep = (options) => {
    kept = lines(options);
    return kept.length;
  };
  /** The first element that is another than when it was kept, or nothing. */
  const changed = (options) => {
    const now = lines(options);
    for (let at = 0; at < Math.max(now.length, kept.length); at += 1) {
      if (now[at]?.line === kept[at]?.line && now[at]?.el === kept[at]?.el) continue;
      const el = now[at]?.el ?? bodyElement() ?? rootElement();
      return selectorOf(el);
    }
    return null;
  };
  /** The colours of everything at rest, to see whether a page has a theme at all. */
  const dress = () => rested.filter((record) => record.seen).map((record) => `${record.style.color}${record.style.backgroundColor}`).join('|');

  const seenAt = new Map();
  /** Keeps what is to be seen at a width, and says how much of it was not to be seen here. */
  const mark = (name, options) => {
    const seen = gather(filled(options)).records.filter((record) => record.seen && (record.text || REPLACED.has(record.tag))).map((record) => record.el);
    seenAt.set(name, new Set(seen));
    return seen.filter((el) => !seenAt.get('here').has(el)).length;
  };
  /** What is to be seen a little narrower and a little wider, and not at this width. */
  const dodging = () => {
    const [narrower, here, wider] = ['narrower', 'here', 'wider'].map((name) => seenAt.get(name) ?? new Set());
    return [...narrower].filter((el) => wider.has(el) && !here.has(el)).slice(0, 20).map(selectorOf);
  };

  /** Where an element is, to be outlined. */
  const find = (selector) => {
    let root = document;
    let el = null;
    for (const part of selector.replace(/::[\w-]+$/, '').split(' >>> ')) {
      el = queryAll(root, part)[0] ?? null;
      if (!el) return null;
      root = shadowOf(el) ?? el;
    }
    return el;
  };

  /** Whatever moves is where it comes to rest; what never rests is at the end of its first round. */
  const settle = () => {
    for (const animation of Document.prototype.getAnimations.call(document)) {
      try {
        animation.finish();
      } catch {
        const timing = animation.effect?.getComputedTiming();
        animation.pause();
        // The end of a round: where it is by itself, if it goes to and fro.
        animation.currentTime = timing ? Math.max(0, timing.delay + Number(timing.duration) - 0.01) : 0;
      }
    }
  };
  /** Fonts are there, and what moves has settled. */
  const still = async () => {
    const fonts = getter(Document.prototype, 'fonts')?.(document)?.ready;
    await Promise.race([fonts, new Promise((done) => setTimeout(done, 3000))]);
    settle();
    return 0;
  };

  /** What the states of the pointer and the keyboard are asked of, beside what can have them: the rest of a list of selectors each. */
  const stateful = (options) => {
    const sheets = new Sheets(filled(options));
    sheets.of(document);
    return { hover: asked(sheets, 'hover'), focus: asked(sheets, 'focus') };
  };
  const asked = (sheets, state) => {
    const found = new Set();
    const pattern = state === 'hover' ? /:hover(?![\w-])/ : /:focus-within(?![\w-])/;
    for (const rules of sheets.byRoot.get(document).values()) {
      for (const rule of rules) {
        for (const { selector } of rule.parts) {
          const at = pattern.exec(selector);
          if (!at) continue;
          const before = (selector.slice(0, at.index) || '*').replace(STATES.hover, '').replace(STATES.focus, '').replace(STATES.active, '');
          const whole = /[\s>+~]$/.test(before) ? `${before}*` : before;
          if (whole === '*' || whole === '' || split(whole).length !== 1 || (whole.match(/\(/g) ?? []).length !== (whole.match(/\)/g) ?? []).length) continue;
          found.add(whole);
        }
      }
    }
    const sound = [...found].filter((selector) => {
      try {
        return queryAll(document, selector).length > 0;
      } catch {
        return false;
      }
    });
    return sound.slice(0, 400).map((selector) => `,${selector}`).join('');
  };

  return { still, stateful, tokens, validate, opened, wear, keep, changed, dress, mark, dodging, find, selectorOf };
})()
