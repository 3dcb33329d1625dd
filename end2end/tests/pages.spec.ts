import { PAGES } from '../support/pages.ts';
import { expect, test } from '../support/test.ts';

for (const { name, path, heading, status = 200 } of PAGES) {
  test(`${name} is accessible and fits, on desk and phone, by day and night`, async ({ page, hydrated, accessible, problems }) => {
    // Four looks at a page.
    test.slow();
    if (status !== 200) problems.allow(new RegExp(`${status}.*${path}`));
    const response = await page.goto(path);
    expect(response?.status()).toBe(status);
    if (hydrated) await expect(page.locator('html[data-hydrated]')).toBeAttached();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(new RegExp(`${heading}$`));
    await expect(page).toHaveTitle(new RegExp(`${heading} · Portico$`));
    await accessible();
  });
}
