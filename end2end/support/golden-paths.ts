import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContext, Locator } from '@playwright/test';
import { actAs, choose } from './create.ts';
import { type Portico, startPortico } from './server.ts';
import { expect, type Page, tookOver } from './test.ts';

/** The path of the example bank that leads through six teams. */
export const PATH = '/golden-paths/paths/default/payment-service-to-production';

/** Who does what on it. */
export const WHO = {
  developer: 'user:default/amelie.dubois',
  security: 'user:default/matthias.oberhauser',
  data: 'user:default/amara.diallo',
  alsoData: 'user:default/wei.chen',
  identity: 'user:default/arash.moradi',
  network: 'user:default/ng',
  observability: 'user:default/ewa.kaminska',
  /** Owns the path, and publishes a version of it. */
  author: 'user:default/elena.petrova',
} as const;

/** A portal of its own, whose golden paths a test may change. */
export async function portalWithPaths(): Promise<Portico & { publish: (change: (text: string) => string) => void }> {
  let folder = '';
  const portal = await startPortico((dir) => (folder = dir));
  const file = join(folder, 'data', 'examples', 'golden-paths.yaml');
  return { ...portal, publish: (change) => writeFileSync(file, change(readFileSync(file, 'utf8'))) };
}

/** What people type on the way, each datum by name: whatever is asked for twice is noticed. */
export class Typed {
  readonly data: { who: string; what: string; value: string }[] = [];
  /** Reasons and words to each other, which are no data of the service. */
  readonly words: string[] = [];
  private readonly page: Page;
  private readonly hydrated: boolean;
  who = '';

  constructor(page: Page, hydrated: boolean) {
    this.page = page;
    this.hydrated = hydrated;
  }

  note(what: string, value: string): void {
    this.data.push({ who: this.who, what, value });
  }

  /** Fills in a field of a form, by its pointer. */
  async field(name: string, value: string): Promise<void> {
    this.note(name, value);
    await this.page.locator(`[id="f/${name}"]`).fill(value);
  }

  /** Chooses in a field of a form. */
  async choice(name: string, typed: string, option: RegExp, value: string): Promise<void> {
    this.note(name, value);
    await choose(this.page, name, typed, option, value, this.hydrated);
  }

  /** Ticks boxes, which together are one datum. */
  async boxes(name: string, labels: string[]): Promise<void> {
    this.note(name, labels.join());
    for (const label of labels) await this.page.getByRole('checkbox', { name: label }).check();
  }

  async radio(name: string, label: string): Promise<void> {
    this.note(name, label);
    await this.page.getByRole('radio', { name: label, exact: true }).check();
  }

  /** Attaches a link that shows something. */
  async evidence(name: string, link: string): Promise<void> {
    this.note('evidence', link);
    await this.page.getByRole('textbox', { name: /^What it is/ }).fill(name);
    await this.page.getByRole('textbox', { name: /^Link to it/ }).fill(link);
    await this.page.getByRole('button', { name: 'Attach the link' }).click();
    await expect(this.page.getByRole('link', { name })).toBeVisible();
    await this.settled();
  }

  /** Says why. */
  async word(label: string | RegExp, text: string): Promise<void> {
    this.words.push(text);
    await this.page.getByRole('textbox', { name: label }).fill(text);
  }

  /** What the browser runs has taken the page over, where it runs anything. */
  async settled(): Promise<void> {
    if (this.hydrated) await tookOver(this.page);
  }
}

/** Chooses a person or a team in the box of this id. */
export async function whom(page: Page, id: string, typed: string, option: RegExp, value: string, hydrated: boolean): Promise<void> {
  if (!hydrated) {
    await page.locator(`input[aria-labelledby="${id}-label"]`).fill(value);
    return;
  }
  const box = page.locator(`#${id}`);
  await box.click();
  await box.fill(typed);
  await page.getByRole('option', { name: option }).first().click();
}

/** Signs in as somebody else, and opens a page. */
export async function comes(page: Page, context: BrowserContext, url: string, who: string, path: string, hydrated: boolean): Promise<void> {
  // The page of the one before hears of nothing any more.
  await page.goto('about:blank');
  await actAs(context, url, who);
  await page.goto(`${url}${path}`);
  if (hydrated) await tookOver(page);
}

/** Waits until the page shows something, with scripts by itself and without by looking again. */
export async function until(page: Page, hydrated: boolean, shows: (page: Page) => Promise<void>, timeout = 30_000): Promise<void> {
  await expect(async () => {
    if (!hydrated) await page.reload();
    await shows(page);
  }).toPass({ timeout });
}

/** A station of the journey that the page shows. */
export function station(page: Page, name: string): Locator {
  return page.locator('.pk-stop').filter({ has: page.getByText(name, { exact: true }).and(page.locator('.pk-stop__name')) });
}
