import type { Page } from '@playwright/test';

/** What WCAG 2.2 asks for that axe does not see. Each check gives a list of what is wrong. */

/**
 * 2.4.11: walks through the page with Tab, and back, and tells what has the focus and is out of the window or wholly
 * covered by something else.
 */
export async function obscured(page: Page, most = 400): Promise<string[]> {
  const wrong: string[] = [];
  for (const key of ['Tab', 'Shift+Tab']) {
    for (let presses = 0; presses < most; presses += 1) {
      await page.keyboard.press(key);
      const told = await page.evaluate(() => {
        const focused = document.activeElement;
        if (!focused || focused === document.body) return 'end';
        const rects = [...focused.getClientRects()];
        // A field that is drawn by its label is as large as its label.
        const label = focused.closest('label');
        if (label) rects.push(...label.getClientRects());
        const seen = rects.some((rect) => {
          const [left, top] = [Math.max(rect.left, 0), Math.max(rect.top, 0)];
          const [right, bottom] = [Math.min(rect.right, innerWidth), Math.min(rect.bottom, innerHeight)];
          if (right - left < 1 || bottom - top < 1) return false;
          const points = [0.1, 0.5, 0.9].flatMap((x) => [0.1, 0.5, 0.9].map((y) => [left + (right - left) * x, top + (bottom - top) * y] as const));
          return points.some(([x, y]) => {
            const hit = document.elementFromPoint(x, y);
            return !!hit && (focused.contains(hit) || !!label?.contains(hit));
          });
        });
        return seen ? '' : focused.outerHTML.slice(0, 160);
      });
      if (told === 'end') break;
      if (told) wrong.push(`${key}: ${told}`);
    }
  }
  return wrong;
}

/** 2.5.8: targets that are under 24 px and have another one too near, save those within a line of text. */
export async function tooSmall(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const SIZE = 24;
    const shown = (element: Element) => element.checkVisibility({ checkOpacity: false, checkVisibilityCSS: true });
    const clipped = (box: DOMRect) => box.width <= 1 || box.height <= 1;
    /** What is drawn of it: a cell may end before the link in it does. */
    const drawn = (element: Element) => {
      let { left, top, right, bottom } = element.getBoundingClientRect();
      for (let around = element.parentElement; around; around = around.parentElement) {
        if (getComputedStyle(around).overflowX === 'visible') continue;
        const box = around.getBoundingClientRect();
        [left, top, right, bottom] = [Math.max(left, box.left), Math.max(top, box.top), Math.min(right, box.right), Math.min(bottom, box.bottom)];
      }
      return new DOMRect(left, top, Math.max(right - left, 0), Math.max(bottom - top, 0));
    };
    /** What is fixed lies over what scrolls beneath it: those are no neighbours. */
    const layer = (element: Element) => {
      let around: Element | null = element;
      while (around && !/fixed|sticky/.test(getComputedStyle(around).position)) around = around.parentElement;
      return around;
    };
    /** The label of a field is part of the target. */
    const area = (element: Element) => {
      const label = element instanceof HTMLInputElement ? element.labels?.[0] : null;
      return label && label.contains(element) ? label : element;
    };
    const inText = (element: Element) => {
      // The lines of a text decide how high its numbers are.
      if (element.matches('.pk-code__number')) return true;
      if (getComputedStyle(element).display !== 'inline') return false;
      const block = element.parentElement!.closest('p, li, dd, td, th, span, summary, figcaption, h1, h2, h3');
      return !!block && (block.textContent ?? '').trim().length > (element.textContent ?? '').trim().length;
    };
    const found = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button], [role=option], [role=menuitem], [role=tab]')];
    const targets = [...new Set(found.filter(shown).map(area))].map((element) => ({ element, box: drawn(element), layer: layer(element) })).filter(({ box }) => !clipped(box));
    const isSmall = (box: DOMRect) => box.width < SIZE - 0.5 || box.height < SIZE - 0.5;
    const centre = (box: DOMRect) => [box.left + box.width / 2, box.top + box.height / 2] as const;
    const wrong: string[] = [];
    for (const { element, box, layer } of targets) {
      if (!isSmall(box) || inText(element)) continue;
      const [x, y] = centre(box);
      const near = targets.find((other) => {
        if (other.layer !== layer || other.element === element || other.element.contains(element) || element.contains(other.element)) return false;
        if (isSmall(other.box)) {
          const [ox, oy] = centre(other.box);
          if (Math.hypot(x - ox, y - oy) < SIZE - 0.5) return true;
        }
        const dx = Math.max(other.box.left - x, 0, x - other.box.right);
        const dy = Math.max(other.box.top - y, 0, y - other.box.bottom);
        return Math.hypot(dx, dy) < SIZE / 2 - 0.5;
      });
      if (near) wrong.push(`${box.width.toFixed(0)}×${box.height.toFixed(0)} ${element.outerHTML.slice(0, 140)} is too near to ${near.element.outerHTML.slice(0, 100)}`);
    }
    return wrong;
  });
}

/** Text that is cut off: by a box that hides what does not fit, without a sign of it. */
export async function cutOff(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const wrong: string[] = [];
    const root = document.documentElement;
    if (root.scrollWidth > root.clientWidth) wrong.push(`the page is ${root.scrollWidth} wide in a window of ${root.clientWidth}`);
    for (const element of document.querySelectorAll('body *')) {
      if (!element.checkVisibility({ checkVisibilityCSS: true }) || element.closest('svg')) continue;
      const style = getComputedStyle(element);
      const box = element.getBoundingClientRect();
      // What is for screen readers alone is one pixel large.
      if (box.width <= 1 || box.height <= 1 || style.textOverflow === 'ellipsis') continue;
      const holdsText = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent!.trim());
      if (!holdsText) continue;
      const across = /hidden|clip/.test(style.overflowX) && element.scrollWidth > element.clientWidth + 1;
      const down = /hidden|clip/.test(style.overflowY) && element.scrollHeight > element.clientHeight + 1 && style.webkitLineClamp === 'none';
      if (across || down) wrong.push(`cut off: ${element.outerHTML.slice(0, 160)}`);
    }
    return wrong;
  });
}

/** 1.4.12: the spacing that readers may ask for. A constructed sheet, since the page's policy forbids others. */
export async function spaceText(page: Page): Promise<void> {
  await page.evaluate(() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync('* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; } p { margin-bottom: 2em !important; }');
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  });
}

/** Whatever moves now. */
export async function moving(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    document
      .getAnimations()
      .filter((each) => each.playState === 'running' && Number(each.effect?.getComputedTiming().activeDuration) > 20)
      .map((each) => {
        const { target } = each.effect as KeyframeEffect;
        return `${(each as CSSAnimation).animationName ?? (each as CSSTransition).transitionProperty} on ${target?.outerHTML.slice(0, 120)}`;
      }),
  );
}
