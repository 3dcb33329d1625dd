import { expect, test } from '../support/test.ts';

test('the audit trail is filtered, opened and exported', async ({ page, visit, accessible }) => {
  await visit('/audit');
  await expect(page.getByText(/Sealed up to row \d+/)).toBeVisible();
  await page.getByLabel('Action', { exact: true }).fill('catalog.location.register');
  await page.getByLabel('Resource', { exact: true }).fill('location:2');
  await page.getByRole('button', { name: 'Filter' }).click();
  await expect(page).toHaveURL(/[?&]action=catalog\.location\.register&resource=location(:|%3A)2/);
  const rows = page.getByRole('table', { name: 'Events' }).getByRole('row').filter({ hasText: 'catalog.location.register' });
  await expect(rows).toHaveCount(1);
  await expect(page.getByLabel('Resource', { exact: true })).toHaveValue('location:2');
  await rows.getByText('catalog.location.register').click();
  await expect(rows.getByText(/^row \d+$/)).toBeVisible();
  await expect(rows.getByRole('region', { name: 'Detail' })).toContainText('"target"');
  await accessible();

  const link = page.getByRole('link', { name: 'Export as JSON lines' });
  const answer = await page.request.get((await link.getAttribute('href')) ?? '');
  expect(answer.headers()['content-type']).toContain('application/x-ndjson');
  const lines = (await answer.text()).trim().split('\n').map((line) => JSON.parse(line) as { action: string; resource: string });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatchObject({ action: 'catalog.location.register', resource: 'location:2' });

  await page.getByLabel('Who').fill('nobody of that name');
  await page.getByRole('button', { name: 'Filter' }).click();
  await expect(page.getByText('No event meets the filters.')).toBeVisible();
  await page.getByRole('link', { name: 'Show all events' }).click();
  await expect(page).toHaveURL(/\/audit$/);
});
