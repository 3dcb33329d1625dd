import AxeBuilder from '@axe-core/playwright';
import { test as base, expect, type Page } from '@playwright/test';

export { expect, type Page };

/** What went wrong in the browser while a test ran. A test that provokes one says so with `allow`. */
export class Problems {
  readonly found: string[] = [];
  private readonly allowed: RegExp[] = [];

  /** Problems that match are what this test is about. */
  allow(pattern: RegExp): void {
    this.allowed.push(pattern);
  }

  unexpected(): string[] {
    return this.found.filter((problem) => !this.allowed.some((pattern) => pattern.test(problem)));
  }
}

/** The portal, or the host on which it shows pages of contributors. */
export const isOwn = (url: URL, origin: string): boolean => url.host === new URL(origin).host || url.host.endsWith(`.localhost:${new URL(origin).port}`);

export function watch(page: Page, origin: string, problems: Problems, hydrated: boolean): void {
  page.on('console', (message) => {
    if (message.type() === 'error') problems.found.push(`console: ${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => problems.found.push(`page error: ${error.message}`));
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (/^https?:|^wss?:/.test(url.protocol) && !isOwn(url, origin)) problems.found.push(`request to another host: ${url.href}`);
  });
  page.on('requestfailed', (request) => {
    // A request that a navigation cuts short has not failed.
    const why = request.failure()?.errorText ?? '';
    // Where JavaScript is off, Chromium refuses to preload a module and blames the policy.
    if (!hydrated && why === 'csp' && request.resourceType() === 'script') return;
    if (why !== 'net::ERR_ABORTED') problems.found.push(`request failed: ${request.method()} ${request.url()} ${why}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400) problems.found.push(`response: ${response.status()} ${response.url()}`);
  });
}

export interface Screen {
  width: number;
  colorScheme: 'light' | 'dark';
}

/** A desk and a phone, by day and by night. */
export const SCREENS: Screen[] = [1440, 390].flatMap((width) => (['light', 'dark'] as const).map((colorScheme) => ({ width, colorScheme })));

/** Shows the page as on that screen, without loading it again. */
export async function showOn(page: Page, { width, colorScheme }: Screen): Promise<void> {
  await page.emulateMedia({ colorScheme });
  await page.setViewportSize({ width, height: width < 640 ? 844 : 900 });
}

interface Fixtures {
  problems: Problems;
  /** Whether this project runs the browser bundle. */
  hydrated: boolean;
  /** No accessibility violation in what the page shows now, on each of the screens. */
  accessible: (screens?: Screen[]) => Promise<void>;
  /** Opens a page of Portico; with the bundle, waits until it has taken over. */
  visit: (path: string) => Promise<void>;
}

export const test = base.extend<Fixtures>({
  baseURL: async ({}, use) => {
    await use(process.env.PORTICO_URL);
  },
  storageState: async ({}, use) => {
    await use(process.env.PORTICO_STATE);
  },
  hydrated: async ({ javaScriptEnabled }, use) => {
    await use(javaScriptEnabled !== false);
  },
  problems: async ({}, use) => {
    await use(new Problems());
  },
  page: async ({ page, baseURL, problems, hydrated }, use) => {
    watch(page, baseURL!, problems, hydrated);
    await use(page);
    expect(problems.unexpected(), 'what the browser complained about').toEqual([]);
  },
  accessible: async ({ page, hydrated }, use) => {
    await use((screens = SCREENS) => expectAccessible(page, hydrated, screens));
  },
  visit: async ({ page, hydrated }, use) => {
    await use(async (path) => {
      await page.goto(path);
      if (hydrated) await tookOver(page);
    });
  },
});

/** The frontend sets `data-hydrated` on <html> when it has taken over the page that the server wrote. */
export async function tookOver(page: Page): Promise<void> {
  await expect(page.locator('html[data-hydrated]'), 'the browser bundle took over').toBeAttached({ timeout: 15_000 });
}

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/**
 * No violation of WCAG 2.2 AA or of axe's best practices, and no sideways scrolling. Without scripts the document and its style sheets are the same
 * ones, so that one screen tells what differs; all are looked at with scripts.
 */
export async function expectAccessible(page: Page, hydrated: boolean, screens: Screen[]): Promise<void> {
  const shown = hydrated ? page : await copyOf(page);
  const told: string[] = [];
  for (const screen of screens) {
    await showOn(shown, screen);
    const where = `${screen.width} ${screen.colorScheme}`;
    const looks = hydrated || screen === screens[0];
    const { violations } = looks ? await new AxeBuilder({ page: shown }).withTags(RULES).setLegacyMode().analyze() : { violations: [] };
    for (const { id, help, nodes } of violations) {
      told.push(...nodes.map((node) => `${where} ${id}: ${help}\n  ${node.html}\n  ${node.failureSummary ?? ''}`));
    }
    // The document is never wider than the window: only a table may scroll sideways, inside itself.
    const { scrollWidth, clientWidth } = await shown.evaluate(() => {
      const { scrollWidth, clientWidth } = document.documentElement;
      return { scrollWidth, clientWidth };
    });
    if (scrollWidth > clientWidth) told.push(`${where}: the page is ${scrollWidth} wide in a window of ${clientWidth}`);
  }
  if (shown !== page) await shown.context().close();
  expect(told, `accessibility of ${page.url()}`).toEqual([]);
}

/**
 * axe needs promises, which never settle where JavaScript is off. So it looks at a copy: the same document at the same
 * address in a browser context where a policy forbids the page's own scripts, and nothing else.
 */
async function copyOf(page: Page): Promise<Page> {
  const body = (await page.content()).replaceAll(/<\/?noscript>/g, '');
  const context = await page.context().browser()!.newContext({ javaScriptEnabled: true, reducedMotion: 'reduce' });
  const copy = await context.newPage();
  await copy.route(
    (url) => url.href === page.url(),
    (route) => route.fulfill({ contentType: 'text/html; charset=utf-8', headers: { 'content-security-policy': "script-src 'none'" }, body }),
  );
  await copy.goto(page.url());
  return copy;
}
