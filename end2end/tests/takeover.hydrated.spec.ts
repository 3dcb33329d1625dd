import { expect, test } from '../support/test.ts';

test('links change the page without loading another document', async ({ page, visit }) => {
  await visit('/');
  const documents: string[] = [];
  page.on('request', (request) => {
    if (request.isNavigationRequest()) documents.push(request.url());
  });
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Catalog' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Catalog' })).toBeVisible();
  await page.getByRole('table').getByRole('link', { name: 'Arrears Desk', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Arrears Desk' })).toBeVisible();
  await page.goBack();
  await expect(page.getByRole('heading', { level: 1, name: 'Catalog' })).toBeVisible();
  expect(documents).toEqual([]);
});

test('the bundle stays small', async ({ page, visit }) => {
  const bytes: Record<string, number> = {};
  page.on('response', async (response) => {
    const name = new URL(response.url()).pathname.split('/').pop()!;
    if (/\.(wasm|js|css)$/.test(name)) {
      expect(response.headers()['content-encoding'], name).toBe('br');
      bytes[name] = (await response.request().sizes()).responseBodySize;
    }
  });
  await visit('/catalog');
  await expect.poll(() => Object.keys(bytes).length).toBeGreaterThanOrEqual(3);
  const total = Object.values(bytes).reduce((sum, size) => sum + size, 0);
  expect(total, JSON.stringify(bytes)).toBeLessThan(400 * 1024);
});
