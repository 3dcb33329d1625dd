import type { Page } from '@playwright/test';

/** Presses Tab until the focus is on what is wanted, as a person would; gives up after `most`. */
export async function tabTo(page: Page, role: Parameters<Page['getByRole']>[0], name: string | RegExp, most = 60): Promise<void> {
  const wanted = page.getByRole(role, typeof name === 'string' ? { name, exact: true } : { name }).first();
  for (let presses = 0; presses < most; presses += 1) {
    await page.keyboard.press('Tab');
    if (await wanted.evaluate((element) => element === document.activeElement)) return;
  }
  throw new Error(`Tab never reached ${role} "${name}"`);
}
