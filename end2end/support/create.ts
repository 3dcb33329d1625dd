import type { BrowserContext } from '@playwright/test';
import { signIn } from './sign-in.mjs';
import { expect, tookOver, type Page } from './test.ts';

/** Signs in as somebody else. */
export async function actAs(context: BrowserContext, url: string, who: string): Promise<void> {
  await context.clearCookies();
  await context.addCookies(await signIn(url, who));
}

/** Waits until the template has a version, and begins without a draft. */
export async function begin(page: Page, path: string, hydrated: boolean): Promise<void> {
  await expect(async () => {
    const answer = await page.goto(path);
    expect(answer?.status()).toBe(200);
  }).toPass({ timeout: 25_000 });
  if (hydrated) await tookOver(page);
  const discard = page.getByRole('button', { name: 'Discard draft' }).first();
  if (await discard.count()) {
    await discard.click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Discard draft' }).click();
    await expect(page.getByText('The draft is discarded')).toBeVisible();
    await page.goto(path);
    if (hydrated) await tookOver(page);
  }
}

/** Chooses in a combobox, with scripts and without. */
export async function choose(page: Page, label: string, typed: string, option: RegExp, value: string, hydrated: boolean): Promise<void> {
  if (!hydrated) {
    await page.locator(`input[list][aria-labelledby="f/${label}-label"]`).fill(value);
    return;
  }
  const box = page.locator(`[id="f/${label}"]`);
  await box.click();
  await box.fill(typed);
  await page.getByRole('option', { name: option }).first().click();
}
