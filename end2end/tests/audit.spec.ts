import { expect, test } from '../support/test.ts';

test('the audit trail is filtered, opened and exported', async ({ page, visit, accessible }) => {
  await visit('/audit');
  await expect(page.getByText(/Sealed up to row \d+/)).toBeVisible();
  await page.getByLabel('Action', { exact: true }).fill('catalog.location.register');
  await page.getByRole('button', { name: 'Filter' }).click();
  await expect(page).toHaveURL(/[?&]action=catalog\.location\.register/);
  const link = page.getByRole('link', { name: 'Export as JSON lines' });
  await expect(link).toHaveAttribute('href', /action=catalog/);
  const rows = page.getByRole('table', { name: 'Events' }).getByRole('row').filter({ hasText: 'catalog.location.register' });
  const location = /location:\d+/.exec(await rows.first().innerText())?.[0] ?? '';
  await page.getByLabel('Resource', { exact: true }).fill(location);
  await page.getByRole('button', { name: 'Filter' }).click();
  await expect(page).toHaveURL(new RegExp(`[?&]resource=${location.replace(':', '(:|%3A)')}`));
  await expect(link).toHaveAttribute('href', /resource=location/);
  await expect(page.getByLabel('Resource', { exact: true })).toHaveValue(location);
  await rows.first().getByText('catalog.location.register').click();
  await expect(rows.first().getByText(/^row \d+$/)).toBeVisible();
  await expect(rows.first().getByRole('region', { name: 'Detail' })).toContainText('"target"');
  await accessible();
  await page.setViewportSize({ width: 1440, height: 900 });

  const answer = await page.request.get((await link.getAttribute('href')) ?? '');
  expect(answer.headers()['content-type']).toContain('application/x-ndjson');
  const lines = (await answer.text()).trim().split('\n').map((line) => JSON.parse(line) as { action: string; resource: string });
  expect(lines.length).toBe(await rows.count());
  for (const line of lines) expect(line).toMatchObject({ action: 'catalog.location.register', resource: location });

  await page.getByLabel('Who').fill('nobody of that name');
  await page.getByRole('button', { name: 'Filter' }).click();
  await expect(page.getByText('No event meets the filters.')).toBeVisible();
  await page.getByRole('link', { name: 'Show all events' }).click();
  await expect(page).toHaveURL(/\/audit$/);
});
