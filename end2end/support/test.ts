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

export function watch(page: Page, origin: string, problems: Problems): void {
  page.on('console', (message) => {
    if (message.type() === 'error') problems.found.push(`console: ${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => problems.found.push(`page error: ${error.message}`));
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (/^https?:|^wss?:/.test(url.protocol) && url.host !== new URL(origin).host) problems.found.push(`request to another host: ${url.href}`);
  });
  page.on('requestfailed', (request) => {
    // A request that a navigation cuts short has not failed.
    const why = request.failure()?.errorText ?? '';
    if (why !== 'net::ERR_ABORTED') problems.found.push(`request failed: ${request.method()} ${request.url()} ${why}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400) problems.found.push(`response: ${response.status()} ${response.url()}`);
  });
}

interface Fixtures {
  problems: Problems;
  /** Whether this project runs the browser bundle. */
  hydrated: boolean;
  /** No accessibility violation in what the page shows now. */
  accessible: () => Promise<void>;
  /** Opens a page of Portico; with the bundle, waits until it has taken over. */
  visit: (path: string) => Promise<void>;
}

export const test = base.extend<Fixtures>({
  baseURL: async ({}, use) => {
    await use(process.env.PORTICO_URL);
  },
  hydrated: async ({ javaScriptEnabled }, use) => {
    await use(javaScriptEnabled !== false);
  },
  problems: async ({}, use) => {
    await use(new Problems());
  },
  page: async ({ page, baseURL, problems }, use) => {
    watch(page, baseURL!, problems);
    await use(page);
    expect(problems.unexpected(), 'what the browser complained about').toEqual([]);
  },
  accessible: async ({ page, hydrated }, use) => {
    await use(() => expectAccessible(page, hydrated));
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

/** No violation of WCAG 2.2 AA or of axe's best practices in what the page shows now. */
async function expectAccessible(page: Page, hydrated: boolean): Promise<void> {
  const { violations } = hydrated ? await axe(page) : await axeOnCopy(page);
  const told = violations.flatMap((violation) =>
    violation.nodes.map((node) => `${violation.id}: ${violation.help}\n  ${node.html}\n  ${node.failureSummary ?? ''}`),
  );
  expect(told, `accessibility of ${page.url()}`).toEqual([]);
}

const axe = (page: Page) => new AxeBuilder({ page }).withTags(RULES).analyze();

/**
 * axe needs promises, which never settle where JavaScript is off. So it looks at a copy: the same document at the same
 * address in a browser context where a policy forbids the page's own scripts, and nothing else.
 */
async function axeOnCopy(page: Page) {
  const html = (await page.content()).replaceAll(/<\/?noscript>/g, '');
  const dark = await page.evaluate(() => matchMedia('(prefers-color-scheme: dark)').matches);
  const context = await page.context().browser()!.newContext({
    // Said anew: contexts inherit the project's settings.
    javaScriptEnabled: true,
    viewport: page.viewportSize(),
    colorScheme: dark ? 'dark' : 'light',
    reducedMotion: 'reduce',
  });
  try {
    const copy = await context.newPage();
    await copy.route(
      (url) => url.href === page.url(),
      (route) => route.fulfill({ contentType: 'text/html; charset=utf-8', headers: { 'content-security-policy': "script-src 'none'" }, body: html }),
    );
    await copy.goto(page.url());
    return await axe(copy);
  } finally {
    await context.close();
  }
}

/** The document is never wider than the window: only a table may scroll sideways, inside itself. */
export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  expect(content, `width of ${page.url()}`).toBeLessThanOrEqual(window!);
}
