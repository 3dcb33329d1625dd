import { expect, test } from '../support/test.ts';

for (const path of ['/no/such/page', '/catalog/default/component/no-such-service']) {
  test(`${path} says that it is not there and where to look`, async ({ page, problems }) => {
    problems.allow(/404/);
    const response = await page.goto(path);
    expect(response?.status()).toBe(404);
    await expect(page.getByRole('heading', { level: 1, name: /not (found|here|there)|no such/i })).toBeVisible();
    await page.getByRole('main').getByRole('link', { name: /catalog/i }).first().click();
    await expect(page.getByRole('heading', { level: 1, name: 'Catalog' })).toBeVisible();
  });
}
