import { expect, test } from '../support/test.ts';

for (const path of ['/no/such/page', '/catalog/default/component/no-such-service']) {
  test(`${path} is not there, and the search leads on`, async ({ page, problems }) => {
    problems.allow(/404/);
    const response = await page.goto(path);
    expect(response?.status()).toBe(404);
    await expect(page.getByRole('heading', { level: 1, name: 'Not found' })).toBeVisible();
    const search = page.getByRole('searchbox', { name: 'Search software' });
    await search.fill('payment routing');
    await search.press('Enter');
    await expect(page.getByRole('heading', { level: 1, name: 'Catalog' })).toBeVisible();
    await expect(page.getByRole('table').getByRole('link', { name: 'payment-routing', exact: true })).toBeVisible();
  });
}
